// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Setting and clearing ranges of a map.
 *
 * Writers hold the map's lock. Readers hold nothing, and must see the right
 * value for every page that is not in the range being written, whatever they
 * have read before they were held up. So:
 *
 * - An entry is changed by one store, after what it points to is complete. A
 *   GiB or chunk is first split into parts that say the same, then changed. A
 *   packed value goes after its slot is right.
 * - What an entry no longer points to stays as it is. A reader who came by the
 *   old entry finds there what was true then, and for pages that nobody writes
 *   this is still true. When a table or leaf is used again, it is for the same
 *   addresses: pages that nobody writes get the value they have already.
 */
#include <errno.h>

#include "libdmamem/map_write.h"

/* Have @gib described by its chunks. Its tables are accessible. */
static void split_gib(struct dmamem_map *map, uint64_t gib)
{
	uint64_t entry = map->root[gib], addr = gib * GIB_SIZE;

	if (entry == ENTRY_TABLE)
		return;
	for (uint64_t i = 0; i < GIB_SIZE; i += CHUNK_SIZE) {
		uint64_t part = entry_part(map, entry, i);

		if (chunk_entry(map, addr + i) != part)
			dmamem_map_set_chunk(map, addr + i, part);
	}
	dmamem_map_set_root(map, gib, ENTRY_TABLE);
}

/* Describe @gib by one entry again if its chunks permit */
static void fold_gib(struct dmamem_map *map, uint64_t gib)
{
	uint64_t addr = gib * GIB_SIZE, last = GIB_SIZE - CHUNK_SIZE;
	uint64_t first = chunk_entry(map, addr);
	uint64_t end = entry_part(map, first, last);

	if (!(first & ENTRY_VALUE) || end < first ||
	    chunk_entry(map, addr + last) != end)
		return;
	for (uint64_t i = CHUNK_SIZE; i < last; i += CHUNK_SIZE)
		if (chunk_entry(map, addr + i) != entry_part(map, first, i))
			return;
	dmamem_map_set_root(map, gib, first);
}

/* Does one entry say all of @size bytes from here on? */
static bool takes_entry(const struct dmamem_map *map,
			const struct map_source *source, uint64_t size)
{
	return source->left >= size && source_fits(map, source) &&
	       (source->absent || !map->resident);
}

static int write_chunk(struct dmamem_map *map, uint64_t addr, uint64_t end,
		       struct map_source *source)
{
	int ret;

	if (end - addr == CHUNK_SIZE && takes_entry(map, source, CHUNK_SIZE)) {
		split_gib(map, addr >> GIB_SHIFT);
		dmamem_map_write_chunk(map, addr, source);
		return 0;
	}
	if (!dmamem_map_chunk_leaf(map, addr)) {
		/* The new memory may be entered into this very GiB */
		ret = dmamem_map_leaves_reserve(map, 1);
		if (ret)
			return ret;
	}
	split_gib(map, addr >> GIB_SHIFT);
	dmamem_map_write_leaf(map, addr, end, source);
	return 0;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Clearing what is clear must not take memory */
static bool is_clear(const struct dmamem_map *map, uint64_t addr)
{
	uint64_t size;

	return !map_entry(map, addr, &size);
}

static int write_chunks(struct dmamem_map *map, uint64_t addr, uint64_t end,
			struct map_source *source)
{
	uint64_t next;
	int ret;

	ret = dmamem_map_tables_prepare(map, addr, end);
	while (!ret && addr < end) {
		next = min_u64(end, (addr | (CHUNK_SIZE - 1)) + 1);
		if (!source->left)
			source_refill(source);
		if (source->absent && is_clear(map, addr))
			source_advance(source, next - addr);
		else
			ret = write_chunk(map, addr, next, source);
		addr = next;
	}
	return ret;
}

static bool has_leaves(const struct dmamem_map *map, uint64_t gib)
{
	uint64_t addr = gib * GIB_SIZE;

	if (!map->granule_ready[gib / GIBS_PER_GRANULE])
		return false;
	for (uint64_t i = 0; i < GIB_SIZE; i += CHUNK_SIZE)
		if (dmamem_map_chunk_leaf(map, addr + i))
			return true;
	return false;
}

static int write_gib(struct dmamem_map *map, uint64_t addr, uint64_t end,
		     struct map_source *source)
{
	uint64_t gib = addr >> GIB_SHIFT;
	int ret;

	if (!source->left)
		source_refill(source);
	if (end - addr == GIB_SIZE && takes_entry(map, source, GIB_SIZE) &&
	    !(source->absent && map->root[gib] && has_leaves(map, gib))) {
		dmamem_map_set_root(map, gib, source_entry(map, source));
		source_advance(source, GIB_SIZE);
		return 0;
	}
	if (source->absent && !map->root[gib]) {
		source_advance(source, end - addr);
		return 0;
	}
	ret = write_chunks(map, addr, end, source);
	if (map->root[gib] == ENTRY_TABLE)
		fold_gib(map, gib);
	return ret;
}

static int write_range(struct dmamem_map *map, uint64_t addr, uint64_t end,
		       struct map_source *source)
{
	uint64_t next;
	int ret = 0;

