// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Figures of the library: lookups, tables and data pointers. All but PRP lists
 * that are in the map need no device and no kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <dmamem/memory.h>

#include "tools/bench/lookups.h"
#include "tools/bench/pointers.h"
#include "tools/dmamem/figures.h"
#include "tools/nvme/scatter.h"

#define BASE UINT64_C(0x7f0000000000)
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define GIB(n) ((uint64_t)(n) << 30)
#define LOOKUPS 100000
#define BUILDS 1000
#define ROUNDS 41

static const char lookup_group[] = "Translation";
static const char table_group[] = "Tables";
static const char pointer_group[] = "Data pointers";

/* A map of memory in pieces, and what is asked of it */
struct lookup_case {
	const char *name;
	uint64_t size;
	uint64_t piece;
	uint64_t len;
	struct dmamem_map *map;
	uint64_t sum;
};

static int look_up(void *arg)
{
	struct lookup_case *lookup = arg;

	lookup->sum += lookups_run(lookup->map, BASE, lookup->size, lookup->len,
				   LOOKUPS);
	return 0;
}

static void measure_lookups(struct figures *figures, int counter)
{
	struct lookup_case cases[] = {
		{ .name = "in pieces of 2 MiB", .size = MIB(512),
		  .piece = MIB(2) },
		{ .name = "in a contiguous GiB", .size = GIB(1),
		  .piece = GIB(1) },
		{ .name = "in pages of 4 KiB", .size = MIB(256),
		  .piece = KIB(4) },
		{ .name = "of 128 KiB, in pieces of 2 MiB", .size = MIB(512),
		  .piece = MIB(2), .len = KIB(128) },
		{ .name = "of 128 KiB, in 32 adjacent pages", .size = MIB(256),
		  .piece = KIB(128), .len = KIB(128) },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct measure measure = {
			.run = look_up,
			.arg = &cases[i],
			.rounds = ROUNDS,
			.per = LOOKUPS,
			.clock = CLOCK_MONOTONIC,
			.counter = counter,
		};

		if (lookups_make_map(BASE, cases[i].size, cases[i].piece,
				     &cases[i].map)) {
			figures_leave_out(figures, lookup_group, cases[i].name,
					  strerror(ENOMEM));
			continue;
		}
		figures_measure(figures, lookup_group, cases[i].name, &measure);
		dmamem_map_free(cases[i].map);
	}
}

/* A new map in each round, which is filled */
struct table_case {
	const char *name;
	uint64_t size;
	uint64_t piece;
	uint64_t per;
	struct dmamem_map *map;
};

static int fill_table(void *arg)
{
	struct table_case *table = arg;

	return lookups_make_map(BASE, table->size, table->piece, &table->map);
}

static int free_table(void *arg)
{
	dmamem_map_free(((struct table_case *)arg)->map);
	return 0;
}

static void measure_tables(struct figures *figures, int counter)
{
	struct table_case cases[] = {
		{ "enter 1 TiB contiguous, per 2 MiB", GIB(1024), GIB(1024),
		  MIB(2), NULL },
		{ "enter pieces of 2 MiB, each", GIB(64), MIB(2), MIB(2),
		  NULL },
		{ "enter pages of 4 KiB, each", MIB(256), KIB(4), KIB(4),
		  NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct measure measure = {
			.run = fill_table,
			.after = free_table,
			.arg = &cases[i],
			.rounds = ROUNDS,
			.per = (double)cases[i].size / (double)cases[i].per,
			.clock = CLOCK_MONOTONIC,
			.counter = counter,
		};

		figures_measure(figures, table_group, cases[i].name, &measure);
	}
}

static int build(void *arg)
{
	return pointers_build(arg, BUILDS);
}

static void measure_pointers(struct figures *figures, int counter,
			     const struct pointers_case *what,
			     const struct dmamem_map *map, void *memory)
{
	struct pointers pointers;
	const struct measure measure = {
		.run = build,
		.arg = &pointers,
		.rounds = ROUNDS,
		.per = BUILDS,
		.clock = CLOCK_MONOTONIC,
		.counter = counter,
	};

	pointers_prepare(&pointers, what, map, memory);
	figures_measure(figures, pointer_group, what->words, &measure);
}

static void measure_built(struct figures *figures, int counter,
			  const struct pointers_case *what)
{
	struct dmamem_map *map;

	if (lookups_make_map(BASE, POINTERS_SIZE, what->run_pages * KIB(4),
			     &map)) {
		figures_leave_out(figures, pointer_group, what->words,
				  strerror(ENOMEM));
		return;
	}
	measure_pointers(figures, counter, what, map, (void *)(uintptr_t)BASE);
	dmamem_map_free(map);
}

/* Registered memory whose lists are in the map; it stays until @ctx is closed */
static void *register_scattered(struct dmamem_context *ctx, char *why)
{
	size_t size = POINTERS_SIZE + DMAMEM_CHUNK_SIZE;
	char *memory = scatter_alloc(size / KIB(4), 1);

	if (!memory) {
		snprintf(why, FIGURE_TEXT, "%s", strerror(errno));
		return NULL;
	}
	if (dmamem_register(ctx, memory, size)) {
		dmamem_explain(ctx, why, FIGURE_TEXT);
		munmap(memory, size);
		return NULL;
	}
	return memory + (-(uintptr_t)memory & (DMAMEM_CHUNK_SIZE - 1));
}

static void measure_resident(struct figures *figures, int counter)
{
	char why[FIGURE_TEXT] = "";
	const struct dmamem_options options = {
		.size = sizeof(options),
		.flags = DMAMEM_OPEN_RESIDENT_LISTS,
		.explanation = why,
		.explanation_size = sizeof(why),
	};
	struct dmamem_context *ctx = NULL;
	void *memory = NULL;

	if (!dmamem_open(&options, &ctx))
		memory = register_scattered(ctx, why);
	for (unsigned int i = 0; i < nr_pointers_cases; i++) {
		const struct pointers_case *what = &pointers_cases[i];

		if (what->resident && memory)
			measure_pointers(figures, counter, what,
					 dmamem_dma_map(ctx), memory);
		else if (what->resident)
			figures_leave_out(figures, pointer_group, what->words,
					  why);
	}
	dmamem_close(ctx);
}

void figures_of_library(struct figures *figures, int counter)
{
	measure_lookups(figures, counter);
	measure_tables(figures, counter);
	for (unsigned int i = 0; i < nr_pointers_cases; i++)
		if (!pointers_cases[i].resident)
			measure_built(figures, counter, &pointers_cases[i]);
	measure_resident(figures, counter);
}
