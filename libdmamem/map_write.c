// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Setting and clearing ranges of a map.
 *
 * Writers hold the map's lock. Readers hold nothing, and must see the right
 * value for every page that is not in the range being written, whatever they
 * have read before they were held up. So:
 *
 * - An entry is changed by one store, after what it points to is complete. A
 *   GiB or chunk is first split into parts that say the same, then changed.
 * - What an entry no longer points to stays as it is. A reader who came by the
 *   old entry finds there what was true then, and for pages that nobody writes
 *   this is still true. When a table or leaf is used again, it is for the same
 *   addresses: pages that nobody writes get the value they have already.
 */
#include <errno.h>

#include "libdmamem/map_private.h"

/**
 * struct map_source - the values still to be written
 * @value: of the next page, as leaves hold it
 * @left: bytes that are left of the current run
 * @step: what the value advances by with every page
 * @next: the run after the current one
 * @absent: it is the absence of values that is written
 */
struct map_source {
	uint64_t value;
	uint64_t left;
	uint64_t step;
	const struct dmamem_run *next;
	bool absent;
};

static uint64_t value_step(const struct dmamem_map *map)
{
	return map->rule == DMAMEM_MAP_LINEAR ? PAGE_SIZE : 0;
}

static uint64_t absent_page(const struct dmamem_map *map)
{
	return map->rule == DMAMEM_MAP_LINEAR ? LEAF_ABSENT :
						map->default_value;
}

/* Can an entry hold this value, or does it take a leaf? */
static bool value_fits(const struct dmamem_map *map, uint64_t value)
{
	return map->rule == DMAMEM_MAP_LINEAR || !(value >> 63);
}

static uint64_t value_entry(const struct dmamem_map *map, uint64_t value)
{
	if (value == absent_page(map))
		return 0;
	if (map->rule == DMAMEM_MAP_LINEAR)
		return value | ENTRY_VALUE;
	return value << 1 | ENTRY_VALUE;
}

static uint64_t source_entry(const struct dmamem_map *map,
			     const struct map_source *source)
{
	return value_entry(map, source->value);
}

static bool source_fits(const struct dmamem_map *map,
			const struct map_source *source)
{
	return source->value == absent_page(map) ||
	       value_fits(map, source->value);
}

static void source_advance(struct map_source *source, uint64_t len)
{
	source->value += source->step * (len >> PAGE_SHIFT);
	source->left -= len;
}

static void source_refill(struct map_source *source)
{
	/* The runs amount to the range. NOLINTNEXTLINE(clang-analyzer-*) */
	source->value = source->next->value;
	source->left = source->next->len;
	source->next++;
}

/* The entry for a part of a GiB or a chunk that has @entry as a whole */
static uint64_t entry_part(const struct dmamem_map *map, uint64_t entry,
			   uint64_t offset)
{
	if (entry && map->rule == DMAMEM_MAP_LINEAR)
		return entry + offset;
	return entry;
}

static void remember_leaf(struct dmamem_map *map, uint64_t chunk,
			  uint64_t *leaf)
{
	__atomic_store_n(&map->spares[chunk], leaf, __ATOMIC_RELEASE);
}

static uint64_t *chunk_leaf(const struct dmamem_map *map, uint64_t chunk)
{
	uint64_t entry = map->slots[chunk];

	return entry_is_leaf(entry) ? entry_leaf(entry) : map->spares[chunk];
}

static void set_slot(struct dmamem_map *map, uint64_t chunk, uint64_t entry)
{
	uint64_t old = map->slots[chunk];

	if (entry_is_leaf(old) && !entry_is_leaf(entry))
		remember_leaf(map, chunk, entry_leaf(old));
	store_release(&map->slots[chunk], entry);
}

/* Have @gib described by slots. Its tables are accessible. */
static void split_gib(struct dmamem_map *map, uint64_t gib)
{
	uint64_t entry = map->root[gib];
	uint64_t first = gib * CHUNKS_PER_GIB;

	if (entry == ENTRY_TABLE)
		return;
	for (uint64_t i = 0; i < CHUNKS_PER_GIB; i++)
		set_slot(map, first + i,
			 entry_part(map, entry, i * CHUNK_SIZE));
	store_release(&map->root[gib], ENTRY_TABLE);
	dmamem_map_table_added(map, gib);
}

/* Describe @gib by one entry again if its slots permit */
static void fold_gib(struct dmamem_map *map, uint64_t gib)
{
	const uint64_t *slots = &map->slots[gib * CHUNKS_PER_GIB];
	uint64_t last = CHUNKS_PER_GIB - 1;
	uint64_t end = entry_part(map, slots[0], last * CHUNK_SIZE);

	if (!(slots[0] & ENTRY_VALUE) || slots[last] != end || end < slots[0])
		return;
	for (uint64_t i = 1; i < last; i++)
		if (slots[i] != entry_part(map, slots[0], i * CHUNK_SIZE))
			return;
	store_release(&map->root[gib], slots[0]);
}

/* The entry that says the same as a leaf does, or @entry if there is none */
static uint64_t fold_leaf(const struct dmamem_map *map, const uint64_t *leaf,
			  uint64_t entry)
{
	uint64_t absent = absent_page(map);
	uint64_t step = leaf[0] == absent ? 0 : value_step(map);
	uint64_t last = leaf[0] + step * (PAGES_PER_CHUNK - 1);

	if (leaf[PAGES_PER_CHUNK - 1] != last || last < leaf[0])
		return entry;
	if (leaf[0] != absent &&
	    (map->rule == DMAMEM_MAP_OPAQUE || !value_fits(map, leaf[0])))
		return entry;
	for (unsigned int i = 1; i < PAGES_PER_CHUNK; i++)
		if (leaf[i] != leaf[0] + step * i)
			return entry;
	return value_entry(map, leaf[0]);
}

