// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What registration and release cost, and what comes out: memory that is there
 * already (warm), and memory that was never touched (cold), which is found and
 * cleared on the way.
 */
#include <string.h>

#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/interrupt.h"
#include "tools/memory/pages.h"

#define GIB 1073741824.0

/**
 * struct cost - what was measured of one mode and kind of memory
 * @add: registration
 * @remove: release
 */
struct cost {
	struct compare_series add;
	struct compare_series remove;
};

static int measure_once(struct compare *compare,
			struct compare_session *session,
			const struct iovec *memory, struct cost *cost)
{
	double start = compare_clock(compare), end;
	int ret = compare_add(session, memory->iov_base, memory->iov_len);

	if (ret)
		return ret;
	end = compare_clock(compare);
	compare_take(&cost->add, end - start);

	start = compare_clock(compare);
	ret = compare_remove(session, memory->iov_base, memory->iov_len);
	if (!ret)
		compare_take(&cost->remove, compare_clock(compare) - start);
	return ret;
}

static int measure(struct compare *compare, struct compare_session *session,
		   const struct compare_kind *kind, bool warm,
		   struct cost *cost)
{
	struct iovec memory;
	int ret = 0;

	for (unsigned int i = 0; i < compare->rounds && !ret; i++) {
		ret = compare_map(compare, kind, compare->size, warm, &memory,
				  session->why);
		if (ret)
			break;
		ret = measure_once(compare, session, &memory, cost);
		compare_unmap(&memory);
	}
	return ret;
}

static void add_costs(struct compare *compare, struct json_object *object,
		      struct cost *cost)
{
	double per_gib = GIB / (double)compare->size;

	compare_add_series(json_add_object(object, "register"), &cost->add,
			   per_gib);
	compare_add_series(json_add_object(object, "release"), &cost->remove,
			   per_gib);
}

static struct json_object *add_row(struct json_object *rows,
				   const struct compare_mode *mode,
				   const struct compare_kind *kind)
{
	struct json_object *row = json_object_new_object();

	json_add_text(row, "mode", mode->name);
	json_add_text(row, "memory", kind->name);
	json_object_array_add(rows, row);
	return row;
}

static void add_runs(const struct compare_runs *runs, struct json_object *row)
{
	struct json_object *object = json_add_object(row, "runs");
	struct json_object *classes;

	json_add_number(object, "number", runs->number);
	json_add_number(object, "longest", runs->longest);
	classes = json_add_array(object, "classes");
	for (unsigned int i = 0; i < DMAMEM_RUN_CLASSES; i++)
		json_object_array_add(classes,
				      json_object_new_uint64(runs->classes[i]));
}

static void measure_runs(struct compare *compare,
			 struct compare_session *session,
			 const struct compare_kind *kind,
			 struct json_object *row)
{
	struct compare_runs runs;
	struct iovec memory;

	if (compare_map(compare, kind, compare->size, true, &memory,
			session->why))
		return;
	if (!compare_add(session, memory.iov_base, memory.iov_len)) {
		runs = compare_count_runs(session, &memory);
		add_runs(&runs, row);
		compare_remove(session, memory.iov_base, memory.iov_len);
	}
	compare_unmap(&memory);
}

static void run_kind(struct compare *compare, struct compare_session *session,
		     const struct compare_kind *kind, struct json_object *rows)
{
	static struct cost cost;

	if (session->mode->hugetlb_only && !kind->hugetlb)
		return;
	for (int warm = 0; warm < 2; warm++) {
		struct json_object *row = add_row(rows, session->mode, kind);
		int ret;

		json_add_text(row, "state", warm ? "warm" : "cold");
		memset(&cost, 0, sizeof(cost));
		ret = measure(compare, session, kind, warm, &cost);
		if (ret) {
			json_add_text(row, "why", session->why);
			continue;
		}
		add_costs(compare, row, &cost);
		if (warm)
			measure_runs(compare, session, kind, row);
	}
}

int compare_cost(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report, "cost");
	struct json_object *rows;
	struct compare_session session;
	unsigned int i, kind;

	json_add_text(object, "unit", compare_unit(compare));
	json_add_number(object, "bytes", compare->size);
	rows = json_add_array(object, "rows");
	for (i = 0; i < nr_compare_modes && !interrupted(); i++) {
		if (compare_modes[i].control)
			continue;
		if (compare_open(compare, &compare_modes[i], false, &session)) {
			compare_add_why(rows, compare_modes[i].name, NULL,
					session.why);
			continue;
		}
		compare_say(compare, "cost: %s", session.mode->name);
		for (kind = 0; kind < nr_compare_kinds && !interrupted();
		     kind++)
			run_kind(compare, &session, &compare_kinds[kind], rows);
		compare_close(&session);
	}
	return 0;
}
