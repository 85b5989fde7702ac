// SPDX-License-Identifier: GPL-2.0
/*
 * Stop a PCI function, so that it writes to no page any more.
 */
#include <linux/pci.h>

#include "dmamem.h"
#include "trace.h"

static int quiesce(struct pci_dev *pdev, bool *drained)
{
	/* Removed and still there: the slot may be somebody else's by now */
	if (!device_is_registered(&pdev->dev))
		return -ENODEV;

	pci_clear_master(pdev);
	*drained = pci_wait_for_pending_transaction(pdev);
	/* Bus mastering stays off: the reset restores what it finds */
	return pci_reset_function_locked(pdev);
}

/**
 * dmamem_stop - stop a function for good
 * @pdev: The function, its device lock held
 *
 * Turning bus mastering off keeps new transactions from starting; those that
 * have started are waited for. That is not enough for every device: one that
 * was told to transfer goes on inside, and some do not look at the bit before
 * each write. Only a reset makes it forget.
 *
 * Return: whether it is certain that the function writes no more.
 */
bool dmamem_stop(struct pci_dev *pdev)
{
	bool drained = false;
	int ret = 0;

	if (pci_device_is_present(pdev))
		ret = quiesce(pdev, &drained);

	trace_dmamem_quiesce(pdev, drained, ret);
	if (ret) {
		pci_warn(pdev, "dmamem: cannot be stopped: %d\n", ret);
		return false;
	}
	dmamem_quarantine_clear(pdev);
	return true;
}
