// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Writing one chunk of a map: its entry, packed or in its slot, and its leaf.
 * What readers may see meanwhile is said in map_write.c.
 */
#include "libdmamem/map_write.h"

/* The value of an entry in 4 bytes, or 0 */
static uint32_t pack(const struct dmamem_map *map, uint64_t entry)
{
	uint64_t value = entry - ENTRY_VALUE;

	if (!entry || map->rule != DMAMEM_MAP_LINEAR ||
	    value & (PACKED_UNIT - 1) || value >> PACKED_SHIFT >= UINT32_MAX)
		return 0;
	return (value >> PACKED_SHIFT) + 1;
}

void dmamem_map_keep_leaf(struct dmamem_map *map, uint64_t addr, uint64_t leaf)
{
	store_release(&map->spares[addr >> CHUNK_SHIFT], leaf);
}

/* The leaf of an entry, with its index */
static uint64_t leaf_of(uint64_t entry)
{
	return entry & ~(PAGE_BYTES - 1);
}

uint64_t dmamem_map_chunk_leaf(const struct dmamem_map *map, uint64_t addr)
{
	uint64_t entry = chunk_entry(map, addr);

	return entry_is_leaf(entry) ? leaf_of(entry) :
				      map->spares[addr >> CHUNK_SHIFT];
}

/*
 * While a packed value counts, the slot stays as it is: a reader who found none
 * may still be on the way there. Memory is touched only where something
 * changes.
 */
static void store_entry(struct dmamem_map *map, uint64_t addr, uint64_t entry)
{
	uint64_t *slot = &map->slots[addr >> CHUNK_SHIFT];
	uint32_t *packed = &map->packed[addr >> CHUNK_SHIFT];
	uint32_t value = entry_is_leaf(entry) ? 0 : pack(map, entry);

	if (!value && *slot != entry)
		store_release(slot, entry);
	if (*packed != value)
		__atomic_store_n(packed, value, __ATOMIC_RELEASE);
}

void dmamem_map_set_chunk(struct dmamem_map *map, uint64_t addr, uint64_t entry)
{
	uint64_t slot;

	if (!map->packed[addr >> CHUNK_SHIFT]) {
		slot = map->slots[addr >> CHUNK_SHIFT];
		if (entry_is_leaf(slot))
			dmamem_map_keep_leaf(map, addr, leaf_of(slot));
	}
	store_entry(map, addr, entry);
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

/*
 * What stays as it is may be read meanwhile, also by plain loads of several
 * pages at once (nvme_list.h): it is not stored again.
 */
static void fill_leaf(const struct dmamem_map *map, uint64_t *leaf,
		      uint64_t entry)
{
	uint64_t value = entry ? entry_value(map, entry) : absent_page(map);
	uint64_t step = entry ? value_step(map) : 0;

	for (unsigned int i = 0; i < PAGES_PER_CHUNK; i++) {
		if (leaf[i] != value)
			store_page(&leaf[i], value);
		value += step;
	}
}

/*
 * Pages that are runs of their own, one after the other. Most of the time of a
 * registration goes by here if the memory is scattered.
 */
static uint64_t *write_single_pages(uint64_t *page, const uint64_t *end,
				    struct map_source *source)
{
	const struct dmamem_run *run = source->next;

	for (; page < end && run->len == PAGE_BYTES; page++, run++)
		store_page(page, run->value);
	source->next = run;
	return page;
}

static void write_pages(uint64_t *page, const uint64_t *end,
			struct map_source *source)
{
	struct map_source s = *source;

	while (page < end) {
		if (!s.left) {
			page = write_single_pages(page, end, &s);
			if (page == end)
				break;
			source_refill(&s);
		}
		store_page(page++, s.value);
		s.value += s.step;
		s.left -= PAGE_BYTES;
	}
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
static uint64_t leaf_entry(const struct dmamem_map *map, uint64_t leaf,
			   uint64_t old, bool whole,
			   const struct map_source *source)
{
	uint64_t entry = leaf | ENTRY_LEAF;

	if (source->absent)
		return entry;
	if (whole || old & (ENTRY_VALUE | ENTRY_COMPLETE) ||
	    is_complete(map, entry_leaf(leaf)))
		entry |= ENTRY_COMPLETE;
	if (entry & ENTRY_COMPLETE && entry >> LEAF_INDEX_SHIFT)
		entry |= ENTRY_LISTED;
	return entry;
}

void dmamem_map_write_leaf(struct dmamem_map *map, uint64_t addr, uint64_t end,
			   struct map_source *source)
{
	uint64_t leaf = dmamem_map_chunk_leaf(map, addr);
	uint64_t entry, old = chunk_entry(map, addr);
	bool whole = end - addr == CHUNK_SIZE;
	bool boxed = whole && source->left >= CHUNK_SIZE;
	uint64_t *values;

	if (!leaf)
		leaf = dmamem_map_leaf_take(map);
	values = entry_leaf(leaf);
	if (!whole && !entry_is_leaf(old))
		fill_leaf(map, values, old);
	write_pages(&values[page_index(addr)], &values[page_index(end - 1) + 1],
		    source);
	entry = leaf_entry(map, leaf, old, whole, source);
	entry = fold_leaf(map, values, boxed ? entry | ENTRY_BOXED : entry);
	if (!entry_is_leaf(entry))
		dmamem_map_keep_leaf(map, addr, leaf);
	store_entry(map, addr, entry);
}

void dmamem_map_write_chunk(struct dmamem_map *map, uint64_t addr,
			    struct map_source *source)
{
	uint64_t leaf;

	dmamem_map_set_chunk(map, addr, source_entry(map, source));
	source_advance(source, CHUNK_SIZE);
	if (!source->absent)
		return;
	/* A device that still reads the leaf must find nothing in it */
	leaf = dmamem_map_chunk_leaf(map, addr);
	if (leaf)
		fill_leaf(map, entry_leaf(leaf), 0);
}
