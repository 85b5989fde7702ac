// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory for registrations, got beforehand.
 */
#include <errno.h>
#include <stdlib.h>

#include "libdmamem/context.h"

struct dmamem_registration *
dmamem_registration_alloc(struct dmamem_context *ctx)
{
	struct dmamem_registration *reg = calloc(1, sizeof(*reg));

	if (!reg) {
		reg = ctx->reserved;
		if (reg)
			ctx->reserved = reg->link;
	}
	return reg;
}

static void keep_record(struct dmamem_context *ctx,
			struct dmamem_registration *reg)
{
	reg->reserved = true;
	reg->link = ctx->reserved;
	ctx->reserved = reg;
}

void dmamem_registration_free(struct dmamem_context *ctx,
			      struct dmamem_registration *reg)
{
	if (reg->reserved)
		keep_record(ctx, reg);
	else
		free(reg);
}

/* Drop the first of the records kept, down to where @last is the first */
static void free_records(struct dmamem_context *ctx,
			 const struct dmamem_registration *last)
{
	struct dmamem_registration *reg;

	while ((reg = ctx->reserved) != last) {
		ctx->reserved = reg->link;
		free(reg);
	}
}

static int keep_records(struct dmamem_context *ctx, size_t nr)
{
	const struct dmamem_registration *before = ctx->reserved;
	struct dmamem_registration *reg;

	while (nr--) {
		reg = calloc(1, sizeof(*reg));
		if (!reg) {
			free_records(ctx, before);
			return -ENOMEM;
		}
		keep_record(ctx, reg);
	}
	return 0;
}

void dmamem_reserved_free(struct dmamem_context *ctx)
{
	free_records(ctx, NULL);
}

/* The one whose tables are pinned comes last: the others cost nothing unused */
static int reserve_tables(struct dmamem_context *ctx, uint64_t addr,
			  uint64_t len)
{
	int ret = dmamem_map_reserve(ctx->registration_map, addr, len);

	if (!ret && ctx->numa_map)
		ret = dmamem_map_reserve(ctx->numa_map, addr, len);
	return ret ? ret : dmamem_map_reserve(ctx->dma_map, addr, len);
}

static int reserve_locked(struct dmamem_context *ctx, uint64_t addr,
			  uint64_t len)
{
	size_t nr = ((addr + len - 1) >> CHUNK_SHIFT) - (addr >> CHUNK_SHIFT) + 1;
	const struct dmamem_registration *before = ctx->reserved;
	int ret;

	ctx->provider->explanation[0] = '\0';
	ret = keep_records(ctx, nr);
	if (ret)
		return dmamem_fail(ctx, ret, "out of memory");
	ret = reserve_tables(ctx, addr, len);
	if (ret) {
		free_records(ctx, before);
		dmamem_fail(ctx, ret, "cannot reserve for %#jx + %#jx: %s",
			    (uintmax_t)addr, (uintmax_t)len,
			    dmamem_provider_words(ctx, "no memory for tables"));
	}
	return ret;
}

int dmamem_reserve(struct dmamem_context *ctx, void *addr, size_t len)
{
	int ret = dmamem_check_range(ctx, addr, len);

	if (ret)
		return ret;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "reserve from a notify callback");
	ret = reserve_locked(ctx, (uintptr_t)addr, len);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}
