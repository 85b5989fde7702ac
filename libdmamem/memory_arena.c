// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory for the leaves of the DMA map. A leaf is an NVMe PRP list page, and a
 * controller can only read it if it lies in registered memory itself: the
 * memory is pinned where the device can use it.
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

/* What the provider has to say to a piece of memory of the library's own */
static int pin_arena(struct dmamem_provider *provider, void *mem, size_t len,
		     uint64_t *region, struct dmamem_run *runs, size_t nr)
{
	uint64_t addr = (uintptr_t)mem;
	int ret;

	ret = prepare(provider, mem, len);
	if (!ret)
		ret = provider->ops->pin(provider, addr, len, region);
	if (ret)
		return ret;
	ret = read_runs(provider, *region, addr, len, runs, nr);
	if (ret)
		provider->ops->unpin(provider, *region);
	return ret;
}

/*
 * Called with the DMA map's lock held. One chunk: it is entered completely, by
 * means of its own first leaf if need be, or not at all.
 *
 * What the provider or the device refuse here is no memory of the user's. The
 * leaves serve lookups all the same: no device can read them, and lists are
 * built elsewhere. Only who asked for resident lists must be told.
 */
int dmamem_arena_add(void *arg, void *mem, size_t len)
{
	struct dmamem_run runs[CHUNK_SIZE / PAGE_BYTES];
	struct dmamem_context *ctx = arg;
	struct dmamem_provider *provider = ctx->provider;
	struct dmamem_arena *arena = malloc(sizeof(*arena));
	int ret;

	if (!arena)
		return -ENOMEM;
	ret = pin_arena(provider, mem, len, &arena->region, runs,
			CHUNK_SIZE / PAGE_BYTES);
	if (ret && !ctx->dma_map->resident) {
		provider->explanation[0] = '\0';
		ret = 0;
		goto free;
	}
	if (ret)
		goto free;
	ret = dmamem_map_set_runs_locked(ctx->dma_map, (uintptr_t)mem, len,
					 runs);
	if (ret)
		goto unpin;
	arena->mem = mem;
	arena->next = ctx->arenas;
	ctx->arenas = arena;
	return 0;

unpin:
	provider->ops->unpin(provider, arena->region);
free:
	free(arena);
	return ret;
}

/* Called with the DMA map's lock held. The block may not be pinned */
void dmamem_arena_remove(void *arg, void *mem, size_t len)
{
	struct dmamem_context *ctx = arg;
	struct dmamem_arena **p = &ctx->arenas, *arena;

	while (*p && (*p)->mem != mem)
		p = &(*p)->next;
	arena = *p;
	if (!arena)
		return;
	*p = arena->next;
	dmamem_map_clear_locked(ctx->dma_map, (uintptr_t)mem, len);
	ctx->provider->ops->unpin(ctx->provider, arena->region);
	free(arena);
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
