/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * I/O virtual addresses: which are allowed, and which are taken.
 */
#ifndef DMAMEM_IOVA_H
#define DMAMEM_IOVA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libdmamem/fitness.h"

/**
 * struct dmamem_iova_range - addresses that an IOMMU takes
 * @first: lowest
 * @last: highest
 */
struct dmamem_iova_range {
	uint64_t first;
	uint64_t last;
};

/**
 * struct dmamem_iova_node - addresses that are taken
 * @next: the next higher ones
 * @first: lowest
 * @len: bytes
 */
struct dmamem_iova_node {
	struct dmamem_iova_node *next;
	uint64_t first;
	uint64_t len;
};

/**
 * struct dmamem_iova_space - all of it
 * @ranges: what is allowed, in address order, apart from each other
 * @nr_ranges: how many
 * @taken: in address order
 */
struct dmamem_iova_space {
	struct dmamem_iova_range *ranges;
	size_t nr_ranges;
	struct dmamem_iova_node *taken;
};

/**
 * dmamem_iova_allowed() - are addresses allowed?
 * @space: the space
 * @first: lowest
 * @len: bytes, not 0
 *
 * Return: whether all of them are.
 */
bool dmamem_iova_allowed(const struct dmamem_iova_space *space, uint64_t first,
			 uint64_t len);

/**
 * dmamem_iova_find() - choose addresses
 * @space: the space
 * @addr: address of the memory; the result is the same within 2 MiB, so that
 *        huge pages of the memory can be huge pages of the IOMMU, unless that
 *        is across a boundary
 * @len: bytes, not 0, a multiple of 4 KiB
 * @fitness: which addresses the device can use
 * @first: the lowest address that will do
 *
 * Return: 0 or -ENOSPC.
 */
int dmamem_iova_find(const struct dmamem_iova_space *space, uint64_t addr,
		     uint64_t len, const struct dmamem_fitness *fitness,
		     uint64_t *first);

/**
 * dmamem_iova_take() - enter addresses as taken
 * @space: the space
 * @node: @first and @len set; nobody has them
 */
void dmamem_iova_take(struct dmamem_iova_space *space,
		      struct dmamem_iova_node *node);

/**
 * dmamem_iova_give() - addresses are free again
 * @space: the space
 * @node: from dmamem_iova_take()
 */
void dmamem_iova_give(struct dmamem_iova_space *space,
		      struct dmamem_iova_node *node);

#endif
