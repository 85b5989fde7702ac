// SPDX-License-Identifier: GPL-2.0
/*
 * ioctl dispatch: structures that begin with their size, so that callers older
 * and newer than the module work.
 */
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "dmamem.h"

struct dmamem_op {
	u32 size;
	u32 min_size;
	int (*run)(struct dmamem_call *call);
	u32 flags;
};

/* The smallest size is that of the structure's first version */
static const struct dmamem_op dmamem_ops[] = {
	[DMAMEM_CMD_INFO] = { sizeof(struct dmamem_info),
		offsetofend(struct dmamem_info, quarantined), dmamem_info },
	[DMAMEM_CMD_PIN] = { sizeof(struct dmamem_pin),
		offsetofend(struct dmamem_pin, memlock_used), dmamem_pin,
		DMAMEM_PIN_WRITE },
	[DMAMEM_CMD_EXTENTS] = { sizeof(struct dmamem_extents),
		offsetofend(struct dmamem_extents, extents), dmamem_extents },
	[DMAMEM_CMD_UNPIN] = { sizeof(struct dmamem_unpin),
		offsetofend(struct dmamem_unpin, __reserved), dmamem_unpin },
	[DMAMEM_CMD_VERIFY] = { sizeof(struct dmamem_verify),
		offsetofend(struct dmamem_verify, length), dmamem_verify },
	[DMAMEM_CMD_GUARD] = { sizeof(struct dmamem_guard),
		offsetofend(struct dmamem_guard, function), dmamem_guard },
};

/* Write the structure back, as much of it as the caller knows */
int dmamem_reply(struct dmamem_call *call)
{
	u32 size = min(call->user_size, call->size);

	return copy_to_user(call->user, &call->arg, size) ? -EFAULT : 0;
}

long dmamem_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dmamem_call call = { .ctx = file->private_data };
	unsigned int nr = _IOC_NR(cmd);
	const struct dmamem_op *op;
	int ret;

	if (cmd != _IO(DMAMEM_TYPE, nr) || nr >= ARRAY_SIZE(dmamem_ops))
		return -ENOTTY;
	op = &dmamem_ops[array_index_nospec(nr, ARRAY_SIZE(dmamem_ops))];

	call.user = (void __user *)arg;
	call.size = op->size;
	if (get_user(call.user_size, (u32 __user *)call.user))
		return -EFAULT;
	if (call.user_size < op->min_size)
		return -EINVAL;
	if (call.user_size > PAGE_SIZE)
		return -E2BIG;

	ret = copy_struct_from_user(&call.arg, op->size, call.user,
				    call.user_size);
	if (ret)
		return ret;
	if (call.ctx->dev && READ_ONCE(call.ctx->dev->gone))
		return -ENODEV;
	/* All begin with the size and the flags */
	if (call.arg.info.flags & ~op->flags)
		return -EINVAL;
	/* Another thread may have changed it between the two reads */
	call.arg.info.size = call.user_size;
	return op->run(&call);
}
