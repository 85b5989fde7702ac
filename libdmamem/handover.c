// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Handing registered memory over to another process.
 */
#include <errno.h>

#include <dmamem/handover.h>

#include "libdmamem/context.h"

static int check_provider(struct dmamem_context *ctx)
{
	const struct dmamem_provider_ops *ops = ctx->provider->ops;

	if (ops->module_fd)
		return 0;
	return dmamem_fail(ctx, -EOPNOTSUPP,
			   "%s has no file that could be handed over", ops->name);
}

int dmamem_module_fd(struct dmamem_context *ctx)
{
	int ret = check_provider(ctx);

	return ret ? ret : ctx->provider->ops->module_fd(ctx->provider);
}

int dmamem_get_region(struct dmamem_context *ctx, const void *addr,
		      uint64_t *region, uint64_t *offset, uint64_t *len)
{
	const struct dmamem_registration *reg;
	int ret = check_provider(ctx);

	if (ret)
		return ret;
	reg = dmamem_registration_at(ctx, (uintptr_t)addr, NULL);
	if (!reg)
		return dmamem_fail(ctx, -EINVAL, "%p is not registered", addr);
	*region = reg->region;
	*offset = (uintptr_t)addr - reg->addr;
	*len = reg->len;
	return 0;
}

int dmamem_adopt(struct dmamem_context *ctx, void *addr, size_t len,
		 uint64_t region)
{
	const struct dmamem_registration wanted = {
		.addr = (uintptr_t)addr,
		.len = len,
		.region = region,
		.adopted = true,
	};
	int ret = check_provider(ctx);

	if (ret)
		return ret;
	if (!ctx->adopts)
		return dmamem_fail(ctx, -EINVAL,
				   "the context was not opened with DMAMEM_OPEN_MODULE_FD");
	return dmamem_register_as(ctx, &wanted);
}
