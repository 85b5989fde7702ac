// SPDX-License-Identifier: GPL-2.0
/*
 * A context is one open file: it owns regions, and all of them go when the last
 * reference to the file goes, in whatever process that happens.
 */
#include <linux/capability.h>
#include <linux/cc_platform.h>
#include <linux/sched/mm.h>
#include <linux/security.h>
#include <linux/slab.h>

#include <xen/xen.h>

#include "dmamem.h"

int dmamem_context_open(struct file *file)
{
	struct dmamem_context *ctx;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return -ENOMEM;

	xa_init_flags(&ctx->regions, XA_FLAGS_ALLOC1);
	/* Not mmget(): the memory of a dead process must not live on */
	mmgrab(current->mm);
	ctx->mm = current->mm;
	file->private_data = ctx;
	return nonseekable_open(file_inode(file), file);
}

int dmamem_context_release(struct file *file)
{
	struct dmamem_context *ctx = file->private_data;
	struct dmamem_region *region;
	unsigned long id;

	xa_for_each(&ctx->regions, id, region)
		dmamem_region_put(region);
	xa_destroy(&ctx->regions);
	mmdrop(ctx->mm);
	kfree(ctx);
	return 0;
}

/*
 * Whoever learns a physical address and can talk to a device can have it write
 * anywhere: the rule is that of raw I/O. And the address must be what a device
 * would see, which it is not in a guest with encrypted memory or in a Xen PV
 * domain.
 */
enum dmamem_cause dmamem_may_see_physical(void)
{
	if (cc_platform_has(CC_ATTR_MEM_ENCRYPT) || xen_pv_domain())
		return DMAMEM_CAUSE_NOT_PHYSICAL;
	if (!capable(CAP_SYS_RAWIO))
		return DMAMEM_CAUSE_PRIVILEGE;
	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return DMAMEM_CAUSE_LOCKDOWN;
	return DMAMEM_CAUSE_NONE;
}

/* From here on user space can corrupt memory through a device */
void dmamem_taint(void)
{
	pr_warn_once("dmamem: physical addresses given to user space\n");
	if (!test_taint(TAINT_USER))
		add_taint(TAINT_USER, LOCKDEP_STILL_OK);
}
