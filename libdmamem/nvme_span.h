/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A piece of memory as an NVMe controller is to be told of it.
 */
#ifndef DMAMEM_NVME_SPAN_H
#define DMAMEM_NVME_SPAN_H

#include <stdbool.h>
#include <stdint.h>

#include <dmamem/map.h>
#include <dmamem/memory.h>

/**
 * struct nvme_span - DMA addresses of the first part of a piece of memory
 * @dma: of the first byte, DMAMEM_NO_ADDRESS where nothing is registered
 * @len: bytes that are consecutive for the device, not 0
 */
struct nvme_span {
	uint64_t dma;
	uint64_t len;
};

static inline struct nvme_span nvme_span_at(const struct dmamem_map *map,
					    uint64_t addr, uint64_t len)
{
	struct nvme_span span = { .len = len };

	span.dma = dmamem_map_translate(map, addr, &span.len);
	return span;
}

static inline bool nvme_span_registered(const struct nvme_span *span)
{
	return span->dma != DMAMEM_NO_ADDRESS;
}

#endif
