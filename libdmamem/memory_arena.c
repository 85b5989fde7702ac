// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory for the leaves of the DMA map. A leaf is an NVMe PRP list page, and a
 * controller can only read it if it lies in registered memory itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "libdmamem/context.h"
#include "libdmamem/hugetlb.h"

static int read_runs(struct dmamem_provider *provider, uint64_t region,
		     uint64_t addr, uint64_t len, struct dmamem_run *runs,
		     size_t nr)
{
	uint64_t offset = 0;
	int ret;

	ret = dmamem_provider_runs(provider, region, addr, &offset, runs, nr);
	if (!ret && offset != len)
		ret = -EIO;
	return ret;
}

static int prepare(struct dmamem_provider *provider, void *mem, size_t len)
{
	if (provider->hugetlb_size)
		return dmamem_hugetlb_replace(mem, len, provider->hugetlb_size);
	/* Fewer runs, and cheaper to pin. Best effort */
	madvise(mem, len, MADV_HUGEPAGE);
	return 0;
}

/*
 * Called with the DMA map's lock held. One chunk: it is entered completely, by
 * means of its own first leaf if need be, or not at all.
 */
int dmamem_arena_add(void *arg, void *mem, size_t len)
{
	struct dmamem_run runs[CHUNK_SIZE / PAGE_SIZE];
	struct dmamem_context *ctx = arg;
	struct dmamem_provider *provider = ctx->provider;
	struct dmamem_arena *arena = malloc(sizeof(*arena));
	uint64_t addr = (uintptr_t)mem;
	int ret;

	if (!arena)
		return -ENOMEM;
	ret = prepare(provider, mem, len);
	if (ret)
		goto free;
	ret = provider->ops->pin(provider, addr, len, &arena->region);
	if (ret)
		goto free;
	ret = read_runs(provider, arena->region, addr, len, runs,
			CHUNK_SIZE / PAGE_SIZE);
	if (ret)
		goto unpin;
	ret = dmamem_map_set_runs_locked(ctx->dma_map, addr, len, runs);
	if (ret)
		goto unpin;
	arena->next = ctx->arenas;
	ctx->arenas = arena;
	return 0;

unpin:
	provider->ops->unpin(provider, arena->region);
free:
	free(arena);
	return ret;
}

void dmamem_arenas_release(struct dmamem_context *ctx)
{
	struct dmamem_arena *arena;

	while ((arena = ctx->arenas)) {
		ctx->arenas = arena->next;
		ctx->provider->ops->unpin(ctx->provider, arena->region);
		free(arena);
	}
}
