// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Telling others of registrations, in the order in which they asked for it, but
 * maps of the context before them: callbacks may read those.
 */
#include <errno.h>
#include <stdlib.h>

#include "libdmamem/context.h"

static int tell(const struct dmamem_notify *notify,
		const struct dmamem_registration *reg)
{
	return notify->ops.registered(notify->arg,
				      (void *)(uintptr_t)reg->addr, reg->len);
}

static void tell_back(const struct dmamem_notify *notify,
		      const struct dmamem_registration *reg)
{
	notify->ops.unregistered(notify->arg, (void *)(uintptr_t)reg->addr,
				 reg->len);
}

static int fail_refused(struct dmamem_context *ctx, int error,
			const struct dmamem_registration *reg)
{
	return dmamem_fail(ctx, error,
			   "a notify callback refused %#jx + %#jx with %d",
			   (uintmax_t)reg->addr, (uintmax_t)reg->len, error);
}

/* Tell everyone; when one refuses, those told before are told back */
int dmamem_notify_registered(struct dmamem_context *ctx,
			     const struct dmamem_registration *reg)
{
	struct dmamem_notify *notify;
	int ret;

	for (notify = ctx->first_notify; notify; notify = notify->next) {
		ret = tell(notify, reg);
		if (ret)
			break;
	}
	if (!notify)
		return 0;
	while ((notify = notify->prev))
		tell_back(notify, reg);
	return fail_refused(ctx, ret, reg);
}

void dmamem_notify_unregistered(struct dmamem_context *ctx,
				const struct dmamem_registration *reg)
{
	struct dmamem_notify *notify;

	for (notify = ctx->last_notify; notify; notify = notify->prev)
		tell_back(notify, reg);
}

/* Tell back of all registrations below @end, in the reverse of their order */
static void tell_back_below(const struct dmamem_context *ctx,
			    const struct dmamem_notify *notify, uint64_t end)
{
	struct dmamem_registration *reg, *last = NULL;
	uint64_t addr = 0;

	while ((reg = dmamem_registration_next(ctx, addr)) && reg->addr < end) {
		reg->link = last;
		last = reg;
		addr = reg->addr + reg->len;
	}
	for (; last; last = last->link)
		tell_back(notify, last);
}

static int tell_all(struct dmamem_context *ctx,
		    const struct dmamem_notify *notify)
{
	struct dmamem_registration *reg;
	uint64_t addr = 0;
	int ret;

	while ((reg = dmamem_registration_next(ctx, addr))) {
		ret = tell(notify, reg);
		if (ret) {
			tell_back_below(ctx, notify, reg->addr);
			return fail_refused(ctx, ret, reg);
		}
		addr = reg->addr + reg->len;
	}
	return 0;
}

static void append(struct dmamem_context *ctx, struct dmamem_notify *notify)
{
	notify->prev = ctx->last_notify;
	if (notify->prev)
		notify->prev->next = notify;
	else
		ctx->first_notify = notify;
	ctx->last_notify = notify;
}

static void take_out(struct dmamem_context *ctx, struct dmamem_notify *notify)
{
	if (notify->prev)
		notify->prev->next = notify->next;
	else
		ctx->first_notify = notify->next;
	if (notify->next)
		notify->next->prev = notify->prev;
	else
		ctx->last_notify = notify->prev;
}

static void prepend(struct dmamem_context *ctx, struct dmamem_notify *notify)
{
	notify->next = ctx->first_notify;
	if (notify->next)
		notify->next->prev = notify;
	else
		ctx->last_notify = notify;
	ctx->first_notify = notify;
}

static int create(struct dmamem_context *ctx,
		  const struct dmamem_notify_ops *ops, void *arg, bool first,
		  struct dmamem_notify **notify)
{
	struct dmamem_notify *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return dmamem_fail(ctx, -ENOMEM, "out of memory");
	new->ops = *ops;
	new->arg = arg;
	ret = tell_all(ctx, new);
	if (ret) {
		free(new);
		return ret;
	}
	if (first)
		prepend(ctx, new);
	else
		append(ctx, new);
	*notify = new;
	return 0;
}

int dmamem_notify_add_first(struct dmamem_context *ctx,
			    const struct dmamem_notify_ops *ops, void *arg)
{
	struct dmamem_notify *notify;

	return create(ctx, ops, arg, true, &notify);
}

int dmamem_notify_add(struct dmamem_context *ctx,
		      const struct dmamem_notify_ops *ops, void *arg,
		      struct dmamem_notify **notify)
{
	int ret;

	if (!ops->registered || !ops->unregistered)
		return dmamem_fail(ctx, -EINVAL, "a notify callback is missing");
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "adding from a notify callback");
	ret = create(ctx, ops, arg, false, notify);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int dmamem_notify_remove(struct dmamem_context *ctx,
			 struct dmamem_notify *notify)
{
	int ret;

	if (!notify)
		return 0;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "removing from a notify callback");
	tell_back_below(ctx, notify, ADDRESS_END);
	take_out(ctx, notify);
	free(notify);
	pthread_mutex_unlock(&ctx->lock);
	return 0;
}

void dmamem_notify_free_all(struct dmamem_context *ctx)
{
	struct dmamem_notify *next;

	for (; ctx->first_notify; ctx->first_notify = next) {
		next = ctx->first_notify->next;
		free(ctx->first_notify);
	}
}
