/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The tables of a map, and how they are read.
 *
 * One entry describes a GiB (in @root) or a 2 MiB chunk (in @slots):
 *
 *	0		nothing is set
 *	bit 0		a value for all of it: the value itself in a linear map
 *			(its low bits are free), shifted left by one in others
 * otherwise
 *
 *	ENTRY_LEAF	pointer to the values of the chunk's 512 pages
 *	ENTRY_TABLE	(in @root only) see @slots
 *
 * A leaf holds plain values, laid out as an NVMe PRP list page.
 *
 * Both arrays are indexed by address alone and lie at a fixed distance from the
 * map itself: no lookup waits for a pointer. They are address space that is
 * made accessible as it is needed; a fresh page reads as "nothing is set".
 */
#ifndef DMAMEM_MAP_PRIVATE_H
#define DMAMEM_MAP_PRIVATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dmamem/map.h>

#include "libdmamem/run.h"

#define PAGES_PER_CHUNK (CHUNK_SIZE / PAGE_SIZE)
#define CHUNKS_PER_GIB (GIB_SIZE / CHUNK_SIZE)
#define NR_CHUNKS (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - CHUNK_SHIFT))
#define NR_GIBS (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - GIB_SHIFT))

/* The unit in which tables are made accessible, a huge page of entries */
#define GRANULE_SHIFT 39
#define NR_GRANULES (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - GRANULE_SHIFT))
#define GRANULE_BYTES ((UINT64_C(1) << (GRANULE_SHIFT - CHUNK_SHIFT)) * 8)

#define ENTRY_VALUE 1u
#define ENTRY_LEAF 2u
#define ENTRY_TABLE 4u
/* With ENTRY_LEAF: one value for the whole chunk that no entry can hold */
#define ENTRY_BOXED 8u
/* With ENTRY_LEAF: every page of the chunk is set */
#define ENTRY_COMPLETE 16u

/* What a leaf of a linear map holds for a page that is not set */
#define LEAF_ABSENT UINT64_MAX

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

struct dmamem_leaf_block;

/**
 * struct dmamem_map_config - what the memory layer wants of a map
 * @resident: keep a leaf for every chunk that has anything set, also where one
 *            value says it all
 * @leaves_added: told of each block of memory that leaves will be taken from;
 *                called with the map's lock held, may use
 *                dmamem_map_set_runs_locked(), may refuse
 * @leaves_removed: told of a block that goes again because more could not be
 *                  had, or because it was refused itself; called with the map's
 *                  lock held, may use dmamem_map_clear_locked()
 * @arg: for both
 */
struct dmamem_map_config {
	bool resident;
	int (*leaves_added)(void *arg, void *mem, size_t len);
	void (*leaves_removed)(void *arg, void *mem, size_t len);
	void *arg;
};

/* Memory for leaves: a leaf, once taken, stays with its chunk */
struct dmamem_leaf_pool {
	struct dmamem_leaf_block *first;
	struct dmamem_leaf_block *last;
	struct dmamem_leaf_block *current;
	size_t nr_free;
};

struct dmamem_map {
	/* For readers, never written again */
	uint64_t nr_linear_gibs; /* NR_GIBS in a linear map, 0 in others */
	enum dmamem_map_rule rule;
	bool resident;
	uint64_t default_value;

	/* For writers, away from the readers' cache line */
	pthread_mutex_t lock __attribute__((aligned(128)));
	struct dmamem_map_config config;
	struct dmamem_leaf_pool pool;
	bool granule_ready[NR_GRANULES];
	uint16_t nr_tables[NR_GRANULES];
	/* Which GiBs are counted there: a GiB may be split again and again */
	bool has_table[NR_GIBS];

	uint64_t root[NR_GIBS] __attribute__((aligned(4096)));
	uint64_t slots[NR_CHUNKS] __attribute__((aligned(GRANULE_BYTES)));
	/* Leaves that a chunk has, but that its entry does not point to */
	uint64_t *spares[NR_CHUNKS];
};

