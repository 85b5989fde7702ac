// SPDX-License-Identifier: GPL-2.0
/*
 * What a file says of itself: INFO and /proc/<pid>/fdinfo/<fd>.
 */
#include <linux/dma-mapping.h>
#include <linux/pci.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>

#include "dmamem.h"

static void describe_device(struct dmamem_info *info, struct dmamem_device *dev)
{
	if (dev->domain)
		info->address_type = DMAMEM_ADDRESS_TRANSLATED;
	info->dma_mask = dma_get_mask(&dev->pdev->dev);
}

static void describe_memory(struct dmamem_info *info)
{
	info->features |= BIT(DMAMEM_CMD_GUARD);
	info->max_guards = DMAMEM_MAX_GUARDS;
	info->dma_mask = U64_MAX;
}

int dmamem_info(struct dmamem_call *call)
{
	struct dmamem_info *info = &call->arg.info;

	*info = (struct dmamem_info) {
		.size = info->size,
		.abi = DMAMEM_ABI,
		.page_size = PAGE_SIZE,
		.features = BIT(DMAMEM_CMD_INFO) | BIT(DMAMEM_CMD_PIN) |
			    BIT(DMAMEM_CMD_EXTENTS) | BIT(DMAMEM_CMD_UNPIN) |
			    BIT(DMAMEM_CMD_VERIFY),
		.address_type = DMAMEM_ADDRESS_PHYSICAL,
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

static void show_region(struct seq_file *m, u32 id,
			struct dmamem_region *region)
{
	seq_printf(m, "region:\t%u addr=0x%lx length=%lu runs=%u %s %s\n",
		   id, region->addr, region->length,
		   dmamem_runs_count(dmamem_region_addresses(region)),
		   region->flags & DMAMEM_PIN_WRITE ? "rw" : "ro",
		   READ_ONCE(region->parts) ? "mapped" : "pinned");
}

/*
 * One line a region. No physical addresses: who may read this is not who may see
 * those.
 */
void dmamem_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct dmamem_context *ctx = file->private_data;
	struct dmamem_region *region;
	unsigned long id;

	seq_printf(m, "pinned:\t%llu\n", (u64)atomic64_read(&ctx->pinned));
	xa_for_each(&ctx->regions, id, region) {
		/* There may be very many, and a larger buffer starts anew */
		cond_resched();
		if (seq_has_overflowed(m) || fatal_signal_pending(current))
			break;
		/* It may be gone already: only this one is ours */
		region = dmamem_region_get(ctx, id);
		if (!region)
			continue;
		show_region(m, id, region);
		dmamem_region_put(region);
	}
}
