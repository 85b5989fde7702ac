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
 *	ENTRY_LEAF	address of the values of the chunk's 512 pages
 *	ENTRY_TABLE	(in @root only) see @packed, then @slots
 *
 * A chunk whose value can be told in 4 bytes has it in @packed, and its slot
 * does not count: most lookups in much memory find what they look for in half
 * the cache. A leaf holds plain values, laid out as an NVMe PRP list page.
 *
 * All tables are indexed by address alone and lie at a fixed distance from the
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

#define PAGES_PER_CHUNK (CHUNK_SIZE / PAGE_BYTES)
#define CHUNKS_PER_GIB (GIB_SIZE / CHUNK_SIZE)
#define NR_CHUNKS (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - CHUNK_SHIFT))
#define NR_GIBS (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - GIB_SHIFT))

/* The unit in which tables are made accessible */
#define GRANULE_SHIFT 39
#define NR_GRANULES (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - GRANULE_SHIFT))
#define CHUNKS_PER_GRANULE (UINT64_C(1) << (GRANULE_SHIFT - CHUNK_SHIFT))
#define GIBS_PER_GRANULE (UINT64_C(1) << (GRANULE_SHIFT - GIB_SHIFT))

/* What a huge page of @packed is for */
#define HUGE_SHIFT 40
#define NR_HUGES (UINT64_C(1) << (DMAMEM_ADDRESS_BITS - HUGE_SHIFT))
#define CHUNKS_PER_HUGE (UINT64_C(1) << (HUGE_SHIFT - CHUNK_SHIFT))
#define GIBS_PER_HUGE (UINT64_C(1) << (HUGE_SHIFT - GIB_SHIFT))

#define ENTRY_VALUE 1u
#define ENTRY_LEAF 2u
#define ENTRY_TABLE 4u
/* With ENTRY_LEAF: one value for the whole chunk that no entry can hold */
#define ENTRY_BOXED 8u
/* With ENTRY_LEAF: every page of the chunk is set */
#define ENTRY_COMPLETE 16u
/* With ENTRY_COMPLETE: and the leaf is where a device can read it */
#define ENTRY_LISTED 32u

/* Above the address of a leaf: which of @leaf_to_dma leads to it, or 0 */
#define LEAF_INDEX_SHIFT DMAMEM_ADDRESS_BITS
#define NR_LEAF_INDEXES (UINT64_C(1) << (64 - LEAF_INDEX_SHIFT))

/* A packed value counts these from 1, for 0 is no value: 128 KiB, to 2^49 */
#define PACKED_SHIFT 17
#define PACKED_UNIT (UINT64_C(1) << PACKED_SHIFT)

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
	/* The last of @leaf_to_dma in use */
	uint64_t last_index;
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
	bool huge_asked[NR_HUGES];
	/* GiBs with ENTRY_TABLE */
	uint16_t nr_tables[NR_HUGES];

	uint64_t root[NR_GIBS] __attribute__((aligned(4096)));
	/* What to add to the address of a leaf, if devices read leaves */
	uint64_t leaf_to_dma[NR_LEAF_INDEXES];
	uint32_t packed[NR_CHUNKS] __attribute__((aligned(CHUNK_SIZE)));
	uint64_t slots[NR_CHUNKS];
	/* Leaves that a chunk has, but that its entry does not name */
	uint64_t spares[NR_CHUNKS];
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

static inline uint32_t load_packed(const uint32_t *table, uint64_t index)
{
	const char *bytes = (const char *)table;

	return __atomic_load_n((const uint32_t *)(bytes + index *
						  sizeof(*table)),
			       __ATOMIC_ACQUIRE);
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
	return (uint64_t *)(uintptr_t)(entry & (ADDRESS_END - PAGE_BYTES));
}

static inline uint64_t entry_value(const struct dmamem_map *map, uint64_t entry)
{
	return map->rule == DMAMEM_MAP_LINEAR ? entry - ENTRY_VALUE :
						entry >> 1;
}

