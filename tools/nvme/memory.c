// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pages for the driver's own use. Whatever the provider, they can be had.
 */
#include <dmamem/alloc.h>

#include "tools/nvme/memory.h"

int nvme_memory_alloc(struct dmamem_context *ctx, size_t nr_pages,
		      struct nvme_memory *memory)
{
	void *addr;
	int ret;

	ret = dmamem_alloc(ctx, nr_pages * NVME_PAGE_SIZE, 0, DMAMEM_ANY_NODE,
			   &addr);
	if (!ret)
		*memory = (struct nvme_memory){ ctx, addr };
	return ret;
}

void nvme_memory_free(struct nvme_memory *memory)
{
	if (memory->addr)
		dmamem_free(memory->ctx, memory->addr);
	memory->addr = NULL;
}

void *nvme_memory_page(const struct nvme_memory *memory, size_t index,
		       uint64_t *dma_addr)
{
	void *page = memory->addr + index * NVME_PAGE_SIZE;

	*dma_addr = dmamem_translate(memory->ctx, page, NULL);
	return page;
}
