// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Allocating registered memory and giving it back.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "libdmamem/alloc.h"
#include "libdmamem/alloc_gather.h"
#include "libdmamem/context.h"

#define MAX_NODE 1023
#define HUGE_2M (UINT64_C(2) << 20)
#define HUGE_1G (UINT64_C(1) << 30)
#define HUGE_FLAGS (DMAMEM_ALLOC_HUGE_2M | DMAMEM_ALLOC_HUGE_1G)
#define ALL_FLAGS (HUGE_FLAGS | DMAMEM_ALLOC_CONTIGUOUS | DMAMEM_ALLOC_SHARED)

/**
 * struct allocation - what dmamem_alloc() has returned
 * @mapping: the memory
 * @len: bytes of it that are registered
 */
struct allocation {
	struct dmamem_mapping mapping;
	size_t len;
};

/* An address within an allocation is equal to it */
static int compare(const void *a, const void *b)
{
	const struct allocation *x = a, *y = b;

	if (x->mapping.addr + x->mapping.len <= y->mapping.addr)
		return -1;
	return x->mapping.addr >= y->mapping.addr + y->mapping.len;
}

static struct allocation *find(struct dmamem_context *ctx, const void *addr)
{
	const struct allocation key = {
		.mapping = { .addr = (char *)addr, .len = 1 },
	};
	struct allocation **found;

	found = tfind(&key, &ctx->allocations, compare);
	return found ? *found : NULL;
}

static int remember(struct dmamem_context *ctx, struct allocation *allocation)
{
	int ret = 0;

	pthread_mutex_lock(&ctx->allocations_lock);
	if (!tsearch(allocation, &ctx->allocations, compare))
		ret = -ENOMEM;
	pthread_mutex_unlock(&ctx->allocations_lock);
	return ret;
}

static void free_one(void *allocation)
{
	dmamem_mapping_free(&((struct allocation *)allocation)->mapping);
	free(allocation);
}

void dmamem_allocations_free(void *allocations)
{
	tdestroy(allocations, free_one);
}

static int register_new(struct dmamem_context *ctx,
			struct allocation *allocation, uint64_t flags)
{
	char *addr = allocation->mapping.addr;
	const struct dmamem_registration wanted = {
		.addr = (uintptr_t)addr,
		.len = allocation->len,
		.contiguous = flags & DMAMEM_ALLOC_CONTIGUOUS,
	};
	int ret;

	ret = dmamem_register_as(ctx, &wanted);
	if (ret)
		return ret;
	ret = remember(ctx, allocation);
	if (ret) {
		dmamem_unregister(ctx, addr, allocation->len);
		dmamem_fail(ctx, ret, "out of memory");
	}
	return ret;
}

static int explain_mapping(struct dmamem_context *ctx, size_t size,
			   const struct dmamem_backing *backing, int ret)
{
	if (ret == -EINVAL)
		return dmamem_fail(ctx, ret, "there is no NUMA node %d",
				   backing->node);
	return dmamem_fail(ctx, ret, "no %s memory for %zu bytes%s",
			   backing->hugetlb_size ? "hugetlb" : "ordinary", size,
			   backing->node < 0 ? "" : " on that NUMA node");
}

static int create_mapping(struct dmamem_context *ctx, size_t size,
			  const struct dmamem_backing *backing, bool gather,
			  struct dmamem_mapping *mapping)
{
	int ret;

	if (gather)
		return dmamem_gather(ctx, backing, size, mapping);
	ret = dmamem_mapping_create(backing, size, mapping);
	return ret ? explain_mapping(ctx, size, backing, ret) : 0;
}

static int try_backing(struct dmamem_context *ctx, size_t size, uint64_t flags,
		       const struct dmamem_backing *backing, bool gather,
		       void **addr)
{
	uint64_t unit = ctx->provider->page_size;
	struct allocation *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dmamem_fail(ctx, -ENOMEM, "out of memory");
	ret = create_mapping(ctx, size, backing, gather, &new->mapping);
	if (ret) {
		free(new);
		return ret;
	}
	new->len = (size + unit - 1) & ~(unit - 1);
	if (backing->hugetlb_size)
		new->len = new->mapping.len;
	ret = register_new(ctx, new, flags);
	if (ret) {
		free_one(new);
		return ret;
	}
	*addr = new->mapping.addr;
	return 0;
}

static int check(struct dmamem_context *ctx, size_t size, uint64_t flags,
		 int node)
{
	int ret = dmamem_check_owner(ctx);

	if (ret)
		return ret;
	if (!size)
		return dmamem_fail(ctx, -EINVAL, "no bytes are asked for");
	if (flags & ~(uint64_t)ALL_FLAGS ||
	    (flags & HUGE_FLAGS) == HUGE_FLAGS)
		return dmamem_fail(ctx, -EINVAL, "flags: %#jx make no sense",
				   (uintmax_t)flags);
	if (node < DMAMEM_ANY_NODE || node > MAX_NODE)
		return dmamem_fail(ctx, -EINVAL, "there is no NUMA node %d",
				   node);
	return 0;
}

