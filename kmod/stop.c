// SPDX-License-Identifier: GPL-2.0
/*
 * Stop a PCI function, so that it writes to no page any more.
 */
#include <linux/iopoll.h>
#include <linux/pci.h>

#include "dmamem.h"
#include "trace.h"

#define LOCK_TIMEOUT_US 5000000
#define CONFIG_TIMEOUT_US 1000000
#define LOCK_RETRY_US 20000

/*
 * Out of the machine, as hotplug has said. That it does not answer is no proof:
 * nor does one that hangs, sleeps, or is behind a link that is down.
 */
static bool is_gone(struct pci_dev *pdev)
{
	return READ_ONCE(pdev->error_state) == pci_channel_io_perm_failure;
}

/*
 * A driver that hears of a reset makes its function quiet itself, and needs it to
 * work for that: nvme has it delete queues. The reset turns bus mastering off
 * after that, and afterwards the function is the driver's again.
 */
static bool driver_prepares(struct pci_dev *pdev)
{
	const struct pci_driver *driver = pci_dev_driver(pdev);

	return driver && driver->err_handler &&
	       driver->err_handler->reset_prepare;
}

/* With user space kept from the configuration space */
static int quiesce_locked(struct pci_dev *pdev, bool *drained)
{
	if (!driver_prepares(pdev)) {
		pci_clear_master(pdev);
		*drained = pci_wait_for_pending_transaction(pdev);
	}
	/* Bus mastering stays off: the reset restores what it finds */
	return pci_reset_function_locked(pdev);
}

static bool trylock_config(struct pci_dev *pdev)
{
	bool locked;

	read_poll_timeout(pci_cfg_access_trylock, locked, locked, LOCK_RETRY_US,
			  CONFIG_TIMEOUT_US, false, pdev);
	return locked;
}

/*
 * The port above may be what resets the function: user space must keep off that
 * as well. The core takes the port first; who has the function already can only
 * try. While another has the port, perhaps until we are done, user space is off.
 */
static int quiesce(struct pci_dev *pdev, bool *drained)
{
	struct pci_dev *port = pci_upstream_bridge(pdev);
	bool locked;
	int ret;

	/* Removed and still there: the slot may be somebody else's by now */
	if (!device_is_registered(&pdev->dev))
		return -ENODEV;

	locked = port && trylock_config(port);
	pci_cfg_access_lock(pdev);
	ret = quiesce_locked(pdev, drained);
	pci_cfg_access_unlock(pdev);
	if (locked)
		pci_cfg_access_unlock(port);
	return ret;
}

/*
 * Take the device lock of a function, but not at any price: who holds it may be
 * waiting for us. Unbinding vfio-pci holds it until the function's last VFIO
 * file is closed, and the task that should close that one may be closing ours
 * just now.
 */
bool dmamem_trylock(struct pci_dev *pdev)
{
	int locked;

	if (read_poll_timeout(device_trylock, locked, locked, LOCK_RETRY_US,
			      LOCK_TIMEOUT_US, false, &pdev->dev))
		pci_warn(pdev, "dmamem: locked by somebody else\n");
	return locked;
}

/*
 * Stop a function, whose device lock is held, for good. Is it certain that it
 * writes no more?
 *
 * Turning bus mastering off keeps new transactions from starting; those that
 * have started are waited for. That is not enough for every device: one that
 * was told to transfer goes on inside, and some do not look at the bit before
 * each write. Only a reset makes it forget, and a reset that succeeded is what
 * counts, also where transactions were still pending: it ends them.
 */
bool dmamem_stop_locked(struct pci_dev *pdev)
{
	bool drained = false;
	int ret = 0;

	if (!is_gone(pdev))
		ret = quiesce(pdev, &drained);

	trace_dmamem_quiesce(pdev, drained, ret);
	if (ret) {
		pci_warn(pdev, "dmamem: cannot be stopped: %d\n", ret);
		return false;
	}
	dmamem_quarantine_clear(pdev);
	return true;
}

/* The same without the lock; where it cannot be had, nothing is certain */
bool dmamem_stop(struct pci_dev *pdev)
{
	bool stopped;

	if (!dmamem_trylock(pdev))
		return false;
	stopped = dmamem_stop_locked(pdev);
	device_unlock(&pdev->dev);
	return stopped;
}
