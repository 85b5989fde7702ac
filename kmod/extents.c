// SPDX-License-Identifier: GPL-2.0
/*
 * EXTENTS: copy the runs of a region out.
 */
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "dmamem.h"

/* The rest of the run that the cursor is in; the array may begin with that */
static int put_first(const struct dmamem_cursor *cur,
		     struct dmamem_extent __user *user, u64 *offset)
{
	struct dmamem_extent first = dmamem_cursor_rest(cur);

	*offset += first.length;
	return copy_to_user(user, &first, sizeof(first)) ? -EFAULT : 0;
}

static u64 sum_lengths(const struct dmamem_extent *run, unsigned int nr)
{
	u64 bytes = 0;

	for (; nr; nr--, run++)
		bytes += run->length;
	return bytes;
}

/* Whole runs of a chunk, as many as there is room for */
static int put_chunk(const struct dmamem_runs *runs,
		     const struct dmamem_runs_chunk *chunk, unsigned int index,
		     struct dmamem_extents *arg, u32 *done)
{
	struct dmamem_extent __user *user = u64_to_user_ptr(arg->extents);
	unsigned int nr = dmamem_runs_in_chunk(runs, chunk) - index;

	nr = min(nr, arg->count - *done);
	if (copy_to_user(user + *done, &chunk->runs[index],
			 nr * sizeof(*user)))
		return -EFAULT;
	*done += nr;
	if (chunk->next && index + nr == DMAMEM_RUNS_PER_CHUNK)
		arg->offset = chunk->next->offset;
	else
		arg->offset += sum_lengths(&chunk->runs[index], nr);
	return 0;
}

static int copy_extents(const struct dmamem_runs *runs,
			struct dmamem_extents *arg)
{
	struct dmamem_cursor cur;
	u32 done = 1;
	int ret;

	dmamem_cursor_seek(&cur, runs, arg->offset);
	ret = put_first(&cur, u64_to_user_ptr(arg->extents), &arg->offset);
	cur.index++;
	for (; !ret && cur.chunk && done < arg->count; cur.index = 0) {
		ret = put_chunk(runs, cur.chunk, cur.index, arg, &done);
		cur.chunk = cur.chunk->next;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	arg->count = done;
	return ret;
}

int dmamem_extents(struct dmamem_call *call)
{
	struct dmamem_extents *arg = &call->arg.extents;
	struct dmamem_region *region;
	int ret;

	if (!arg->count)
		return -EINVAL;
	ret = dmamem_cause_error(dmamem_may_see_addresses(call->ctx));
	if (ret)
		return ret;

	region = dmamem_region_get(call->ctx, arg->region);
	if (!region)
		return -ENOENT;
	ret = -EINVAL;
	if (arg->offset < region->length)
		ret = copy_extents(dmamem_region_addresses(region), arg);
	dmamem_region_put(region);
	return ret ?: dmamem_reply(call);
}
