// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What an address and a PRP list cost. The table is the library's in each mode,
 * so what differs is how the memory lies.
 */
#include <stdlib.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "tools/bench/lookups.h"
#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/interrupt.h"
#include "tools/memory/pages.h"

#define CALLS 4096
#define ROUNDS 25
#define SEED 1
#define KIB(n) ((size_t)(n) << 10)
#define MAX_TRANSFER KIB(1024)

/**
 * struct lookups - what is called again and again
 * @map: where the addresses are
 * @memory: the memory
 * @size: bytes of a transfer
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

static int translate_all(void *arg)
{
	struct lookups *lookups = arg;

	lookups->sum += lookups_run(lookups->map,
				    (uintptr_t)lookups->memory->iov_base,
				    lookups->memory->iov_len, 0, CALLS);
	return 0;
}

/* The list page need be none that a device can see: no device looks */
static int build_all(void *arg)
{
	static uint64_t entries[PAGE / 8] __attribute__((aligned(PAGE)));
	static const struct dmamem_nvme_list_page page = { entries, PAGE };
	struct lookups *lookups = arg;
	const struct dmamem_nvme_prp_builder builder = {
		.map = lookups->map,
		.mps_shift = 12,
		.nr_pages = 1,
		.pages = &page,
	};
	struct dmamem_nvme_prp prp = { 0 };
	int ret = 0;

	for (int i = 0; i < CALLS && !ret; i++) {
		const struct iovec iov = {
			(char *)lookups->memory->iov_base +
				lookups->offsets[i],
			lookups->size,
		};

		ret = dmamem_nvme_prp_build(&builder, &iov, 1, &prp, NULL);
	}
	return ret;
}

static const struct {
	const char *name;
	size_t size;
	measure_fn run;
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

static void add_row(const struct compare *compare, const char *mode,
		    const char *kind, const char *what,
		    const struct spread *spread, struct json_object *rows)
{
	struct json_object *row = json_object_new_object();

	json_add_text(row, "mode", mode);
	json_add_text(row, "memory", kind);
	json_add_text(row, "what", what);
	compare_add_spread(row, spread, compare_per_ns(compare), ROUNDS);
	json_object_array_add(rows, row);
}

static int measure(struct compare *compare, struct compare_session *session,
		   const struct compare_kind *kind, const struct iovec *memory,
		   struct json_object *rows)
{
	static struct lookups lookups;
	struct spread spread;
	int ret = 0;

	lookups = (struct lookups){ .map = session->map, .memory = memory };
	choose_offsets(&lookups);
	for (size_t i = 0; i < NR_MEASUREMENTS && !ret; i++) {
		const struct measure measure = {
			.run = measurements[i].run,
			.arg = &lookups,
			.rounds = ROUNDS,
			.per = CALLS,
			.clock = CLOCK_MONOTONIC,
			.counter = -1,
		};

		lookups.size = measurements[i].size;
		ret = measure_run(&measure, &spread);
		if (!ret)
			add_row(compare, session->mode->name, kind->name,
				measurements[i].name, &spread, rows);
	}
	return ret;
}

/* What cannot be registered has a row that says why */
static int run_kind(struct compare *compare, struct compare_session *session,
		    const struct compare_kind *kind, struct json_object *rows)
{
	struct iovec memory;
	int ret;

	if (session->mode->hugetlb_only && !kind->hugetlb)
		return 0;
	if (compare_map(compare, kind, compare->size, true, &memory,
			session->why)) {
		compare_add_why(rows, session->mode->name, kind->name,
				session->why);
		return 0;
	}
	ret = compare_add(session, memory.iov_base, memory.iov_len);
	if (ret) {
		compare_add_why(rows, session->mode->name, kind->name,
				session->why);
		ret = 0;
	} else {
		ret = measure(compare, session, kind, &memory, rows);
		compare_remove(session, memory.iov_base, memory.iov_len);
	}
	compare_unmap(&memory);
	return ret;
}

int compare_lookup(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report, "lookup");
	struct json_object *rows;
	struct compare_session session;
	unsigned int i, kind;
	int ret = 0;

	json_add_text(object, "unit", compare_unit(compare));
	rows = json_add_array(object, "rows");
	for (i = 0; i < nr_compare_modes && !ret && !interrupted(); i++) {
		if (compare_modes[i].control)
			continue;
		if (compare_open(compare, &compare_modes[i], false, &session)) {
			compare_add_why(rows, compare_modes[i].name, NULL,
					session.why);
			continue;
		}
		compare_say(compare, "lookup: %s", session.mode->name);
		for (kind = 0; kind < nr_compare_kinds && !ret &&
		     !interrupted(); kind++)
			ret = run_kind(compare, &session, &compare_kinds[kind],
				       rows);
		compare_close(&session);
	}
	return ret;
}
