// SPDX-License-Identifier: GPL-2.0
/*
 * dmamem: stable DMA addresses for ordinary user memory
 *
 * Module init and /dev/dmamem, the node without a device behind it.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "dmamem.h"

static int dmamem_open(struct inode *inode, struct file *file)
{
	return dmamem_context_open(file);
}

static int dmamem_release(struct inode *inode, struct file *file)
{
	return dmamem_context_release(file);
}

static const struct file_operations dmamem_fops = {
	.owner = THIS_MODULE,
	.open = dmamem_open,
	.release = dmamem_release,
	.unlocked_ioctl = dmamem_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice dmamem_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "dmamem",
	.mode = 0600,
	.fops = &dmamem_fops,
};

module_misc_device(dmamem_misc);

MODULE_AUTHOR("dmamem developers");
MODULE_DESCRIPTION("Stable DMA addresses for ordinary user memory");
MODULE_LICENSE("GPL");