static inline uint64_t page_index(uint64_t addr)
{
	return addr >> PAGE_BITS & (PAGES_PER_CHUNK - 1);
}

static inline uint64_t packed_value(uint32_t packed)
{
	return ((uint64_t)packed << PACKED_SHIFT) - PACKED_UNIT;
}

/* The entry for the chunk of @addr, of a GiB that has ENTRY_TABLE */
static inline uint64_t chunk_entry(const struct dmamem_map *map, uint64_t addr)
{
	uint32_t packed = load_packed(map->packed, addr >> CHUNK_SHIFT);

	if (likely(packed))
		return packed_value(packed) + ENTRY_VALUE;
	return load_index(map->slots, addr >> CHUNK_SHIFT);
}

/* The entry for @addr (below 2^48) and, in @size, how much it describes */
static inline uint64_t map_entry(const struct dmamem_map *map, uint64_t addr,
				 uint64_t *size)
{
	uint64_t entry = load_index(map->root, addr >> GIB_SHIFT);

	*size = GIB_SIZE;
	if (entry == ENTRY_TABLE) {
		entry = chunk_entry(map, addr);
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
	uint64_t offset = addr & (PAGE_BYTES - 1);
	uint64_t value = load_page(&entry_leaf(entry)[page_index(addr)]);

	if (unlikely(value == LEAF_ABSENT ||
		     !map_within(len, PAGE_BYTES - offset)))
		return dmamem_map_translate_slow(map, addr, len);
	return value + offset;
}

/* A chunk whose value does not fit 4 bytes, or that has none or many */
static inline uint64_t map_translate_slot(const struct dmamem_map *map,
					  uint64_t addr, uint64_t *len)
{
	uint64_t entry = load_index(map->slots, addr >> CHUNK_SHIFT);
	uint64_t offset = addr & (CHUNK_SIZE - 1);

	if (entry_is_leaf(entry))
		return map_translate_leaf(map, entry, addr, len);
	if (likely(entry && map_within(len, CHUNK_SIZE - offset)))
		return entry - ENTRY_VALUE + offset;
	return dmamem_map_translate_slow(map, addr, len);
}

/* The common cases by the shortest way, for functions that translate */
static inline uint64_t map_translate(const struct dmamem_map *map,
				     uint64_t addr, uint64_t *len)
{
	uint64_t entry, offset;
	uint32_t packed;

	if (unlikely(addr >> GIB_SHIFT >= map->nr_linear_gibs))
		return dmamem_map_translate_slow(map, addr, len);

	entry = load_index(map->root, addr >> GIB_SHIFT);
	if (likely(entry == ENTRY_TABLE)) {
		packed = load_packed(map->packed, addr >> CHUNK_SHIFT);
		offset = addr & (CHUNK_SIZE - 1);
		if (unlikely(!packed))
			return map_translate_slot(map, addr, len);
		if (map_within(len, CHUNK_SIZE - offset))
			return packed_value(packed) + offset;
	} else if (likely(entry)) {
		offset = addr & (GIB_SIZE - 1);
		if (map_within(len, GIB_SIZE - offset))
			return entry - ENTRY_VALUE + offset;
	}
	return dmamem_map_translate_slow(map, addr, len);
}

/* map_tables.c */
struct dmamem_map *dmamem_map_tables_reserve(bool devices_read);
void dmamem_map_tables_release(struct dmamem_map *map);
int dmamem_map_tables_prepare(struct dmamem_map *map, uint64_t addr,
			      uint64_t end);
void dmamem_map_set_root(struct dmamem_map *map, uint64_t gib, uint64_t entry);

/* map_leaf.c */
int dmamem_map_leaves_reserve(struct dmamem_map *map, size_t nr);
uint64_t dmamem_map_leaf_take(struct dmamem_map *map);
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