static void fill_leaf(const struct dmamem_map *map, uint64_t *leaf,
		      uint64_t entry)
{
	uint64_t value = entry ? entry_value(map, entry) : absent_page(map);
	uint64_t step = entry ? value_step(map) : 0;

	for (unsigned int i = 0; i < PAGES_PER_CHUNK; i++) {
		store_page(&leaf[i], value);
		value += step;
	}
}

/* Most of the time of a registration goes by here, if the pages are scattered */
static void write_pages(uint64_t *page, const uint64_t *end,
			struct map_source *source)
{
	struct map_source s = *source;

	do {
		if (!s.left)
			source_refill(&s);
		store_page(page, s.value);
		s.value += s.step;
		s.left -= PAGE_SIZE;
	} while (++page < end);
	*source = s;
}

static bool is_complete(const struct dmamem_map *map, const uint64_t *leaf)
{
	uint64_t absent = absent_page(map);

	/* What is set page by page is mostly set upwards */
	for (unsigned int i = PAGES_PER_CHUNK; i-- > 0;)
		if (leaf[i] == absent)
			return false;
	return true;
}

/* The entry for a leaf after @source was written to some of it or all */
static uint64_t leaf_entry(const struct dmamem_map *map, uint64_t *leaf,
			   uint64_t old, bool whole,
			   const struct map_source *source)
{
	uint64_t entry = (uintptr_t)leaf | ENTRY_LEAF;

	if (source->absent)
		return entry;
	if (whole || old & (ENTRY_VALUE | ENTRY_COMPLETE) ||
	    is_complete(map, leaf))
		entry |= ENTRY_COMPLETE;
	return entry;
}

/* The chunk has a leaf, or one can be taken. Its GiB is described by slots. */
static void write_leaf(struct dmamem_map *map, uint64_t addr, uint64_t end,
		       struct map_source *source)
{
	uint64_t chunk = addr >> CHUNK_SHIFT;
	uint64_t *leaf = chunk_leaf(map, chunk);
	uint64_t old = map->slots[chunk];
	bool whole = end - addr == CHUNK_SIZE;
	bool boxed = whole && source->left >= CHUNK_SIZE;
	uint64_t entry;

	if (!leaf)
		leaf = dmamem_map_leaf_take(map);
	if (!whole && !entry_is_leaf(old))
		fill_leaf(map, leaf, old);
	write_pages(&leaf[page_index(addr)], &leaf[page_index(end - 1) + 1],
		    source);
	entry = leaf_entry(map, leaf, old, whole, source);
	entry = fold_leaf(map, leaf, boxed ? entry | ENTRY_BOXED : entry);
	if (!entry_is_leaf(entry))
		remember_leaf(map, chunk, leaf);
	set_slot(map, chunk, entry);
}

/* Does one entry say all of @size bytes from here on? */
static bool takes_entry(const struct dmamem_map *map,
			const struct map_source *source, uint64_t size)
{
	return source->left >= size && source_fits(map, source) &&
	       (source->absent || !map->resident);
}

/* One entry says all of the chunk from now on, by way of the GiB's table */
static void write_slot(struct dmamem_map *map, uint64_t addr,
		       struct map_source *source)
{
	uint64_t chunk = addr >> CHUNK_SHIFT;
	uint64_t *leaf = chunk_leaf(map, chunk);

	split_gib(map, addr >> GIB_SHIFT);
	set_slot(map, chunk, source_entry(map, source));
	source_advance(source, CHUNK_SIZE);
	/* A device that still reads the leaf must find nothing in it */
	if (leaf && source->absent)
		fill_leaf(map, leaf, 0);
}

static int write_chunk(struct dmamem_map *map, uint64_t addr, uint64_t end,
		       struct map_source *source)
{
	uint64_t chunk = addr >> CHUNK_SHIFT;
	int ret;

	if (end - addr == CHUNK_SIZE && takes_entry(map, source, CHUNK_SIZE)) {
		write_slot(map, addr, source);
		return 0;
	}
	if (!chunk_leaf(map, chunk)) {
		/* The new memory may be entered into this very GiB */
		ret = dmamem_map_leaves_reserve(map, 1);
		if (ret)
			return ret;
	}
	split_gib(map, addr >> GIB_SHIFT);
	write_leaf(map, addr, end, source);
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
	uint64_t first = gib * CHUNKS_PER_GIB;

	if (!map->granule_ready[gib >> (GRANULE_SHIFT - GIB_SHIFT)])
		return false;
	for (uint64_t i = 0; i < CHUNKS_PER_GIB; i++)
		if (chunk_leaf(map, first + i))
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
		store_release(&map->root[gib], source_entry(map, source));
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
	for (uint64_t chunk = addr >> CHUNK_SHIFT;
	     chunk <= (end - 1) >> CHUNK_SHIFT; chunk++)
		nr += !chunk_leaf(map, chunk);
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
		*nr += !chunk_leaf(map, addr >> CHUNK_SHIFT);
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
	if ((addr | len) & (PAGE_SIZE - 1) || !len || addr >= ADDRESS_END ||
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
		if (value & (PAGE_SIZE - 1))
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
	for (uint64_t chunk = addr >> CHUNK_SHIFT;
	     !ret && chunk <= (end - 1) >> CHUNK_SHIFT; chunk++)
		if (!chunk_leaf(map, chunk))
			remember_leaf(map, chunk, dmamem_map_leaf_take(map));
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