/* Kinds of memory to try, best first; returns how many */
static size_t list_kinds(const struct dmamem_context *ctx, uint64_t flags,
			 uint64_t kinds[3])
{
	uint64_t only = ctx->provider->hugetlb_size;
	size_t nr = 0;

	if (flags & DMAMEM_ALLOC_HUGE_2M)
		kinds[nr++] = HUGE_2M;
	else if (flags & DMAMEM_ALLOC_HUGE_1G)
		kinds[nr++] = HUGE_1G;
	else
		kinds[nr++] = only;
	if (nr && flags & HUGE_FLAGS)
		return nr;
	if (flags & DMAMEM_ALLOC_CONTIGUOUS) {
		if (!only)
			kinds[nr++] = HUGE_2M;
		kinds[nr++] = HUGE_1G;
	}
	return nr;
}

/* Moving pages about in a file would make its offsets mean other memory */
static bool may_gather(const struct dmamem_backing *backing)
{
	return backing->chunks && !backing->shared &&
	       backing->hugetlb_size <= HUGE_2M;
}

/* Is one run wanted, and this one is none, or not where the device reaches? */
static bool is_wrong_run(int ret, uint64_t flags)
{
	return ret == -ENOBUFS ||
	       (ret == -ERANGE && flags & DMAMEM_ALLOC_CONTIGUOUS);
}

static int try_kind(struct dmamem_context *ctx, size_t size, uint64_t flags,
		    const struct dmamem_backing *backing, void **addr)
{
	int ret = try_backing(ctx, size, flags, backing, false, addr);

	if (is_wrong_run(ret, flags) && may_gather(backing))
		ret = try_backing(ctx, size, flags, backing, true, addr);
	return ret;
}

int dmamem_alloc(struct dmamem_context *ctx, size_t size, uint64_t flags,
		 int node, void **addr)
{
	struct dmamem_backing backing = {
		.shared = flags & DMAMEM_ALLOC_SHARED,
		.node = node,
	};
	char words[DMAMEM_EXPLANATION_SIZE];
	uint64_t kinds[3];
	int ret, first = 0;
	size_t i, nr;

	ret = check(ctx, size, flags, node);
	if (ret)
		return ret;
	backing.chunks = flags & DMAMEM_ALLOC_CONTIGUOUS &&
			 size > ctx->provider->page_size &&
			 ctx->provider->mode == DMAMEM_IOVA_PA;
	nr = list_kinds(ctx, flags, kinds);
	for (i = 0; i < nr; i++) {
		backing.hugetlb_size = kinds[i];
		ret = try_kind(ctx, size, flags, &backing, addr);
		if (!ret || (!is_wrong_run(ret, flags) && ret != -ENOMEM))
			return ret;
		if (first)
			continue;
		first = ret;
		dmamem_explain(ctx, words, sizeof(words));
	}
	/* What was asked for failed for this, not for what came after it */
	return dmamem_fail(ctx, first, "%s", words);
}

/* Out of the tree first: nobody else can free it, then */
static struct allocation *forget(struct dmamem_context *ctx, const void *addr)
{
	struct allocation *allocation;

	pthread_mutex_lock(&ctx->allocations_lock);
	allocation = find(ctx, addr);
	if (allocation && allocation->mapping.addr != addr)
		allocation = NULL;
	if (allocation)
		tdelete(allocation, &ctx->allocations, compare);
	pthread_mutex_unlock(&ctx->allocations_lock);
	return allocation;
}

int dmamem_free(struct dmamem_context *ctx, void *addr)
{
	struct allocation *allocation;
	int ret;

	if (!addr)
		return 0;
	ret = dmamem_check_owner(ctx);
	if (ret)
		return ret;
	allocation = forget(ctx, addr);
	if (!allocation)
		return dmamem_fail(ctx, -EINVAL, "%p is not allocated", addr);
	ret = dmamem_unregister(ctx, addr, allocation->len);
	if (ret) {
		remember(ctx, allocation);
		return ret;
	}
	free_one(allocation);
	return 0;
}

int dmamem_get_file(struct dmamem_context *ctx, const void *addr, int *fd,
		    uint64_t *offset)
{
	struct allocation *allocation;
	int ret = -EINVAL;

	pthread_mutex_lock(&ctx->allocations_lock);
	allocation = find(ctx, addr);
	if (allocation && allocation->mapping.fd < 0)
		ret = -EOPNOTSUPP;
	if (allocation && allocation->mapping.fd >= 0) {
		*fd = allocation->mapping.fd;
		*offset = (const char *)addr - allocation->mapping.addr;
		ret = 0;
	}
	pthread_mutex_unlock(&ctx->allocations_lock);
	if (ret)
		dmamem_fail(ctx, ret, ret == -EINVAL ? "%p is not allocated" :
			    "%p is not shared", addr);
	return ret;
}
