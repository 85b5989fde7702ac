// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Data pointers of one transfer, again and again. With the name of a case:
 * bench/library has callgrind count the instructions of the builder; says how
 * often it was called. Without: prints NAME MEDIAN MIN MAX, in ns of CPU time
 * per transfer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#include "selftests/lib/test_provider.h"
#include "tools/bench/measure.h"
#include "tools/bench/pointers.h"

#define BASE ((void *)(uintptr_t)0x7f0000000000)
#define CALLS 1000

static void check(int ret)
{
	if (ret) {
		fprintf(stderr, "failed: %s\n", strerror(-ret));
		exit(1);
	}
}

static void prepare(struct pointers *pointers, const struct pointers_case *what)
{
	struct dmamem_context *ctx;

	check(test_provider_open(what->run_pages, &ctx));
	check(dmamem_register(ctx, BASE, POINTERS_SIZE));
	pointers_prepare(pointers, what, dmamem_dma_map(ctx), BASE);
}

static int build(void *arg)
{
	return pointers_build(arg, CALLS);
}

static void measure(const struct pointers_case *what)
{
	struct pointers pointers;
	const struct measure measure = {
		.run = build,
		.arg = &pointers,
		.rounds = MEASURE_ROUNDS,
		.per = CALLS,
		.clock = CLOCK_PROCESS_CPUTIME_ID,
		.counter = -1,
	};
	struct spread spread;

	prepare(&pointers, what);
	check(measure_run(&measure, &spread));
	printf("%s %.2f %.2f %.2f\n", what->name, spread.median, spread.least,
	       spread.most);
}

int main(int argc, char **argv)
{
	struct pointers pointers;

	for (unsigned int i = 0; i < nr_pointers_cases; i++) {
		if (argc < 2) {
			measure(&pointers_cases[i]);
		} else if (!strcmp(pointers_cases[i].name, argv[1])) {
			prepare(&pointers, &pointers_cases[i]);
			check(build(&pointers));
			printf("%u\n", CALLS);
			return 0;
		}
	}
	return argc > 1;
}
