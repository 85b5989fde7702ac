// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The devices that use a context's memory.
 */
#include <errno.h>
#include <string.h>

#include "libdmamem/context.h"

static int add_device(struct dmamem_context *ctx, const char *device)
{
	struct dmamem_provider *provider = ctx->provider;
	char why[DMAMEM_EXPLANATION_SIZE] = "";
	struct dmamem_facts facts;
	int ret;

	ret = dmamem_facts_read("/", device, &facts);
	if (ret)
		return dmamem_fail(ctx, ret, ret == -EINVAL ?
				   "\"%s\" is not a PCI address as 0000:00:04.0" :
				   "there is no PCI function %s", device);
	if (!provider->ops->add_device)
		return dmamem_fail(ctx, -EOPNOTSUPP,
				   "the addresses of %s are the same for all devices",
				   provider->ops->name);
	ret = provider->ops->add_device(provider, &facts, why);
	if (ret)
		dmamem_fail(ctx, ret, "cannot add %s: %s", facts.device,
			    why[0] ? why : strerrordesc_np(-ret));
	return ret;
}

int dmamem_add_device(struct dmamem_context *ctx, const char *device)
{
	int ret = dmamem_check_owner(ctx);

	if (ret)
		return ret;
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret,
				   "a device is added from a notify callback");
	ret = add_device(ctx, device);
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

int dmamem_device_fd(struct dmamem_context *ctx, const char *device)
{
	struct dmamem_provider *provider = ctx->provider;
	char name[24];
	int ret;

	if (dmamem_parse_device(device, name))
		return dmamem_fail(ctx, -EINVAL,
				   "\"%s\" is not a PCI address as 0000:00:04.0",
				   device);
	if (!provider->ops->device_fd)
		return dmamem_fail(ctx, -EOPNOTSUPP, "%s has no device files",
				   provider->ops->name);
	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret,
				   "a device is looked for from a notify callback");
	ret = provider->ops->device_fd(provider, name);
	pthread_mutex_unlock(&ctx->lock);
	if (ret < 0)
		dmamem_fail(ctx, ret, "%s is not in the context", name);
	return ret;
}
