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

/* Where in a region we are: @skip bytes into the run @sg, @left runs to go */
struct cursor {
	struct scatterlist *sg;
	unsigned int left;
	unsigned int skip;
};

static void cursor_seek(struct cursor *cur, struct sg_table *sgt, u64 offset)
{
	cur->sg = sgt->sgl;
	cur->left = sgt->nents;
	while (offset >= cur->sg->length) {
		offset -= cur->sg->length;
		cur->sg = dmamem_next_run(cur->sg);
		if (!(--cur->left % EXTENTS_BATCH))
			cond_resched();
	}
	cur->skip = offset;
}

/* Write up to @nr extents; fewer only at the end of the region */
static int put_extents(struct cursor *cur, struct dmamem_extent __user *user,
		       unsigned int nr, u64 *bytes)
{
	struct scatterlist *sg = cur->sg;
	unsigned int i, skip = cur->skip;
	u64 sum = 0;

	if (!user_write_access_begin(user, nr * sizeof(*user)))
		return -EFAULT;
	for (i = 0; i < nr; i++) {
		unsafe_put_user(sg_phys(sg) + skip, &user[i].dma_addr, fault);
		unsafe_put_user(sg->length - skip, &user[i].length, fault);
		sum += sg->length - skip;
		skip = 0;
		sg = dmamem_next_run(sg);
	}
	user_write_access_end();

	*bytes += sum;
	*cur = (struct cursor) { .sg = sg, .left = cur->left - nr };
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

static int copy_extents(struct dmamem_region *region, struct dmamem_extents *arg)
{
	struct dmamem_extent __user *user = u64_to_user_ptr(arg->extents);
	unsigned int nr, done = 0, count = arg->count;
	struct cursor cur;
	int ret;

	cursor_seek(&cur, &region->runs.sgt, arg->offset);
	count = min(count, cur.left);
	while (done < count) {
		nr = min_t(unsigned int, count - done, EXTENTS_BATCH);
		ret = put_extents(&cur, user + done, nr, &arg->offset);
		if (ret)
			return ret;
		done += nr;
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
