// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/<pid>/fdinfo/<fd>: one line a region. No physical addresses: who may
 * read this is not who may see those.
 */
#include <linux/seq_file.h>

#include "dmamem.h"

void dmamem_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct dmamem_context *ctx = file->private_data;
	struct dmamem_region *region;
	u32 id = 0;

	seq_printf(m, "pinned:\t%llu\n", (u64)atomic64_read(&ctx->pinned));
	while ((region = dmamem_region_next(ctx, &id))) {
		seq_printf(m, "region:\t%u addr=0x%lx length=%lu runs=%u %s %s\n",
			   id, region->addr, region->length,
			   dmamem_runs_count(dmamem_region_addresses(region)),
			   region->flags & DMAMEM_PIN_WRITE ? "rw" : "ro",
			   READ_ONCE(region->parts) ? "mapped" : "pinned");
		dmamem_region_put(region);
	}
}