/* Entries and leaves are read while they are written */
static inline uint64_t load_acquire(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline void store_release(uint64_t *p, uint64_t value)
{
	__atomic_store_n(p, value, __ATOMIC_RELEASE);
}

/* Spelt out, because compilers do not find the shortest form by themselves */
static inline uint64_t load_index(const uint64_t *table, uint64_t index)
{
	const char *bytes = (const char *)table;

	return load_acquire((const uint64_t *)(bytes + index * sizeof(*table)));
}

static inline uint64_t load_page(const uint64_t *page)
{
	return __atomic_load_n(page, __ATOMIC_RELAXED);
}

static inline void store_page(uint64_t *page, uint64_t value)
{
	__atomic_store_n(page, value, __ATOMIC_RELAXED);
}

static inline bool entry_is_leaf(uint64_t entry)
{
	return (entry & (ENTRY_VALUE | ENTRY_LEAF)) == ENTRY_LEAF;
}

static inline uint64_t *entry_leaf(uint64_t entry)
{
	return (uint64_t *)(uintptr_t)(entry & ~(PAGE_SIZE - 1));
}

static inline uint64_t entry_value(const struct dmamem_map *map, uint64_t entry)
{
	return map->rule == DMAMEM_MAP_LINEAR ? entry - ENTRY_VALUE :
						entry >> 1;
}

static inline unsigned int page_index(uint64_t addr)
{
	return addr >> PAGE_SHIFT & (PAGES_PER_CHUNK - 1);
}

/* The entry for @addr (below 2^48) and, in @size, how much it describes */
static inline uint64_t map_entry(const struct dmamem_map *map, uint64_t addr,
				 uint64_t *size)
{
	uint64_t entry = load_index(map->root, addr >> GIB_SHIFT);

	*size = GIB_SIZE;
	if (entry == ENTRY_TABLE) {
		entry = load_index(map->slots, addr >> CHUNK_SHIFT);
		*size = CHUNK_SIZE;
	}
	return entry;
}

/* map.c: everything that map_translate() does not do itself */
uint64_t dmamem_map_translate_slow(const struct dmamem_map *map, uint64_t addr,
				   uint64_t *len);

static inline bool map_within(const uint64_t *len, uint64_t left)
{
	return likely(!len || *len <= left);
}

/* One page of a linear map's leaf */
static inline uint64_t map_translate_leaf(const struct dmamem_map *map,
					  uint64_t entry, uint64_t addr,
					  uint64_t *len)
{
	uint64_t offset = addr & (PAGE_SIZE - 1);
	uint64_t value = load_page(&entry_leaf(entry)[page_index(addr)]);

	if (unlikely(value == LEAF_ABSENT || !map_within(len, PAGE_SIZE - offset)))
		return dmamem_map_translate_slow(map, addr, len);
	return value + offset;
}

/* The common cases by the shortest way, for functions that translate */
static inline uint64_t map_translate(const struct dmamem_map *map,
				     uint64_t addr, uint64_t *len)
{
	uint64_t entry, offset;

	if (unlikely(addr >> GIB_SHIFT >= map->nr_linear_gibs))
		return dmamem_map_translate_slow(map, addr, len);

	entry = load_index(map->root, addr >> GIB_SHIFT);
	if (entry == ENTRY_TABLE) {
		entry = load_index(map->slots, addr >> CHUNK_SHIFT);
		offset = addr & (CHUNK_SIZE - 1);
		if (likely(entry & ENTRY_VALUE)) {
			if (map_within(len, CHUNK_SIZE - offset))
				return entry - ENTRY_VALUE + offset;
		} else if (entry) {
			return map_translate_leaf(map, entry, addr, len);
		}
	} else if (entry) {
		offset = addr & (GIB_SIZE - 1);
		if (map_within(len, GIB_SIZE - offset))
			return entry - ENTRY_VALUE + offset;
	}
	return dmamem_map_translate_slow(map, addr, len);
}

/* map_tables.c */
struct dmamem_map *dmamem_map_tables_reserve(void);
void dmamem_map_tables_release(struct dmamem_map *map);
int dmamem_map_tables_prepare(struct dmamem_map *map, uint64_t addr,
			      uint64_t end);
void dmamem_map_table_added(struct dmamem_map *map, uint64_t gib);

/* map_leaf.c */
int dmamem_map_leaves_reserve(struct dmamem_map *map, size_t nr);
uint64_t *dmamem_map_leaf_take(struct dmamem_map *map);
void dmamem_map_leaves_release(struct dmamem_map *map);

/* map.c, map_write.c: for the layers above */
int dmamem_map_create_config(enum dmamem_map_rule rule, uint64_t default_value,
			     const struct dmamem_map_config *config,
			     struct dmamem_map **map);

/**
 * dmamem_map_set_runs() - give a range the values of a list of runs
 * @map: the map
 * @addr: first address, a multiple of 4 KiB
 * @len: bytes, what the runs amount to
 * @runs: the values
 *
 * Nothing is checked. On failure the beginning of the range may be set already:
 * the caller clears the range, which cannot fail if nothing was set there
 * before.
 *
 * Return: 0, -ENOMEM, or what the owner of the leaves' memory refused with.
 */
int dmamem_map_set_runs(struct dmamem_map *map, uint64_t addr, uint64_t len,
			const struct dmamem_run *runs);

/* The same for who holds the map's lock */
int dmamem_map_set_runs_locked(struct dmamem_map *map, uint64_t addr,
			       uint64_t len, const struct dmamem_run *runs);

/* Clear what was set by it, as a whole; for who holds the map's lock */
void dmamem_map_clear_locked(struct dmamem_map *map, uint64_t addr,
			     uint64_t len);

/**
 * dmamem_map_leaf() - the page of values of one chunk
 * @map: the map
 * @addr: any address in the chunk, below 2^48
 *
 * Takes no lock. What it returns is kept until the map is freed, and is current
 * for as long as the pages in question stay set.
 *
 * Return: 512 values, LEAF_ABSENT for pages that are not set; or NULL if the
 * chunk has no leaf.
 */
const uint64_t *dmamem_map_leaf(const struct dmamem_map *map, uint64_t addr);

#endif