	for (; !ret && addr < end; addr = next) {
		next = min_u64(end, (addr | (GIB_SIZE - 1)) + 1);
		ret = write_gib(map, addr, next, source);
	}
	return ret;
}

/* Have a leaf at hand for each chunk of a range that has none */
static int reserve_every_leaf(struct dmamem_map *map, uint64_t addr,
			      uint64_t end)
{
	size_t nr = 0;
	int ret;

	ret = dmamem_map_tables_prepare(map, addr, end);
	if (ret)
		return ret;
	for (addr &= ~(CHUNK_SIZE - 1); addr < end; addr += CHUNK_SIZE)
		nr += !dmamem_map_chunk_leaf(map, addr);
	return dmamem_map_leaves_reserve(map, nr);
}

/* The same where the range only starts or only ends within a chunk */
static int reserve_edge(struct dmamem_map *map, uint64_t addr,
			const struct map_source *source, size_t *nr)
{
	int ret;

	if (!(addr & (GIB_SIZE - 1)) || (source->absent && is_clear(map, addr)))
		return 0;
	ret = dmamem_map_tables_prepare(map, addr, addr + 1);
	if (!ret && addr & (CHUNK_SIZE - 1))
		*nr += !dmamem_map_chunk_leaf(map, addr);
	return ret;
}

/* Get the memory for writing one value first: from then on nothing can fail */
static int reserve_memory(struct dmamem_map *map, uint64_t addr, uint64_t end,
			  const struct map_source *source)
{
	size_t nr = 0;
	int ret;

	if (!takes_entry(map, source, 0))
		return reserve_every_leaf(map, addr, end);
	ret = reserve_edge(map, addr, source, &nr);
	if (!ret)
		ret = reserve_edge(map, end, source, &nr);
	return ret ? ret : dmamem_map_leaves_reserve(map, nr);
}

static int check_range(uint64_t addr, uint64_t len)
{
	if ((addr | len) & (PAGE_BYTES - 1) || !len || addr >= ADDRESS_END ||
	    len > ADDRESS_END - addr)
		return -EINVAL;
	return 0;
}

static int write_one(struct dmamem_map *map, uint64_t addr,
		     const struct dmamem_run *run, bool absent)
{
	struct map_source source = {
		.step = absent ? 0 : value_step(map),
		.next = run,
		.absent = absent,
	};
	uint64_t end = addr + run->len;
	int ret;

	source_refill(&source);
	pthread_mutex_lock(&map->lock);
	ret = reserve_memory(map, addr, end, &source);
	if (!ret)
		ret = write_range(map, addr, end, &source);
	pthread_mutex_unlock(&map->lock);
	return ret;
}

int dmamem_map_set(struct dmamem_map *map, uint64_t addr, uint64_t len,
		   uint64_t value)
{
	const struct dmamem_run run = { value, len };
	int ret = check_range(addr, len);

	if (ret)
		return ret;
	if (map->rule == DMAMEM_MAP_LINEAR) {
		if (value & (PAGE_BYTES - 1))
			return -EINVAL;
		if (value > UINT64_MAX - (len - 1))
			return -ERANGE;
	}
	return write_one(map, addr, &run, false);
}

int dmamem_map_clear(struct dmamem_map *map, uint64_t addr, uint64_t len)
{
	const struct dmamem_run run = { absent_page(map), len };
	int ret = check_range(addr, len);

	return ret ? ret : write_one(map, addr, &run, true);
}

int dmamem_map_reserve(struct dmamem_map *map, uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len;
	int ret = check_range(addr, len);

	if (ret)
		return ret;
	pthread_mutex_lock(&map->lock);
	ret = reserve_every_leaf(map, addr, end);
	addr &= ~(CHUNK_SIZE - 1);
	for (; !ret && addr < end; addr += CHUNK_SIZE)
		if (!dmamem_map_chunk_leaf(map, addr))
			dmamem_map_keep_leaf(map, addr,
					     dmamem_map_leaf_take(map));
	pthread_mutex_unlock(&map->lock);
	return ret;
}

int dmamem_map_set_runs_locked(struct dmamem_map *map, uint64_t addr,
			       uint64_t len, const struct dmamem_run *runs)
{
	struct map_source source = {
		.step = value_step(map),
		.next = runs,
	};

	return write_range(map, addr, addr + len, &source);
}

void dmamem_map_clear_locked(struct dmamem_map *map, uint64_t addr,
			     uint64_t len)
{
	struct map_source source = {
		.value = absent_page(map),
		.left = len,
		.absent = true,
	};

	write_range(map, addr, addr + len, &source);
}

int dmamem_map_set_runs(struct dmamem_map *map, uint64_t addr, uint64_t len,
			const struct dmamem_run *runs)
{
	int ret;

	pthread_mutex_lock(&map->lock);
	ret = dmamem_map_set_runs_locked(map, addr, len, runs);
	pthread_mutex_unlock(&map->lock);
	return ret;
}
