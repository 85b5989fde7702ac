// SPDX-License-Identifier: GPL-2.0
#include "dmamem.h"

int dmamem_info(struct dmamem_call *call)
{
	struct dmamem_info *info = &call->arg.info;

	if (info->flags)
		return -EINVAL;

	*info = (struct dmamem_info) {
		.size = info->size,
		.abi = DMAMEM_ABI,
		.page_size = PAGE_SIZE,
		.features = BIT(DMAMEM_CMD_INFO) | BIT(DMAMEM_CMD_PIN) |
			    BIT(DMAMEM_CMD_EXTENTS) | BIT(DMAMEM_CMD_UNPIN),
		.address_type = DMAMEM_ADDRESS_PHYSICAL,
		.dma_mask = U64_MAX,
		.max_length = DMAMEM_MAX_LENGTH,
		.pinned = atomic64_read(&call->ctx->pinned),
	};
	return dmamem_reply(call);
}
