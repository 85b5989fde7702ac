/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Filling PRP lists, and looking through leaves, many entries at a time.
 */
#ifndef DMAMEM_NVME_LIST_H
#define DMAMEM_NVME_LIST_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "libdmamem/map_private.h"

_Static_assert(BYTE_ORDER == LITTLE_ENDIAN,
	       "PRP lists are little-endian, and so must leaves be");

/* Two entries at once: the compiler knows what the machine has for that */
typedef uint64_t nvme_entry_pair
	__attribute__((vector_size(16), aligned(8), may_alias));

/* Entries that are as far apart as pages of consecutive memory */
static inline void nvme_list_ramp(uint64_t *list, uint64_t dma, uint64_t step,
				  uint64_t nr)
{
	nvme_entry_pair next = { dma, dma + step };
	nvme_entry_pair two = { 2 * step, 2 * step };

	for (; nr >= 8; nr -= 8, list += 8) {
		for (unsigned int i = 0; i < 8; i += 2) {
			*(nvme_entry_pair *)(list + i) = next;
			next += two;
		}
	}
	for (; nr >= 2; nr -= 2, list += 2) {
		*(nvme_entry_pair *)list = next;
		next += two;
	}
	if (nr)
		*list = next[0];
}

static inline void nvme_list_copy(uint64_t *list, const uint64_t *slots,
				  uint64_t nr)
{
	memcpy(list, slots, nr * sizeof(*list));
}

/* Is every page set? Only LEAF_ABSENT is not a multiple of the page size. */
static inline bool nvme_slots_set(const uint64_t *slots, uint64_t nr)
{
	uint64_t seen[4] = { 0 };

	for (; nr >= 4; nr -= 4, slots += 4)
		for (unsigned int i = 0; i < 4; i++)
			seen[i] |= slots[i];
	for (uint64_t i = 0; i < nr; i++)
		seen[0] |= slots[i];
	return !((seen[0] | seen[1] | seen[2] | seen[3]) & 1);
}

#endif
