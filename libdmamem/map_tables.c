// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Address space for a map's tables, and memory behind the parts in use.
 *
 * The reservation is inaccessible, so that it counts neither as committed nor
 * as resident; 2 MiB of a table at a time, entries for 512 GiB, are opened up
 * when something is set there.
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

struct dmamem_map *dmamem_map_tables_reserve(void)
{
	struct dmamem_map *map;

	map = reserve(sizeof(*map), _Alignof(struct dmamem_map));
	if (!map)
		return NULL;
	/* A huge page for the first entry would be waste; see table_added() */
	madvise(map, sizeof(*map), MADV_NOHUGEPAGE);
	madvise(map, sizeof(*map), MADV_DONTDUMP);
	if (mprotect(map, offsetof(struct dmamem_map, root) + sizeof(map->root),
		     PROT_READ | PROT_WRITE)) {
		dmamem_map_tables_release(map);
		return NULL;
	}
	return map;
}

void dmamem_map_tables_release(struct dmamem_map *map)
{
	munmap(map, sizeof(*map));
}

static char *granule_of(void *table, uint64_t granule)
{
	return (char *)table + granule * GRANULE_BYTES;
}

static int open_granule(struct dmamem_map *map, uint64_t granule)
{
	if (map->granule_ready[granule])
		return 0;
	if (mprotect(granule_of(map->slots, granule), GRANULE_BYTES,
		     PROT_READ | PROT_WRITE) ||
	    mprotect(granule_of(map->spares, granule), GRANULE_BYTES,
		     PROT_READ | PROT_WRITE))
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
 * Lookups all over terabytes miss the TLB at every table: once half of a
 * granule is in use a huge page costs little and saves that. Best effort.
 */
void dmamem_map_table_added(struct dmamem_map *map, uint64_t gib)
{
	uint64_t granule = gib >> (GRANULE_SHIFT - GIB_SHIFT);
	void *table = granule_of(map->slots, granule);

	if (map->has_table[gib])
		return;
	map->has_table[gib] = true;
	if (++map->nr_tables[granule] != GRANULE_BYTES / PAGE_SIZE / 2)
		return;
	madvise(table, GRANULE_BYTES, MADV_HUGEPAGE);
	madvise(table, GRANULE_BYTES, MADV_COLLAPSE);
}
