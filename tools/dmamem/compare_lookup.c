// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What an address and a PRP list cost. The table is the library's in each mode,
 * so what differs is how the memory lies.
 */
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/memory/pages.h"

#define CALLS 4096
#define SEED 1
#define KIB(n) ((size_t)(n) << 10)
#define MAX_TRANSFER KIB(1024)

/**
 * struct lookups - what is called again and again
 * @offsets: in the memory, multiples of 4 KiB
 * @sum: keeps the compiler from leaving calls out
 */
struct lookups {
	const struct dmamem_map *map;
	const struct iovec *memory;
	size_t size;
	uint32_t offsets[CALLS];
	uint64_t sum;
};

static void translate_all(struct lookups *lookups)
{
	uint64_t base = (uintptr_t)lookups->memory->iov_base;

	for (int i = 0; i < CALLS; i++)
		lookups->sum += dmamem_map_translate(lookups->map, base +
						     lookups->offsets[i], NULL);
}

/* The list page need be none that a device can see: no device looks */
static void build_all(struct lookups *lookups)
{
	static uint64_t entries[PAGE / 8] __attribute__((aligned(PAGE)));
	static const struct dmamem_nvme_list_page page = { entries, PAGE };
	const struct dmamem_nvme_prp_builder builder = {
		.map = lookups->map,
		.mps_shift = 12,
		.nr_pages = 1,
		.pages = &page,
	};
	struct dmamem_nvme_prp prp = { 0 };

	for (int i = 0; i < CALLS; i++) {
		const struct iovec iov = {
			(char *)lookups->memory->iov_base +
				lookups->offsets[i],
			lookups->size,
		};

		lookups->sum += !dmamem_nvme_prp_build(&builder, &iov, 1, &prp,
						       NULL);
	}
}

static const struct {
	const char *name;
	size_t size;
	void (*run)(struct lookups *lookups);
} measurements[] = {
	{ "translate", 0, translate_all },
	{ "PRP 4 KiB", KIB(4), build_all },
	{ "PRP 128 KiB", KIB(128), build_all },
	{ "PRP 1 MiB", KIB(1024), build_all },
};

#define NR_MEASUREMENTS (sizeof(measurements) / sizeof(measurements[0]))

static void choose_offsets(struct lookups *lookups)
{
	unsigned short state[3] = { SEED };
	size_t pages = (lookups->memory->iov_len - MAX_TRANSFER) / PAGE;

	for (int i = 0; i < CALLS; i++)
		lookups->offsets[i] = (uint32_t)((uint64_t)nrand48(state) %
						 pages * PAGE);
}

static void measure(struct compare *compare, struct compare_session *session,
		    const struct compare_kind *kind, const struct iovec *memory,
		    struct json_object *rows)
{
	static struct lookups lookups;
	static struct compare_series series;
	struct json_object *row;

	lookups = (struct lookups){ .map = session->map, .memory = memory };
	choose_offsets(&lookups);
	for (size_t i = 0; i < NR_MEASUREMENTS; i++) {
		series.nr = 0;
		lookups.size = measurements[i].size;
		for (unsigned int n = 0; n < compare->rounds; n++) {
			double start = compare_clock(compare);

			measurements[i].run(&lookups);
			compare_take(&series, compare_clock(compare) - start);
		}
		row = json_object_new_object();
		json_add_text(row, "mode", session->mode->name);
		json_add_text(row, "memory", kind->name);
		json_add_text(row, "what", measurements[i].name);
		compare_add_series(row, &series, 1.0 / CALLS);
		json_object_array_add(rows, row);
	}
}

static void run_kind(struct compare *compare, struct compare_session *session,
		     const struct compare_kind *kind, struct json_object *rows)
{
	struct iovec memory;

	if ((session->mode->hugetlb_only && !kind->hugetlb) ||
	    compare_map(compare, kind, compare->size, true, &memory,
			session->why))
		return;
	compare_say(compare, "lookup: %s, %s", session->mode->name, kind->name);
	if (!compare_add(session, memory.iov_base, memory.iov_len)) {
		measure(compare, session, kind, &memory, rows);
		compare_remove(session, memory.iov_base, memory.iov_len);
	}
	compare_unmap(&memory);
}

int compare_lookup(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report, "lookup");
	struct json_object *rows;
	struct compare_session session;
	unsigned int i, kind;

	json_add_text(object, "unit", compare_unit(compare));
	rows = json_add_array(object, "rows");
	for (i = 0; i < nr_compare_modes; i++) {
		if (compare_modes[i].control ||
		    compare_open(compare, &compare_modes[i], false, &session))
			continue;
		for (kind = 0; kind < nr_compare_kinds; kind++)
			run_kind(compare, &session, &compare_kinds[kind], rows);
		compare_close(&session);
	}
	return 0;
}
