// SPDX-License-Identifier: GPL-2.0
/*
 * Why a PIN failed. Within the module a cause is what functions return; the
 * errno that belongs to it is decided here and nowhere else.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched/signal.h>

#include "dmamem.h"

static const int errors[] = {
	[DMAMEM_CAUSE_NONE] = 0,
	[DMAMEM_CAUSE_UNMAPPED] = -EFAULT,
	[DMAMEM_CAUSE_NO_ACCESS] = -EFAULT,
	[DMAMEM_CAUSE_READ_ONLY] = -EFAULT,
	[DMAMEM_CAUSE_DEVICE_MEMORY] = -EFAULT,
	[DMAMEM_CAUSE_FILE] = -EOPNOTSUPP,
	[DMAMEM_CAUSE_DAX] = -EOPNOTSUPP,
	[DMAMEM_CAUSE_MEMLOCK] = -ENOMEM,
	[DMAMEM_CAUSE_NO_MEMORY] = -ENOMEM,
	[DMAMEM_CAUSE_SIGNAL] = -EINTR,
	[DMAMEM_CAUSE_MASK] = -ERANGE,
	[DMAMEM_CAUSE_BOUNCE] = -EREMOTEIO,
	[DMAMEM_CAUSE_IOVA] = -ENOSPC,
	[DMAMEM_CAUSE_ALIGNMENT] = -EINVAL,
	[DMAMEM_CAUSE_EMPTY] = -EINVAL,
	[DMAMEM_CAUSE_WRAP] = -EINVAL,
	[DMAMEM_CAUSE_TOO_LONG] = -EFBIG,
	[DMAMEM_CAUSE_OWNER] = -EIO,
	[DMAMEM_CAUSE_PRIVILEGE] = -EPERM,
	[DMAMEM_CAUSE_LOCKDOWN] = -EPERM,
	[DMAMEM_CAUSE_NOT_PHYSICAL] = -EOPNOTSUPP,
	[DMAMEM_CAUSE_MOVABLE] = -EBUSY,
	[DMAMEM_CAUSE_GONE] = -ENODEV,
};

int dmamem_cause_error(enum dmamem_cause cause)
{
	return errors[cause];
}

/* What pin_user_pages_fast() means, when the mapping itself is all right */
enum dmamem_cause dmamem_cause_of_gup(long error)
{
	if (fatal_signal_pending(current))
		return DMAMEM_CAUSE_SIGNAL;

	switch (error) {
	case -ENOMEM:
		return DMAMEM_CAUSE_NO_MEMORY;
	case -EOPNOTSUPP:
		return DMAMEM_CAUSE_DAX;
	case -EREMOTEIO:
		/* Peer-to-peer memory of a PCI function */
		return DMAMEM_CAUSE_DEVICE_MEMORY;
	case 0:
	case -EAGAIN:
	case -EBUSY:
		return DMAMEM_CAUSE_MOVABLE;
	default:
		return DMAMEM_CAUSE_UNMAPPED;
	}
}
