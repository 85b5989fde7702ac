/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory as an NVMe controller is to be told of it, piece by piece.
 */
#ifndef DMAMEM_NVME_SPAN_H
#define DMAMEM_NVME_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include <dmamem/map.h>
#include <dmamem/memory.h>

#include "libdmamem/map_private.h"

/**
 * struct nvme_span - the first part of a piece of memory
 * @dma: DMA address of the first byte, DMAMEM_NO_ADDRESS: not registered
 * @len: bytes in the part, not 0
 * @slots: NULL if they are consecutive for the device, otherwise the addresses
 *         of the pages that they are in, some of which may be LEAF_ABSENT
 * @complete: no slot of the chunk is LEAF_ABSENT
 */
struct nvme_span {
	uint64_t dma;
	uint64_t len;
	const uint64_t *slots;
	bool complete;
};

static inline bool nvme_span_registered(const struct nvme_span *span)
{
	return span->dma != DMAMEM_NO_ADDRESS;
}

/* The bytes that are consecutive for the device */
static inline struct nvme_span nvme_run_at(const struct dmamem_map *map,
					   uint64_t va, uint64_t len)
{
	struct nvme_span span = { .len = len };

	span.dma = dmamem_map_translate(map, va, &span.len);
	return span;
}

/* What the map says of the chunk of an address below 2^48 */
static inline uint64_t nvme_chunk_entry(const struct dmamem_map *map,
					uint64_t va)
{
	uint64_t entry = load_index(map->root, va >> GIB_SHIFT);

	if (likely(entry == ENTRY_TABLE))
		return load_index(map->slots, va >> CHUNK_SHIFT);
	if (entry & ENTRY_VALUE)
		entry += va & (GIB_SIZE - CHUNK_SIZE);
	return entry;
}

/* What an ENTRY_VALUE of a chunk says of an address */
static inline uint64_t run_dma(uint64_t entry, uint64_t va)
{
	return entry - ENTRY_VALUE + (va & (CHUNK_SIZE - 1));
}

/* What an ENTRY_LEAF of a chunk says of the page of an address, and of the next */
static inline const uint64_t *leaf_slots(uint64_t entry, uint64_t va)
{
	return entry_leaf(entry) + page_index(va);
}

/* One page, of a chunk with this entry; @len is not set */
static inline struct nvme_span nvme_page_of(uint64_t entry, uint64_t va)
{
	struct nvme_span span = { .dma = DMAMEM_NO_ADDRESS };

	if (likely(entry & ENTRY_VALUE)) {
		span.dma = run_dma(entry, va);
	} else if (entry & ENTRY_LEAF) {
		span.slots = leaf_slots(entry, va);
		span.complete = entry & ENTRY_COMPLETE;
		span.dma = load_page(span.slots);
		if (likely(nvme_span_registered(&span)))
			span.dma += va & (PAGE_SIZE - 1);
	}
	return span;
}

/* The bytes in one chunk, by pages where it has a leaf */
static inline struct nvme_span nvme_pages_at(const struct dmamem_map *map,
					     uint64_t va, uint64_t len)
{
	struct nvme_span span = { .dma = DMAMEM_NO_ADDRESS };
	uint64_t left = CHUNK_SIZE - (va & (CHUNK_SIZE - 1));

	if (likely(va < ADDRESS_END))
		span = nvme_page_of(nvme_chunk_entry(map, va), va);
	span.len = len < left ? len : left;
	return span;
}

/* The same pages of a chunk that an entry says all of; NULL if it has no leaf */
static inline const uint64_t *nvme_spare_slots(const struct dmamem_map *map,
					       uint64_t va)
{
	const uint64_t *leaf = NULL;

	if (map->resident)
		leaf = __atomic_load_n(&map->spares[va >> CHUNK_SHIFT],
				       __ATOMIC_ACQUIRE);
	return leaf ? leaf + page_index(va) : NULL;
}

#endif
