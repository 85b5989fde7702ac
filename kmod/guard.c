// SPDX-License-Identifier: GPL-2.0
/*
 * GUARD: functions that a /dev/dmamem context hands its addresses to, to be
 * stopped before the pages of a dead process are released.
 */
#include <linux/capability.h>
#include <linux/pci.h>

#include "dmamem.h"

static int check_guard(struct dmamem_context *ctx, struct pci_dev *pdev)
{
	unsigned int i;

	for (i = 0; i < ctx->nr_functions; i++)
		if (ctx->functions[i] == pdev)
			return -EEXIST;
	/* Resetting a bridge takes down whatever is behind it */
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return -EINVAL;
	if (ctx->nr_functions == DMAMEM_MAX_GUARDS)
		return -ENOSPC;
	if (pci_dev_driver(pdev) == &dmamem_pci_driver)
		return -EBUSY;
	return 0;
}

static int add_guard(struct dmamem_context *ctx, struct pci_dev *pdev)
{
	int ret;

	mutex_lock(&ctx->lock);
	ret = check_guard(ctx, pdev);
	if (!ret)
		dmamem_add_function(ctx, pdev);
	mutex_unlock(&ctx->lock);
	return ret;
}

int dmamem_guard(struct dmamem_call *call)
{
	const struct dmamem_guard *guard = &call->arg.guard;
	struct pci_dev *pdev;
	int ret;

	if (call->ctx->dev)
		return -ENOTTY;
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (guard->domain > INT_MAX || guard->bus > 255 ||
	    guard->device > 31 || guard->function > 7)
		return -ENXIO;

	pdev = pci_get_domain_bus_and_slot(guard->domain, guard->bus,
					   PCI_DEVFN(guard->device,
						     guard->function));
	if (!pdev)
		return -ENXIO;
	ret = add_guard(call->ctx, pdev);
	pci_dev_put(pdev);
	return ret;
}
