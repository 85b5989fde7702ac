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
#include <time.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/test_provider.h"

#define BASE UINT64_C(0x7f0000000000)
#define SIZE (16 * CHUNK_SIZE)
#define CALLS 1000
#define ROUNDS 101
#define MAX_IOV 32
#define KIB(n) ((uint64_t)(n) << 10)

struct bench_case {
	const char *name;
	uint64_t run_pages;	/* that are consecutive; 1: there are leaves */
	uint64_t len;
	unsigned int nr_iov;
	bool sgl;
};

static const struct bench_case cases[] = {
	{ "built-4k", 512, KIB(4), 1, false },
	{ "built-8k", 512, KIB(8), 1, false },
	{ "built-128k", 512, KIB(128), 1, false },
	{ "built-1m", 512, KIB(1024), 1, false },
	{ "built-2012k", 512, KIB(2012), 1, false },
	{ "built-iov32", 512, KIB(4), MAX_IOV, false },
	{ "leaf-4k", 1, KIB(4), 1, false },
	{ "leaf-8k", 1, KIB(8), 1, false },
	{ "leaf-iov32", 1, KIB(4), MAX_IOV, false },
	{ "resident-128k", 1, KIB(128), 1, false },
	{ "resident-1m", 1, KIB(1024), 1, false },
	{ "resident-2012k", 1, KIB(2012), 1, false },
	{ "sgl-1m", 512, KIB(1024), 1, true },
};

#define NR_CASES (sizeof(cases) / sizeof(*cases))

/* The list pages need no memory that a device can see: no device looks */
struct subject {
	const struct bench_case *what;
	struct dmamem_nvme_prp_builder prps;
	struct dmamem_nvme_sgl_builder sgls;
	struct dmamem_nvme_prp prp;
	struct dmamem_nvme_sgl sgl;
	struct iovec iov[MAX_IOV];
};

static void check(int ret)
{
	if (ret) {
		fprintf(stderr, "failed: %s\n", strerror(-ret));
		exit(1);
	}
}

static void prepare(struct subject *subject, const struct bench_case *what)
{
	static uint64_t page[PAGE_SIZE / 8] __attribute__((aligned(4096)));
	static const struct dmamem_nvme_list_page list = { page, 4096 };
	struct dmamem_context *ctx;

	check(test_provider_open(what->run_pages, &ctx));
	check(dmamem_register(ctx, (void *)(uintptr_t)BASE, SIZE));
	*subject = (struct subject){
		.what = what,
		.prps = {
			.map = dmamem_dma_map(ctx),
			.mps_shift = 12,
			.nr_pages = 1,
			.pages = &list,
		},
		.sgls = { .map = dmamem_dma_map(ctx), .sgls = 1 },
	};
	/* Segments with gaps between them */
	for (unsigned int i = 0; i < what->nr_iov; i++)
		subject->iov[i] = (struct iovec){
			(void *)(uintptr_t)(BASE + 3 * PAGE_SIZE * i),
			what->len,
		};
}

static void call(struct subject *subject)
{
	if (subject->what->sgl)
		check(dmamem_nvme_sgl_build(&subject->sgls, subject->iov,
					    subject->what->nr_iov, 0,
					    &subject->sgl, NULL));
	else
		check(dmamem_nvme_prp_build(&subject->prps, subject->iov,
					    subject->what->nr_iov,
					    &subject->prp, NULL));
}

static void run_calls(struct subject *subject)
{
	for (unsigned int i = 0; i < CALLS; i++)
		call(subject);
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void measure(const struct bench_case *what)
{
	static struct subject subject;
	double ns[ROUNDS];

	prepare(&subject, what);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		double start = cpu_ns();

		run_calls(&subject);
		ns[i] = (cpu_ns() - start) / CALLS;
	}
	qsort(ns, ROUNDS, sizeof(*ns), compare);
	printf("%s %.2f %.2f %.2f\n", what->name, ns[ROUNDS / 2], ns[0],
	       ns[ROUNDS - 1]);
}

int main(int argc, char **argv)
{
	static struct subject subject;

	for (unsigned int i = 0; i < NR_CASES; i++) {
		if (argc < 2) {
			measure(&cases[i]);
		} else if (!strcmp(cases[i].name, argv[1])) {
			prepare(&subject, &cases[i]);
			run_calls(&subject);
			printf("%u\n", CALLS);
			return 0;
		}
	}
	return argc > 1;
}
