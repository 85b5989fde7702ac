/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The driver's own memory that the controller reads and writes: queues, list
 * pages, Identify data.
 */
#ifndef TOOLS_NVME_MEMORY_H
#define TOOLS_NVME_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/memory.h>

/* The controller's memory page, CC.MPS = 0 */
#define NVME_PAGE_SHIFT 12
#define NVME_PAGE_SIZE ((size_t)1 << NVME_PAGE_SHIFT)

struct nvme_memory {
	struct dmamem_context *ctx;
	char *addr;
};

/**
 * nvme_memory_alloc() - pages, zeroed and registered
 * @ctx: where their DMA addresses come from
 * @nr_pages: how many, of NVME_PAGE_SIZE
 * @memory: the pages. Only within a page are DMA addresses consecutive.
 *
 * Return: 0, -ENOMEM, or an error of dmamem_alloc().
 */
int nvme_memory_alloc(struct dmamem_context *ctx, size_t nr_pages,
		      struct nvme_memory *memory);

/**
 * nvme_memory_free() - give them back
 * @memory: from nvme_memory_alloc(), or all zero; no device uses it any more
 */
void nvme_memory_free(struct nvme_memory *memory);

/**
 * nvme_memory_page() - a page of it
 * @memory: from nvme_memory_alloc()
 * @index: which page
 * @dma_addr: its DMA address
 *
 * Return: its address.
 */
void *nvme_memory_page(const struct nvme_memory *memory, size_t index,
		       uint64_t *dma_addr);

#endif
