// SPDX-License-Identifier: GPL-2.0
/*
 * A context is one open file: it owns regions, and all of them go when the last
 * reference to the file goes, in whatever process that happens.
 */
#include <linux/capability.h>
#include <linux/cc_platform.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/slab.h>

#include <xen/xen.h>

#include "dmamem.h"

/* What open() does; @dev is that of the node, NULL for /dev/dmamem */
int dmamem_context_open(struct file *file, struct dmamem_device *dev)
{
	struct dmamem_context *ctx;

	if (!current->mm)
		return -EINVAL;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;

	xa_init_flags(&ctx->regions, XA_FLAGS_ALLOC1);
	init_llist_head(&ctx->discarded);
	INIT_WORK(&ctx->release, dmamem_release_discarded);
	mutex_init(&ctx->lock);
	/* Not mmget(): the memory of a dead process must not live on */
	mmgrab(current->mm);
	ctx->mm = current->mm;
	ctx->dev = dev;
	file->private_data = ctx;
	return nonseekable_open(file_inode(file), file);
}

/* Nothing writes to the pages any more: give everything back */
void dmamem_context_free(struct dmamem_context *ctx)
{
	struct dmamem_region *region;
	unsigned long id;

	xa_for_each(&ctx->regions, id, region)
		dmamem_region_put(region);
	xa_destroy(&ctx->regions);
	while (ctx->nr_functions)
		dmamem_forget_function(ctx, ctx->functions[0]);
	mmdrop(ctx->mm);
	kfree(ctx);
}

/* Stop the functions; those that cannot be stopped remain in the list */
static void stop_functions(struct dmamem_context *ctx)
{
	struct pci_dev *pdev;
	unsigned int i = ctx->nr_functions;

	while (i--) {
		pdev = ctx->functions[i];
		if (dmamem_stop(pdev))
			dmamem_forget_function(ctx, pdev);
	}
}

/*
 * What the last close does; the context is gone afterwards, or in quarantine.
 * Regions that are left belonged to a process that had no time to stop its
 * functions, or forgot: they are stopped before the pages are released.
 */
int dmamem_context_close(struct inode *inode, struct file *file)
{
	struct dmamem_context *ctx = file->private_data;
	bool in_use = !xa_empty(&ctx->regions);
	struct dmamem_device *dev = ctx->dev;

	/* What the worker has not begun need not wait for it */
	if (cancel_work_sync(&ctx->release))
		dmamem_release_discarded(&ctx->release);
	if (dev)
		dmamem_device_close(ctx, in_use);
	else if (in_use)
		stop_functions(ctx);

	if (in_use && ctx->nr_functions)
		dmamem_quarantine(ctx);
	else
		dmamem_context_free(ctx);
	/* Not before the next opener can see the quarantine */
	if (dev)
		dmamem_device_release(dev);
	return 0;
}

/* A function that @ctx hands addresses to: stopped before pages are released */
void dmamem_add_function(struct dmamem_context *ctx, struct pci_dev *pdev)
{
	ctx->functions[ctx->nr_functions++] = pci_dev_get(pdev);
}

void dmamem_forget_function(struct dmamem_context *ctx, struct pci_dev *pdev)
{
	unsigned int i;

	for (i = 0; i < ctx->nr_functions; i++) {
		if (ctx->functions[i] != pdev)
			continue;
		ctx->functions[i] = ctx->functions[--ctx->nr_functions];
		pci_dev_put(pdev);
		return;
	}
}

/*
 * Whoever learns a physical address and can talk to a device can have it write
 * anywhere: the rule is that of raw I/O. The same for a function that shares its
 * translation with others: it reaches what they do; and for one whose interrupts
 * are not checked: it can send any. And a physical address must
 * be what a device would see, which it is not where memory is encrypted, or in a
 * Xen PV domain.
 */
enum dmamem_cause dmamem_may_see_addresses(struct dmamem_context *ctx)
{
	bool translated = ctx->dev && ctx->dev->domain;

	if (translated && dmamem_device_is_confined(ctx->dev))
		return DMAMEM_CAUSE_NONE;
	if (!translated &&
	    (cc_platform_has(CC_ATTR_MEM_ENCRYPT) || xen_pv_domain()))
		return DMAMEM_CAUSE_NOT_PHYSICAL;
	if (!capable(CAP_SYS_RAWIO))
		return DMAMEM_CAUSE_PRIVILEGE;
	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return DMAMEM_CAUSE_LOCKDOWN;
	return DMAMEM_CAUSE_NONE;
}

/* From here on user space can corrupt memory through a device */
void dmamem_taint(struct dmamem_context *ctx)
{
	if (ctx->dev && ctx->dev->domain)
		return;
	pr_warn_once("dmamem: physical addresses given to user space\n");
	if (!test_taint(TAINT_USER))
		add_taint(TAINT_USER, LOCKDEP_STILL_OK);
}
