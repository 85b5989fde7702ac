// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Choosing I/O virtual addresses where those of the process will not do.
 */
#include <errno.h>

#include "libdmamem/iova.h"
#include "libdmamem/run.h"

bool dmamem_iova_allowed(const struct dmamem_iova_space *space, uint64_t first,
			 uint64_t len)
{
	const struct dmamem_iova_range *range;

	for (size_t i = 0; i < space->nr_ranges; i++) {
		range = &space->ranges[i];
		if (first >= range->first && first <= range->last &&
		    len - 1 <= range->last - first)
			return true;
	}
	return false;
}

/* The next address that is @addr's equal within 2 MiB. May wrap: then below */
static uint64_t align_like(uint64_t from, uint64_t addr)
{
	return from + ((addr - from) & (CHUNK_SIZE - 1));
}

static bool crosses(uint64_t first, uint64_t len, uint64_t boundary)
{
	return boundary && (first ^ (first + len - 1)) & ~(boundary - 1);
}

/* Where @addr's equal crosses small boundaries too, it cannot be its equal */
static uint64_t skip_boundary(uint64_t first, uint64_t addr, uint64_t len,
			      uint64_t boundary)
{
	uint64_t next, equal;

	if (!crosses(first, len, boundary))
		return first;
	next = (first + len - 1) & ~(boundary - 1);
	equal = align_like(next, addr);
	return crosses(equal, len, boundary) ? next : equal;
}

/*
 * The lowest address from @from on that is neither taken nor puts @len bytes
 * across a boundary. Each step goes up past an obstacle, or wraps.
 */
static uint64_t next_free(const struct dmamem_iova_space *space, uint64_t from,
			  uint64_t addr, uint64_t len, uint64_t boundary)
{
	const struct dmamem_iova_node *node = space->taken;
	uint64_t first = align_like(from, addr);

	first = skip_boundary(first, addr, len, boundary);
	while (node && first >= from && node->first < first + len) {
		if (node->first + node->len > first) {
			first = align_like(node->first + node->len, addr);
			first = skip_boundary(first, addr, len, boundary);
		}
		node = node->next;
	}
	return first;
}

int dmamem_iova_find(const struct dmamem_iova_space *space, uint64_t addr,
		     uint64_t len, const struct dmamem_fitness *fitness,
		     uint64_t *first)
{
	uint64_t limit = fitness->last ? fitness->last : UINT64_MAX;
	uint64_t low, last, found;

	if (fitness->boundary && len > fitness->boundary)
		return -ENOSPC;
	for (size_t i = 0; i < space->nr_ranges; i++) {
		low = space->ranges[i].first;
		last = space->ranges[i].last;
		if (low < fitness->first)
			low = fitness->first;
		if (last > limit)
			last = limit;
		/* Address 0 is what a driver sends by mistake */
		if (low < CHUNK_SIZE)
			low = CHUNK_SIZE;
		if (low > last)
			continue;
		found = next_free(space, low, addr, len, fitness->boundary);
		if (found >= low && found <= last && len - 1 <= last - found) {
			*first = found;
			return 0;
		}
	}
	return -ENOSPC;
}

void dmamem_iova_take(struct dmamem_iova_space *space,
		      struct dmamem_iova_node *node)
{
	struct dmamem_iova_node **p = &space->taken;

	while (*p && (*p)->first < node->first)
		p = &(*p)->next;
	node->next = *p;
	*p = node;
}

void dmamem_iova_give(struct dmamem_iova_space *space,
		      struct dmamem_iova_node *node)
{
	struct dmamem_iova_node **p = &space->taken;

	while (*p != node)
		p = &(*p)->next;
	*p = node->next;
}
