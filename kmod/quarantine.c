// SPDX-License-Identifier: GPL-2.0
/*
 * Quarantine: pages that a function may still write to, because it could not be
 * stopped, stay pinned and charged after their context is gone. They are given
 * back when the function has been stopped after all, which the administrator
 * can ask for, or is out of the machine, or when the administrator vouches for
 * it, both by the parameter quarantine.
 *
 * A reset by others does not end it: the driver that a function is bound to
 * hears of it, but not whether it succeeded.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "dmamem.h"

static LIST_HEAD(wards);
static DEFINE_MUTEX(wards_lock);
static atomic64_t quarantined;

u64 dmamem_quarantined(void)
{
	return atomic64_read(&quarantined);
}

/* Keep a closed context until the functions that it still has are harmless */
void dmamem_quarantine(struct dmamem_context *ctx)
{
	u64 bytes = atomic64_read(&ctx->pinned);
	unsigned int i;

	for (i = 0; i < ctx->nr_functions; i++)
		pci_warn(ctx->functions[i],
			 "dmamem: %llu bytes stay pinned, see the parameter quarantine\n",
			 bytes);
	/* The module must stay, too; the file has a reference until we return */
	__module_get(THIS_MODULE);
	atomic64_add(bytes, &quarantined);
	mutex_lock(&wards_lock);
	list_add_tail(&ctx->ward, &wards);
	mutex_unlock(&wards_lock);
}

/* A function writes no more: give back the pages that no other may write to */
void dmamem_quarantine_clear(struct pci_dev *pdev)
{
	struct dmamem_context *ctx, *next;
	LIST_HEAD(free);

	mutex_lock(&wards_lock);
	list_for_each_entry_safe(ctx, next, &wards, ward) {
		dmamem_forget_function(ctx, pdev);
		if (!ctx->nr_functions)
			list_move(&ctx->ward, &free);
	}
	mutex_unlock(&wards_lock);

	list_for_each_entry_safe(ctx, next, &free, ward) {
		atomic64_sub(atomic64_read(&ctx->pinned), &quarantined);
		dmamem_context_free(ctx);
		module_put(THIS_MODULE);
	}
}

/* Are pages kept because of a function? */
bool dmamem_quarantine_holds(struct pci_dev *pdev)
{
	struct dmamem_context *ctx;
	bool holds = false;
	unsigned int i;

	mutex_lock(&wards_lock);
	list_for_each_entry(ctx, &wards, ward)
		for (i = 0; i < ctx->nr_functions; i++)
			holds |= ctx->functions[i] == pdev;
	mutex_unlock(&wards_lock);
	return holds;
}

/*
 * A function is about to be removed: the last moment to stop it. If hotplug has
 * marked it as gone, it counts as stopped. Else it is only out of the kernel's
 * sight: it may write on, and nobody can reset it any more.
 */
static int removal(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pci_dev *pdev = to_pci_dev(data);

	if (event == BUS_NOTIFY_DEL_DEVICE && dmamem_quarantine_holds(pdev))
		dmamem_stop(pdev);
	return NOTIFY_OK;
}

struct notifier_block dmamem_removal = { .notifier_call = removal };

static int quarantine_get(char *buffer, const struct kernel_param *kp)
{
	struct dmamem_context *ctx;
	unsigned int i;
	int len = 0;

	mutex_lock(&wards_lock);
	list_for_each_entry(ctx, &wards, ward)
		for (i = 0; i < ctx->nr_functions; i++)
			len += sysfs_emit_at(buffer, len, "%s %llu\n",
					     pci_name(ctx->functions[i]),
					     atomic64_read(&ctx->pinned));
	mutex_unlock(&wards_lock);
	return len;
}

/* A function of that name in quarantine; the caller puts it */
static struct pci_dev *find_function(const char *name, size_t length)
{
	struct pci_dev *pdev = NULL;
	struct dmamem_context *ctx;
	const char *other;
	unsigned int i;

	mutex_lock(&wards_lock);
	list_for_each_entry(ctx, &wards, ward)
		for (i = 0; !pdev && i < ctx->nr_functions; i++) {
			other = pci_name(ctx->functions[i]);
			if (strlen(other) == length &&
			    !strncmp(name, other, length))
				pdev = pci_dev_get(ctx->functions[i]);
		}
	mutex_unlock(&wards_lock);
	return pdev;
}

static int end_quarantine(struct pci_dev *pdev, bool force)
{
	if (!force)
		return dmamem_stop(pdev) ? 0 : -EBUSY;

	pci_warn(pdev, "dmamem: quarantine ended by hand\n");
	dmamem_quarantine_clear(pdev);
	return 0;
}

/* "NAME": stop the function; "NAME force": take the administrator's word */
static int quarantine_set(const char *text, const struct kernel_param *kp)
{
	size_t length = strcspn(text, "\n ");
	bool force = sysfs_streq(text + length, " force");
	struct pci_dev *pdev;
	int ret;

	if (!force && !sysfs_streq(text + length, ""))
		return -EINVAL;
	pdev = find_function(text, length);
	if (!pdev)
		return -ENOENT;
	ret = end_quarantine(pdev, force);
	pci_dev_put(pdev);
	return ret;
}

static const struct kernel_param_ops quarantine_ops = {
	.get = quarantine_get,
	.set = quarantine_set,
};

module_param_cb(quarantine, &quarantine_ops, NULL, 0600);
MODULE_PARM_DESC(quarantine,
		 "Functions that could not be stopped and the bytes kept pinned for each; write a function's name to try again (it is reset), or its name and \"force\" to give them back by hand");
