// SPDX-License-Identifier: GPL-2.0
/*
 * INFO: what a file is and can do.
 */
#include <linux/dma-mapping.h>
#include <linux/pci.h>

#include "dmamem.h"

#define COMMON_FEATURES							\
	(BIT(DMAMEM_CMD_INFO) | BIT(DMAMEM_CMD_PIN) | BIT(DMAMEM_CMD_EXTENTS) | \
	 BIT(DMAMEM_CMD_UNPIN) | BIT(DMAMEM_CMD_VERIFY))

static void describe_device(struct dmamem_info *info, struct dmamem_device *dev)
{
	info->features = COMMON_FEATURES;
	info->address_type = dev->domain ? DMAMEM_ADDRESS_TRANSLATED :
					   DMAMEM_ADDRESS_PHYSICAL;
	info->dma_mask = dma_get_mask(&dev->pdev->dev);
}

static void describe_memory(struct dmamem_info *info)
{
	info->features = COMMON_FEATURES | BIT(DMAMEM_CMD_GUARD);
	info->address_type = DMAMEM_ADDRESS_PHYSICAL;
	info->max_guards = DMAMEM_MAX_GUARDS;
	info->dma_mask = U64_MAX;
}

int dmamem_info(struct dmamem_call *call)
{
	struct dmamem_info *info = &call->arg.info;

	if (info->flags)
		return -EINVAL;

	*info = (struct dmamem_info) {
		.size = info->size,
		.abi = DMAMEM_ABI,
		.page_size = PAGE_SIZE,
		.max_length = DMAMEM_MAX_LENGTH,
		.pinned = atomic64_read(&call->ctx->pinned),
		.quarantined = dmamem_quarantined(),
	};
	if (call->ctx->dev)
		describe_device(info, call->ctx->dev);
	else
		describe_memory(info);
	return dmamem_reply(call);
}
