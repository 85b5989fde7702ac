// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Address space for a map's tables, and memory behind the parts in use.
 *
 * The reservation is inaccessible, so that it counts neither as committed nor
 * as resident; entries for 512 GiB at a time are opened up when something is
 * set there.
 */
#include <errno.h>
#include <sys/mman.h>

#include "libdmamem/map_private.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

static void *reserve(size_t size, size_t align)
{
	size_t head;
	char *mem;

	mem = mmap(NULL, size + align, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;

	head = -(uintptr_t)mem & (align - 1);
	if (head)
		munmap(mem, head);
	munmap(mem + head + size, align - head);
	return mem + head;
}

/* @devices_read: there will be leaves where devices can read them */
struct dmamem_map *dmamem_map_tables_reserve(bool devices_read)
{
	size_t size = offsetof(struct dmamem_map, leaf_to_dma);
	struct dmamem_map *map;

	map = reserve(sizeof(*map), _Alignof(struct dmamem_map));
	if (!map)
		return NULL;
	/* A huge page for the first entry would be waste; see use_huge_page() */
	madvise(map, sizeof(*map), MADV_NOHUGEPAGE);
	madvise(map, sizeof(*map), MADV_DONTDUMP);
	if (devices_read)
		size += sizeof(map->leaf_to_dma);
	if (mprotect(map, size, PROT_READ | PROT_WRITE)) {
		dmamem_map_tables_release(map);
		return NULL;
	}
	return map;
}

void dmamem_map_tables_release(struct dmamem_map *map)
{
	munmap(map, sizeof(*map));
}

/* The part of a table with entries of @size bytes that is for one granule */
static int open_table(void *table, size_t size, uint64_t granule)
{
	size_t bytes = CHUNKS_PER_GRANULE * size;

	return mprotect((char *)table + granule * bytes, bytes,
			PROT_READ | PROT_WRITE);
}

static int open_granule(struct dmamem_map *map, uint64_t granule)
{
	if (map->granule_ready[granule])
		return 0;
	if (open_table(map->packed, sizeof(*map->packed), granule) ||
	    open_table(map->slots, sizeof(*map->slots), granule) ||
	    open_table(map->spares, sizeof(*map->spares), granule))
		return -ENOMEM;
	map->granule_ready[granule] = true;
	return 0;
}

/* Make the tables for [@addr, @end) accessible; on failure some of them are */
int dmamem_map_tables_prepare(struct dmamem_map *map, uint64_t addr,
			      uint64_t end)
{
	uint64_t granule;
	int ret;

	for (granule = addr >> GRANULE_SHIFT;
	     granule <= (end - 1) >> GRANULE_SHIFT; granule++) {
		ret = open_granule(map, granule);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Lookups all over terabytes miss the TLB at every table: once half of a huge
 * page would be in use it costs little and saves that. Best effort.
 */
static void use_huge_page(struct dmamem_map *map, uint64_t huge)
{
	void *packed = &map->packed[huge * CHUNKS_PER_HUGE];
	size_t bytes = CHUNKS_PER_HUGE * sizeof(*map->packed);
	uint64_t addr = huge << HUGE_SHIFT;

	if (map->huge_asked[huge])
		return;
	map->huge_asked[huge] = true;
	if (dmamem_map_tables_prepare(map, addr,
				      addr + (UINT64_C(1) << HUGE_SHIFT)))
		return;
	madvise(packed, bytes, MADV_HUGEPAGE);
	madvise(packed, bytes, MADV_COLLAPSE);
}

/* Tables, if @entry says that there are some, say the same as it does */
void dmamem_map_set_root(struct dmamem_map *map, uint64_t gib, uint64_t entry)
{
	uint64_t huge = gib / GIBS_PER_HUGE;

	if (map->root[gib] == ENTRY_TABLE)
		map->nr_tables[huge]--;
	store_release(&map->root[gib], entry);
	if (entry == ENTRY_TABLE && ++map->nr_tables[huge] >= GIBS_PER_HUGE / 2)
		use_huge_page(map, huge);
}
