// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Registering memory and unregistering it.
 */
#include <errno.h>
#include <stdlib.h>

#include "libdmamem/context.h"

static int check_range(const struct dmamem_context *ctx, uint64_t addr,
		       uint64_t len)
{
	if ((addr | len) & (ctx->provider->page_size - 1) || !len ||
	    addr + len < addr)
		return -EINVAL;
	return addr + len > ADDRESS_END ? -ERANGE : 0;
}

static struct dmamem_registration *
registration_at(const struct dmamem_context *ctx, uint64_t addr, uint64_t *len)
{
	return (struct dmamem_registration *)(uintptr_t)
		dmamem_map_translate(ctx->registration_map, addr, len);
}

static bool is_free(const struct dmamem_context *ctx, uint64_t addr,
		    uint64_t len)
{
	uint64_t left = len;

	/* The library's own memory is in the DMA map only */
	if (dmamem_map_translate(ctx->dma_map, addr, &left) !=
	    DMAMEM_NO_ADDRESS || left != len)
		return false;
	return !registration_at(ctx, addr, &left) && left == len;
}

/* The range was not set before: clearing it takes no memory, see map_write.c */
static void clear_maps(struct dmamem_context *ctx,
		       const struct dmamem_registration *reg)
{
	dmamem_map_clear(ctx->registration_map, reg->addr, reg->len);
	dmamem_map_clear(ctx->dma_map, reg->addr, reg->len);
}

static int fill_dma_map(struct dmamem_context *ctx,
			const struct dmamem_registration *reg)
{
	struct dmamem_provider *provider = ctx->provider;
	uint64_t start, offset = 0;
	int ret;

	while (offset < reg->len) {
		start = offset;
		ret = provider->ops->runs(provider, reg->region, &offset,
					  ctx->runs, DMAMEM_RUNS);
		if (ret)
			return ret;
		ret = dmamem_map_set_runs(ctx->dma_map, reg->addr + start,
					  offset - start, ctx->runs);
		if (ret)
			return ret;
	}
	return 0;
}

static int fill_maps(struct dmamem_context *ctx,
		     const struct dmamem_registration *reg)
{
	int ret;

	ret = fill_dma_map(ctx, reg);
	if (!ret)
		ret = dmamem_map_set(ctx->registration_map, reg->addr, reg->len,
				     (uintptr_t)reg);
	if (ret)
		clear_maps(ctx, reg);
	return ret;
}

static int register_range(struct dmamem_context *ctx, uint64_t addr,
			  uint64_t len)
{
	struct dmamem_provider *provider = ctx->provider;
	struct dmamem_registration *reg;
	int ret;

	if (!is_free(ctx, addr, len))
		return -EBUSY;
	reg = malloc(sizeof(*reg));
	if (!reg)
		return -ENOMEM;
	reg->addr = addr;
	reg->len = len;
	ret = provider->ops->pin(provider, addr, len, &reg->region);
	if (ret)
		goto free;
	ret = fill_maps(ctx, reg);
	if (ret)
		goto unpin;
	return 0;

unpin:
	provider->ops->unpin(provider, reg->region);
free:
	free(reg);
	return ret;
}

static void release(struct dmamem_context *ctx, struct dmamem_registration *reg)
{
	clear_maps(ctx, reg);
	ctx->provider->ops->unpin(ctx->provider, reg->region);
	free(reg);
}

/* Does the range consist of whole registrations? */
static int check_registered(const struct dmamem_context *ctx, uint64_t addr,
			    uint64_t len)
{
	const struct dmamem_registration *reg = registration_at(ctx, addr, NULL);
	uint64_t end = addr + len;

	if (reg && reg->addr != addr)
		return -ERANGE;
	for (; addr < end; addr = reg->addr + reg->len) {
		reg = registration_at(ctx, addr, NULL);
		if (!reg)
			return -EINVAL;
	}
	return addr == end ? 0 : -ERANGE;
}

static int unregister_range(struct dmamem_context *ctx, uint64_t addr,
			    uint64_t len)
{
	struct dmamem_registration *reg;
	uint64_t end = addr + len;
	int ret;

	ret = check_registered(ctx, addr, len);
	if (ret)
		return ret;
	while (end > addr) {
		reg = registration_at(ctx, end - 1, NULL);
		end = reg->addr;
		release(ctx, reg);
	}
	return 0;
}

void dmamem_release_all(struct dmamem_context *ctx)
{
	struct dmamem_registration *reg;
	uint64_t addr = 0, left;

	while (addr < ADDRESS_END) {
		left = ADDRESS_END - addr;
		reg = registration_at(ctx, addr, &left);
		addr += left;
		if (reg)
			release(ctx, reg);
	}
}

int dmamem_register(struct dmamem_context *ctx, void *addr, size_t len)
{
	int ret = check_range(ctx, (uintptr_t)addr, len);

	if (ret)
		return ret;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return -ret;
	ret = register_range(ctx, (uintptr_t)addr, len);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int dmamem_unregister(struct dmamem_context *ctx, void *addr, size_t len)
{
	int ret = check_range(ctx, (uintptr_t)addr, len);

	if (ret)
		return ret;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return -ret;
	ret = unregister_range(ctx, (uintptr_t)addr, len);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}
