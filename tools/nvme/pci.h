/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A PCI function as the driver needs it: its BAR 0 mapped, bus mastering on
 * and off. Reached through VFIO if the context's addresses come from there,
 * else through sysfs.
 */
#ifndef TOOLS_NVME_PCI_H
#define TOOLS_NVME_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <dmamem/dmamem.h>

/**
 * struct nvme_pci - a function that we hold
 * @ops: what differs between VFIO and sysfs
 * @bar: its BAR 0, mapped
 * @bar_len: bytes at @bar
 * @config_fd: a file that has its configuration space
 * @config_offset: where in the file that starts
 * @dir_fd: its folder in sysfs
 * @lock_fd: a file there, locked, for one driver at a time
 * @bound: a driver is bound to it
 * @enabled: we have enabled it, and have to disable it
 */
struct nvme_pci {
	const struct nvme_pci_ops *ops;
	volatile void *bar;
	size_t bar_len;
	int config_fd;
	off_t config_offset;
	int dir_fd;
	int lock_fd;
	bool bound;
	bool enabled;
};

/**
 * struct nvme_pci_ops - a way to reach functions
 * @map: enable the function and map BAR 0. 0, or -errno.
 * @reset: reset the function. 0, or -errno.
 * @release: let go of everything but @bar
 */
struct nvme_pci_ops {
	int (*map)(struct nvme_pci *pci);
	int (*reset)(const struct nvme_pci *pci);
	void (*release)(struct nvme_pci *pci);
};

/**
 * nvme_pci_open() - take hold of a function and map its BAR 0
 * @ctx: the context whose memory it is to use; is told of the function
 * @bdf: domain:bus:device.function, "0000:00:04.0"
 * @pci: the function, memory space on, bus mastering and INTx off
 *
 * Return: 0, or
 * -EINVAL (@bdf is not of that form),
 * -ENODEV (there is no such function),
 * -ENOTTY (it is not an NVMe controller),
 * -EBUSY (a driver that works with the registers is bound to it, or it is open
 * here already, in this or another process),
 * -EACCES, -EPERM (no permission, or lockdown),
 * or what opening, mapping or enabling it, or dmamem_add_device() failed with.
 */
int nvme_pci_open(struct dmamem_context *ctx, const char *bdf,
		  struct nvme_pci *pci);

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
 * nvme_pci_reset() - reset it, by whatever method the kernel has
 * @pci: the function
 *
 * Return: 0, or -errno: it was not reset.
 */
int nvme_pci_reset(const struct nvme_pci *pci);

/* pci_sysfs.c, pci_vfio.c: fill @pci in as far as @map needs it, or -errno */
int nvme_pci_open_sysfs(struct nvme_pci *pci);
int nvme_pci_open_vfio(int device_fd, struct nvme_pci *pci);

#endif
