// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Registering memory and unregistering it.
 */
#include <errno.h>
#include <string.h>

#include "libdmamem/context.h"

int dmamem_check_range(struct dmamem_context *ctx, const void *addr, size_t len)
{
	uint64_t start = (uintptr_t)addr, unit = ctx->provider->page_size;
	int ret = dmamem_check_owner(ctx);

	if (ret)
		return ret;
	if ((start | len) & (unit - 1) || !len || start + len < start)
		return dmamem_fail(ctx, -EINVAL,
				   "%#jx + %#jx is not a range of %ju byte pages",
				   (uintmax_t)start, (uintmax_t)len,
				   (uintmax_t)unit);
	if (start + len > ADDRESS_END)
		return dmamem_fail(ctx, -EINVAL, "%#jx + %#jx is beyond 48 bits",
				   (uintmax_t)start, (uintmax_t)len);
	return 0;
}

struct dmamem_registration *
dmamem_registration_at(const struct dmamem_context *ctx, uint64_t addr,
		       uint64_t *len)
{
	uintptr_t id = dmamem_map_translate(ctx->registration_map, addr, len);

	return (struct dmamem_registration *)id;
}

/* The first registration that has a byte at @addr or above */
struct dmamem_registration *
dmamem_registration_next(const struct dmamem_context *ctx, uint64_t addr)
{
	struct dmamem_registration *reg = NULL;
	uint64_t left;

	for (; !reg && addr < ADDRESS_END; addr += left) {
		left = ADDRESS_END - addr;
		reg = dmamem_registration_at(ctx, addr, &left);
	}
	return reg;
}

/* The first address of a range that something is at, or the range's end */
static uint64_t first_taken(const struct dmamem_context *ctx, uint64_t addr,
			    uint64_t len)
{
	uint64_t left = len;

	if (dmamem_registration_at(ctx, addr, &left))
		return addr;
	/* The library's own memory is in the DMA map only */
	if (dmamem_map_translate(ctx->dma_map, addr, &left) !=
	    DMAMEM_NO_ADDRESS)
		return addr;
	return addr + left;
}

/* The range was not set before: clearing it takes no memory, see map_write.c */
static void clear_maps(struct dmamem_context *ctx,
		       const struct dmamem_registration *reg)
{
	dmamem_map_clear(ctx->registration_map, reg->addr, reg->len);
	dmamem_map_clear(ctx->dma_map, reg->addr, reg->len);
}

/* Why the provider failed, or @otherwise if it has not said or did not */
const char *dmamem_provider_words(const struct dmamem_context *ctx,
				  const char *otherwise)
{
	const char *words = ctx->provider->explanation;

	return *words ? words : otherwise;
}

