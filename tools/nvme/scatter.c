// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory whose pages lie all over the place.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/nvme/scatter.h"

/* xorshift64: never 0 when it did not start there */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void shuffle(size_t *order, size_t nr, uint64_t seed)
{
	uint64_t state = seed ? seed : 1;
	size_t i;

	for (i = 0; i < nr; i++)
		order[i] = i;
	for (i = nr; i > 1; i--) {
		size_t other = next_random(&state) % i;
		size_t last = order[i - 1];

		order[i - 1] = order[other];
		order[other] = last;
	}
}

void *scatter_alloc(size_t nr_pages, uint64_t seed)
{
	size_t i, page = sysconf(_SC_PAGESIZE);
	size_t *order = calloc(nr_pages, sizeof(*order));
	char *memory;

	if (!order)
		return NULL;
	memory = mmap(NULL, nr_pages * page, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED) {
		free(order);
		return NULL;
	}
	/* Fails where the kernel has no huge pages to decline */
	madvise(memory, nr_pages * page, MADV_NOHUGEPAGE);

	shuffle(order, nr_pages, seed);
	for (i = 0; i < nr_pages; i++)
		((volatile char *)memory)[order[i] * page] = 0;
	free(order);
	return memory;
}
