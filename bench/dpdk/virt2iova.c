// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What DPDK does for an address: rte_mem_virt2iova(), which in PA mode is
 * rte_mem_virt2phy(), and that asks /proc/self/pagemap each time.
 *
 * DPDK has PA mode only with huge pages reserved. Here none are, so DPDK is not
 * started, and the function is called that would be called. Prints NAME MEDIAN
 * MIN MAX, in ns.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_memory.h>

#define NR_PAGES 256
#define LOOKUPS 2000
#define ROUNDS 41

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double look_up(const char *mem, size_t page_size)
{
	double start = now_ns();

	for (size_t i = 0; i < LOOKUPS; i++) {
		rte_iova_t iova;

		iova = rte_mem_virt2phy(mem + i * 7 % NR_PAGES * page_size);
		if (iova == RTE_BAD_IOVA || !iova) {
			fprintf(stderr, "no address: not root?\n");
			exit(1);
		}
	}
	return (now_ns() - start) / LOOKUPS;
}

int main(void)
{
	size_t page_size = 4096;
	double ns[ROUNDS];
	char *mem;

	mem = aligned_alloc(page_size, NR_PAGES * page_size);
	if (!mem)
		return 1;
	memset(mem, 1, NR_PAGES * page_size);
	for (int round = 0; round < ROUNDS; round++)
		ns[round] = look_up(mem, page_size);
	qsort(ns, ROUNDS, sizeof(*ns), compare);
	printf("dpdk-virt2iova %.2f %.2f %.2f\n", ns[ROUNDS / 2], ns[0],
	       ns[ROUNDS - 1]);
	free(mem);
	return 0;
}
