/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A PCI function as the driver needs it: its BAR 0 mapped, bus mastering on
 * and off. Reached through sysfs, so the function may be bound to nothing, to
 * uio_pci_generic or to dmamem.
 */
#ifndef TOOLS_NVME_PCI_H
#define TOOLS_NVME_PCI_H

#include <stdbool.h>
#include <stddef.h>

struct nvme_pci {
	volatile void *bar;
	size_t bar_len;
	int dir_fd;
	int config_fd;
	bool enabled;
};

/**
 * nvme_pci_open() - take hold of a function and map its BAR 0
 * @bdf: domain:bus:device.function, "0000:00:04.0"
 * @pci: the function, memory space on, bus mastering and INTx off
 *
 * Return: 0, or
 * -EINVAL (@bdf is not of that form),
 * -ENODEV (there is no such function),
 * -ENOTTY (it is not an NVMe controller),
 * -EBUSY (a driver that works with the registers is bound to it, or another
 * process has it open here),
 * -EACCES, -EPERM (no permission, or lockdown),
 * or what opening, mapping or enabling it failed with.
 */
int nvme_pci_open(const char *bdf, struct nvme_pci *pci);

/**
 * nvme_pci_close() - bus mastering off, and let go of the function
 * @pci: from nvme_pci_open()
 */
void nvme_pci_close(struct nvme_pci *pci);

/**
 * nvme_pci_set_master() - let the function read and write memory, or not
 * @pci: the function
 * @on: whether it may
 *
 * Return: 0, or -EIO (its configuration space cannot be written).
 */
int nvme_pci_set_master(const struct nvme_pci *pci, bool on);

/**
 * nvme_pci_reset() - function-level reset, by whatever method the kernel has
 * @pci: the function
 *
 * Return: 0, or the error of sysfs, -ENOENT if there is no reset method.
 */
int nvme_pci_reset(const struct nvme_pci *pci);

#endif
