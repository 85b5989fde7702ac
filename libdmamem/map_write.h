/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What is written to a map, and how one chunk of it is.
 */
#ifndef DMAMEM_MAP_WRITE_H
#define DMAMEM_MAP_WRITE_H

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

static inline uint64_t value_step(const struct dmamem_map *map)
{
	return map->rule == DMAMEM_MAP_LINEAR ? PAGE_BYTES : 0;
}

static inline uint64_t absent_page(const struct dmamem_map *map)
{
	return map->rule == DMAMEM_MAP_LINEAR ? LEAF_ABSENT :
						map->default_value;
}

/* Can an entry hold this value, or does it take a leaf? */
static inline bool value_fits(const struct dmamem_map *map, uint64_t value)
{
	return map->rule == DMAMEM_MAP_LINEAR || !(value >> 63);
}

static inline uint64_t value_entry(const struct dmamem_map *map, uint64_t value)
{
	if (value == absent_page(map))
		return 0;
	if (map->rule == DMAMEM_MAP_LINEAR)
		return value | ENTRY_VALUE;
	return value << 1 | ENTRY_VALUE;
}

static inline bool source_fits(const struct dmamem_map *map,
			       const struct map_source *source)
{
	return source->value == absent_page(map) ||
	       value_fits(map, source->value);
}

static inline uint64_t source_entry(const struct dmamem_map *map,
				    const struct map_source *source)
{
	return value_entry(map, source->value);
}

static inline void source_advance(struct map_source *source, uint64_t len)
{
	source->value += source->step * (len >> PAGE_BITS);
	source->left -= len;
}

static inline void source_refill(struct map_source *source)
{
	/* The runs amount to the range. NOLINTNEXTLINE(clang-analyzer-*) */
	source->value = source->next->value;
	source->left = source->next->len;
	source->next++;
}

/* The entry for a part of a GiB or a chunk that has @entry as a whole */
static inline uint64_t entry_part(const struct dmamem_map *map, uint64_t entry,
				  uint64_t offset)
{
	if (entry && map->rule == DMAMEM_MAP_LINEAR)
		return entry + offset;
	return entry;
}

/*
 * The leaf that a chunk has, with its index, whether or not its entry names it;
 * or 0. The tables for it are accessible.
 */
uint64_t dmamem_map_chunk_leaf(const struct dmamem_map *map, uint64_t addr);

/* Remember a leaf that the entry of a chunk does not name */
void dmamem_map_keep_leaf(struct dmamem_map *map, uint64_t addr, uint64_t leaf);

/* Have one entry, no leaf, say all of a chunk of a GiB with ENTRY_TABLE */
void dmamem_map_set_chunk(struct dmamem_map *map, uint64_t addr,
			  uint64_t entry);

/* Write @source to all of a chunk; one entry says it */
void dmamem_map_write_chunk(struct dmamem_map *map, uint64_t addr,
			    struct map_source *source);

/* Write @source to pages of a chunk. It has a leaf, or one can be taken. */
void dmamem_map_write_leaf(struct dmamem_map *map, uint64_t addr, uint64_t end,
			   struct map_source *source);

#endif
