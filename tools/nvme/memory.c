// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Ordinary pages for the driver's own use, registered with libdmamem.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/nvme/memory.h"

int nvme_memory_alloc(struct dmamem_context *ctx, size_t nr_pages,
		      struct nvme_memory *memory)
{
	size_t unit = sysconf(_SC_PAGESIZE);
	size_t len = (nr_pages * NVME_PAGE_SIZE + unit - 1) / unit * unit;
	void *addr;
	int ret;

	addr = mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (addr == MAP_FAILED)
		return -ENOMEM;

	ret = dmamem_register(ctx, addr, len);
	if (ret) {
		munmap(addr, len);
		return ret;
	}
	*memory = (struct nvme_memory){ ctx, addr, len };
	return 0;
}

void nvme_memory_free(struct nvme_memory *memory)
{
	if (!memory->addr)
		return;
	dmamem_unregister(memory->ctx, memory->addr, memory->len);
	munmap(memory->addr, memory->len);
	memory->addr = NULL;
}

void *nvme_memory_page(const struct nvme_memory *memory, size_t index,
		       uint64_t *dma_addr)
{
	void *page = memory->addr + index * NVME_PAGE_SIZE;

	*dma_addr = dmamem_translate(memory->ctx, page, NULL);
	return page;
}
