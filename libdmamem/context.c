// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Making contexts and closing them.
 */
#include <errno.h>
#include <stdlib.h>

#include "libdmamem/alloc.h"
#include "libdmamem/context.h"

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int ret;

	ret = pthread_mutexattr_init(&attr);
	if (ret)
		return -ret;
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
	ret = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -ret;
}

static int create_maps(struct dmamem_context *ctx, uint64_t flags)
{
	struct dmamem_map_config config = {
		.resident = flags & DMAMEM_OPEN_RESIDENT_LISTS,
		.leaves_added = dmamem_arena_add,
		.leaves_removed = dmamem_arena_remove,
		.arg = ctx,
	};
	int ret;

	ret = dmamem_map_create_config(DMAMEM_MAP_LINEAR, DMAMEM_NO_ADDRESS,
				       &config, &ctx->dma_map);
	if (ret)
		return ret;
	ret = dmamem_map_create(DMAMEM_MAP_UNIFORM, 0, &ctx->registration_map);
	if (ret)
		dmamem_map_free(ctx->dma_map);
	return ret;
}

int dmamem_context_create(struct dmamem_provider *provider,
			  const struct dmamem_options *options,
			  struct dmamem_context **ctx)
{
	struct dmamem_context *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	new->provider = provider;
	new->adopts = options->flags & DMAMEM_OPEN_MODULE_FD;
	ret = init_lock(&new->lock);
	if (ret)
		goto free;
	ret = -pthread_mutex_init(&new->explain_lock, NULL);
	if (ret)
		goto destroy_lock;
	ret = -pthread_mutex_init(&new->allocations_lock, NULL);
	if (ret)
		goto destroy_explain_lock;
	ret = create_maps(new, options->flags);
	if (ret)
		goto destroy_allocations_lock;
	*ctx = new;
	return 0;

destroy_allocations_lock:
	pthread_mutex_destroy(&new->allocations_lock);
destroy_explain_lock:
	pthread_mutex_destroy(&new->explain_lock);
destroy_lock:
	pthread_mutex_destroy(&new->lock);
free:
	free(new);
	return ret;
}

int dmamem_check_owner(struct dmamem_context *ctx)
{
	const struct dmamem_provider *provider = ctx->provider;

	if (dmamem_provider_is_owned(provider))
		return 0;
	return dmamem_fail(ctx, -EIO,
			   "the context was opened by process %d, whose memory it is for: open another one",
			   (int)provider->owner);
}

static int close_registrations(struct dmamem_context *ctx)
{
	int ret;

	/* A thread that only the parent has may have held the lock */
	if (!dmamem_provider_is_owned(ctx->provider)) {
		dmamem_forget_all(ctx);
		return 0;
	}
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "close from a notify callback");
	dmamem_release_all(ctx);
	pthread_mutex_unlock(&ctx->lock);
	return 0;
}

int dmamem_close(struct dmamem_context *ctx)
{
	int ret;

	if (!ctx)
		return 0;
	ret = close_registrations(ctx);
	if (ret)
		return ret;

	dmamem_notify_free_all(ctx);
	dmamem_reserved_free(ctx);
	dmamem_allocations_free(ctx->allocations);
	dmamem_arenas_release(ctx);
	dmamem_map_free(ctx->numa_map);
	dmamem_map_free(ctx->registration_map);
	dmamem_map_free(ctx->dma_map);
	pthread_mutex_destroy(&ctx->allocations_lock);
	pthread_mutex_destroy(&ctx->explain_lock);
	pthread_mutex_destroy(&ctx->lock);
	ctx->provider->ops->close(ctx->provider);
	free(ctx);
	return 0;
}

const struct dmamem_map *dmamem_dma_map(const struct dmamem_context *ctx)
{
	return ctx->dma_map;
}

const struct dmamem_map *
dmamem_registration_map(const struct dmamem_context *ctx)
{
	return ctx->registration_map;
}