static int fill_dma_map(struct dmamem_context *ctx,
			const struct dmamem_registration *reg)
{
	struct dmamem_provider *provider = ctx->provider;
	uint64_t start, offset = 0;
	int ret;

	while (offset < reg->len) {
		start = offset;
		ret = dmamem_provider_runs(provider, reg->region, reg->addr,
					   &offset, ctx->runs, DMAMEM_RUNS);
		if (!ret && reg->contiguous && ctx->runs[0].len < reg->len)
			ret = dmamem_because(provider->explanation, -ENOBUFS,
					     "the memory is not one run");
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
	if (ret) {
		clear_maps(ctx, reg);
		dmamem_fail(ctx, ret, "cannot enter %#jx + %#jx: %s",
			    (uintmax_t)reg->addr, (uintmax_t)reg->len,
			    dmamem_provider_words(ctx, "no memory for tables"));
	}
	return ret;
}

static int pin_pages(struct dmamem_context *ctx, struct dmamem_registration *reg)
{
	struct dmamem_provider *provider = ctx->provider;
	int ret;

	provider->explanation[0] = '\0';
	ret = provider->ops->pin(provider, reg->addr, reg->len, &reg->region);
	if (ret)
		dmamem_fail(ctx, ret, "cannot pin %#jx + %#jx: %s",
			    (uintmax_t)reg->addr, (uintmax_t)reg->len,
			    dmamem_provider_words(ctx, strerrordesc_np(-ret)));
	return ret;
}

static const struct dmamem_registration *
registration_of(const struct dmamem_context *ctx, uint64_t region)
{
	const struct dmamem_registration *reg;
	uint64_t addr = 0;

	while ((reg = dmamem_registration_next(ctx, addr))) {
		if (reg->region == region)
			break;
		addr = reg->addr + reg->len;
	}
	return reg;
}

static int adopt_pages(struct dmamem_context *ctx,
		       const struct dmamem_registration *reg)
{
	struct dmamem_provider *provider = ctx->provider;
	int ret;

	if (registration_of(ctx, reg->region))
		return dmamem_fail(ctx, -EBUSY, "region %ju is registered already",
				   (uintmax_t)reg->region);
	provider->explanation[0] = '\0';
	ret = provider->ops->adopt(provider, reg->region, reg->len);
	if (ret)
		dmamem_fail(ctx, ret, "cannot adopt region %ju: %s",
			    (uintmax_t)reg->region,
			    dmamem_provider_words(ctx, strerrordesc_np(-ret)));
	return ret;
}

static int enter(struct dmamem_context *ctx, struct dmamem_registration *reg)
{
	int ret;

	ret = reg->adopted ? adopt_pages(ctx, reg) : pin_pages(ctx, reg);
	if (ret)
		return ret;
	ret = fill_maps(ctx, reg);
	if (ret)
		goto unpin;
	ret = dmamem_notify_registered(ctx, reg);
	if (ret)
		goto clear;
	return 0;

clear:
	clear_maps(ctx, reg);
unpin:
	if (!reg->adopted)
		ctx->provider->ops->unpin(ctx->provider, reg->region);
	return ret;
}

static int register_range(struct dmamem_context *ctx,
			  const struct dmamem_registration *wanted)
{
	uint64_t taken = first_taken(ctx, wanted->addr, wanted->len);
	struct dmamem_registration *reg;
	int ret;

	if (taken < wanted->addr + wanted->len)
		return dmamem_fail(ctx, -EBUSY, "%#jx is registered already",
				   (uintmax_t)taken);
	reg = dmamem_registration_alloc(ctx);
	if (!reg)
		return dmamem_fail(ctx, -ENOMEM, "out of memory");
	reg->addr = wanted->addr;
	reg->len = wanted->len;
	reg->region = wanted->region;
	reg->contiguous = wanted->contiguous;
	reg->adopted = wanted->adopted;
	ret = enter(ctx, reg);
	if (ret)
		dmamem_registration_free(ctx, reg);
	return ret;
}

static void release(struct dmamem_context *ctx, struct dmamem_registration *reg)
{
	dmamem_notify_unregistered(ctx, reg);
	clear_maps(ctx, reg);
	ctx->provider->ops->unpin(ctx->provider, reg->region);
	dmamem_registration_free(ctx, reg);
}

/* Does the range consist of whole registrations? */
static int check_registered(struct dmamem_context *ctx, uint64_t addr,
			    uint64_t len)
{
	const struct dmamem_registration *reg;
	uint64_t end = addr + len;

	reg = dmamem_registration_at(ctx, addr, NULL);
	if (reg && reg->addr != addr)
		return dmamem_fail(ctx, -ERANGE,
				   "the registration starts at %#jx, not %#jx",
				   (uintmax_t)reg->addr, (uintmax_t)addr);
	while (addr < end) {
		reg = dmamem_registration_at(ctx, addr, NULL);
		if (!reg)
			return dmamem_fail(ctx, -EINVAL, "%#jx is not registered",
					   (uintmax_t)addr);
		addr = reg->addr + reg->len;
	}
	if (addr > end)
		return dmamem_fail(ctx, -ERANGE,
				   "the registration ends at %#jx, not %#jx",
				   (uintmax_t)addr, (uintmax_t)end);
	return 0;
}

static int unregister_range(struct dmamem_context *ctx, uint64_t addr,
			    uint64_t len)
{
	struct dmamem_registration *reg;
	uint64_t end = addr + len;
	int ret;

	ret = check_registered(ctx, addr, len);
	while (!ret && addr < end) {
		reg = dmamem_registration_at(ctx, addr, NULL);
		addr += reg->len;
		release(ctx, reg);
	}
	return ret;
}

void dmamem_release_all(struct dmamem_context *ctx)
{
	struct dmamem_registration *reg;
	uint64_t addr = 0;

	while ((reg = dmamem_registration_next(ctx, addr))) {
		addr = reg->addr + reg->len;
		release(ctx, reg);
	}
}

/*
 * In the child of a fork() the registrations are the parent's, and so are
 * leaves in hugetlb memory: nothing is told, cleared or unpinned.
 */
void dmamem_forget_all(struct dmamem_context *ctx)
{
	struct dmamem_registration *reg;
	uint64_t addr = 0;

	while ((reg = dmamem_registration_next(ctx, addr))) {
		addr = reg->addr + reg->len;
		ctx->provider->ops->unpin(ctx->provider, reg->region);
		dmamem_registration_free(ctx, reg);
	}
}

int dmamem_register_as(struct dmamem_context *ctx,
		       const struct dmamem_registration *wanted)
{
	int ret;

	ret = dmamem_check_range(ctx, (void *)(uintptr_t)wanted->addr,
				 wanted->len);
	if (ret)
		return ret;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "register from a notify callback");
	ret = register_range(ctx, wanted);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int dmamem_register(struct dmamem_context *ctx, void *addr, size_t len)
{
	const struct dmamem_registration wanted = {
		.addr = (uintptr_t)addr,
		.len = len,
	};

	return dmamem_register_as(ctx, &wanted);
}

int dmamem_unregister(struct dmamem_context *ctx, void *addr, size_t len)
{
	int ret = dmamem_check_range(ctx, addr, len);

	if (ret)
		return ret;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret,
				   "unregister from a notify callback");
	ret = unregister_range(ctx, (uintptr_t)addr, len);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

uint64_t dmamem_translate(const struct dmamem_context *ctx, const void *addr,
			  uint64_t *len)
{
	return map_translate(ctx->dma_map, (uintptr_t)addr, len);
}
