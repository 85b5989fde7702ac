// SPDX-License-Identifier: GPL-2.0
/*
 * EXTENTS: copy the runs of a region out.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "dmamem.h"

/* Extents to write between two looks at the scheduler */
#define EXTENTS_BATCH 512

/*
 * Where in a region we are: @skip bytes into the run @sg, @left runs to go. The
 * runs of a device are those that dma_map_sgtable() made.
 */
struct cursor {
	struct scatterlist *sg;
	unsigned int left;
	unsigned int skip;
	bool dma;
};

static __always_inline u64 run_address(struct scatterlist *sg, bool dma)
{
	return dma ? sg_dma_address(sg) : sg_phys(sg);
}

static __always_inline unsigned int run_length(struct scatterlist *sg, bool dma)
{
	return dma ? sg_dma_len(sg) : sg->length;
}

static void seek(struct cursor *cur, u64 offset)
{
	while (cur->left && offset >= run_length(cur->sg, cur->dma)) {
		offset -= run_length(cur->sg, cur->dma);
		cur->sg = dmamem_next_run(cur->sg);
		if (!(--cur->left % EXTENTS_BATCH))
			cond_resched();
	}
	cur->skip = offset;
}

/* Write @nr extents; the region has as many left */
static int put_extents(struct cursor *cur, struct dmamem_extent __user *user,
		       unsigned int nr, u64 *bytes)
{
	struct scatterlist *sg = cur->sg;
	unsigned int i, length, skip = cur->skip;
	bool dma = cur->dma;
	u64 sum = 0;

	if (!user_write_access_begin(user, nr * sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < nr; i++, sg = dmamem_next_run(sg)) {
		length = run_length(sg, dma) - skip;
		unsafe_put_user(run_address(sg, dma) + skip, &user[i].dma_addr,
				fault);
		unsafe_put_user(length, &user[i].length, fault);
		sum += length;
		skip = 0;
	}
	user_write_access_end();

	*bytes += sum;
	cur->sg = sg;
	cur->left -= nr;
	cur->skip = 0;
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

static int copy_extents(struct dmamem_region *region, struct dmamem_extents *arg)
{
	struct dmamem_extent __user *user = u64_to_user_ptr(arg->extents);
	struct cursor cur = {
		.sg = region->runs.sgt.sgl,
		.left = region->runs.sgt.nents,
		.dma = region->ctx->dev,
	};
	unsigned int nr, done, count;
	int ret;

	seek(&cur, arg->offset);
	count = min(arg->count, cur.left);
	for (done = 0; done < count; done += nr) {
		nr = min_t(unsigned int, count - done, EXTENTS_BATCH);
		ret = put_extents(&cur, user + done, nr, &arg->offset);
		if (ret)
			return ret;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	arg->count = done;
	return 0;
}

int dmamem_extents(struct dmamem_call *call)
{
	struct dmamem_extents *arg = &call->arg.extents;
	struct dmamem_region *region;
	int ret;

	if (arg->flags || !arg->count)
		return -EINVAL;
	ret = dmamem_cause_error(dmamem_may_see_addresses(call->ctx));
	if (ret)
		return ret;

	region = dmamem_region_get(call->ctx, arg->region);
	if (!region)
		return -ENOENT;
	ret = -EINVAL;
	if (arg->offset < region->length)
		ret = copy_extents(region, arg);
	dmamem_region_put(region);
	return ret ?: dmamem_reply(call);
}
