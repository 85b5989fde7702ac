// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The map of NUMA nodes: told of registrations like anybody else's map, but
 * first.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libdmamem/context.h"

/* Pages that the kernel is asked about at once */
#define NR_ASKED 512

/* Nodes of @nr pages from @addr on, negative where not known */
static void ask_nodes(uint64_t addr, uint64_t page_size, size_t nr, int *nodes)
{
	uintptr_t pages[NR_ASKED];

	for (size_t i = 0; i < nr; i++) {
		pages[i] = addr + i * page_size;
		nodes[i] = -1;
	}
	if (!syscall(SYS_move_pages, 0, nr, pages, NULL, nodes, 0))
		return;
	/* A kernel without NUMA has all memory on node 0 */
	for (size_t i = 0; i < nr; i++)
		nodes[i] = errno == ENOSYS ? 0 : -1;
}

/* Enter the pages of a batch, those with the same node in one go */
static int enter_nodes(struct dmamem_map *map, uint64_t addr,
		       uint64_t page_size, size_t nr, const int *nodes)
{
	size_t end;
	int ret = 0;

	for (size_t first = 0; !ret && first < nr; first = end) {
		for (end = first + 1; end < nr; end++)
			if (nodes[end] != nodes[first])
				break;
		if (nodes[first] < 0)
			continue;
		ret = dmamem_map_set(map, addr + first * page_size,
				     (end - first) * page_size, nodes[first]);
	}
	return ret;
}

static void numa_unregistered(void *arg, void *addr, size_t len)
{
	struct dmamem_context *ctx = arg;

	dmamem_map_clear(ctx->numa_map, (uintptr_t)addr, len);
}

static int numa_registered(void *arg, void *addr, size_t len)
{
	struct dmamem_context *ctx = arg;
	uint64_t page_size = ctx->provider->page_size;
	uint64_t start = (uintptr_t)addr;
	size_t nr, nr_pages = len / page_size;
	int nodes[NR_ASKED];
	int ret = 0;

	for (size_t i = 0; !ret && i < nr_pages; i += nr) {
		nr = nr_pages - i < NR_ASKED ? nr_pages - i : NR_ASKED;
		ask_nodes(start + i * page_size, page_size, nr, nodes);
		ret = enter_nodes(ctx->numa_map, start + i * page_size,
				  page_size, nr, nodes);
	}
	if (ret)
		numa_unregistered(arg, addr, len);
	return ret;
}

static const struct dmamem_notify_ops numa_ops = {
	.registered = numa_registered,
	.unregistered = numa_unregistered,
};

static int create_locked(struct dmamem_context *ctx)
{
	int ret;

	if (ctx->numa_map)
		return 0;
	ret = dmamem_map_create(DMAMEM_MAP_UNIFORM, DMAMEM_NO_NODE,
				&ctx->numa_map);
	if (ret)
		return dmamem_fail(ctx, ret, "no memory for tables");
	ret = dmamem_notify_add_first(ctx, &numa_ops, ctx);
	if (ret) {
		dmamem_map_free(ctx->numa_map);
		ctx->numa_map = NULL;
	}
	return ret;
}

int dmamem_numa_map(struct dmamem_context *ctx, const struct dmamem_map **map)
{
	int ret;

	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "NUMA map from a notify callback");
	ret = create_locked(ctx);
	if (!ret)
		*map = ctx->numa_map;
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}
