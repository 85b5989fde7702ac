/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * One run of addresses out of huge pages that came in whatever order.
 */
#ifndef DMAMEM_ALLOC_GATHER_H
#define DMAMEM_ALLOC_GATHER_H

#include "libdmamem/alloc.h"
#include "libdmamem/context.h"

/**
 * struct dmamem_gather_page - a huge page
 * @value: its address for the device
 * @index: which one of the mapping it is
 */
struct dmamem_gather_page {
	uint64_t value;
	size_t index;
};

/**
 * dmamem_gather_choose() - find pages that follow each other
 * @pages: of 2 MiB each; sorted by address afterwards
 * @nr: how many
 * @want: how many are to follow each other
 * @fitness: which addresses the device can use
 *
 * Return: the first of them, or NULL.
 */
const struct dmamem_gather_page *
dmamem_gather_choose(struct dmamem_gather_page *pages, size_t nr, size_t want,
		     const struct dmamem_fitness *fitness);

/**
 * dmamem_gather() - map memory that is one run
 * @ctx: the context, not locked
 * @backing: what it is made of: not shared, and pages of 2 MiB if it is hugetlb
 * @size: bytes
 * @mapping: the result, unchanged on failure. Whole chunks of 2 MiB; nothing of
 *           it is pinned.
 *
 * Takes twice as much and 64 MiB, or what there is, looks at the addresses, and
 * gives the rest back. Of ordinary memory no more than half of what is provably
 * free, see alloc_room.h: the kernel may kill for more.
 *
 * Return: 0, -ENOBUFS (there is no such run), or an error of pinning.
 */
int dmamem_gather(struct dmamem_context *ctx,
		  const struct dmamem_backing *backing, size_t size,
		  struct dmamem_mapping *mapping);

#endif
