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

/**
 * struct nvme_place - what the map says of an address below 2^48
 * @in_run: one value that is told outside of the slots says all of its chunk
 * @dma: if so, its DMA address
 * @entry: if not, the slot of its chunk: a value, a leaf, or 0
 */
struct nvme_place {
	bool in_run;
	union {
		uint64_t dma;
		uint64_t entry;
	};
};

static inline struct nvme_place nvme_run(uint64_t dma, uint64_t offset)
{
	return (struct nvme_place){ .in_run = true, .dma = dma + offset };
}

static inline struct nvme_place nvme_place_of(const struct dmamem_map *map,
					      uint64_t va)
{
	uint64_t entry = load_index(map->root, va >> GIB_SHIFT);
	uint32_t packed;

	if (unlikely(entry != ENTRY_TABLE)) {
		if (!entry)
			return (struct nvme_place){ .entry = 0 };
		return nvme_run(entry - ENTRY_VALUE, va & (GIB_SIZE - 1));
	}
	packed = load_packed(map->packed, va >> CHUNK_SHIFT);
	if (likely(packed))
		return nvme_run(packed_value(packed), va & (CHUNK_SIZE - 1));
	entry = load_index(map->slots, va >> CHUNK_SHIFT);
	return (struct nvme_place){ .entry = entry };
}

/* What a slot with a value says of an address */
static inline uint64_t slot_dma(uint64_t entry, uint64_t va)
{
	return entry - ENTRY_VALUE + (va & (CHUNK_SIZE - 1));
}

/* What a leaf says of the page of an address, and of the next */
static inline const uint64_t *leaf_slots(uint64_t entry, uint64_t va)
{
	return entry_leaf(entry) + page_index(va);
}

/* One page; @len is not set */
static inline struct nvme_span nvme_page_at(const struct dmamem_map *map,
					    uint64_t va)
{
	struct nvme_span span = { .dma = DMAMEM_NO_ADDRESS };
	struct nvme_place place = nvme_place_of(map, va);

	if (likely(place.in_run)) {
		span.dma = place.dma;
	} else if (place.entry & ENTRY_VALUE) {
		span.dma = slot_dma(place.entry, va);
	} else if (place.entry) {
		span.slots = leaf_slots(place.entry, va);
		span.complete = place.entry & ENTRY_COMPLETE;
		span.dma = load_page(span.slots);
		if (likely(nvme_span_registered(&span)))
			span.dma += va & (PAGE_BYTES - 1);
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
		span = nvme_page_at(map, va);
	span.len = len < left ? len : left;
	return span;
}

/* The leaf of a chunk that an entry says all of, with its index, or 0 */
static inline uint64_t nvme_spare_leaf(const struct dmamem_map *map,
				       uint64_t va)
{
	return map->resident ? load_index(map->spares, va >> CHUNK_SHIFT) : 0;
}

#endif
