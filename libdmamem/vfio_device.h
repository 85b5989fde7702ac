/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Devices in a VFIO container.
 */
#ifndef DMAMEM_VFIO_DEVICE_H
#define DMAMEM_VFIO_DEVICE_H

#include "libdmamem/facts.h"

/**
 * struct dmamem_vfio_device - a device that was added
 * @next: the one added before
 * @name: its PCI address
 * @group: number of its group
 * @group_fd: the group's file, -1 if another device of the same group has it
 * @fd: its own file; open, because VFIO powers the device down otherwise
 */
struct dmamem_vfio_device {
	struct dmamem_vfio_device *next;
	char name[24];
	char group[16];
	int group_fd;
	int fd;
};

/**
 * dmamem_vfio_device_open() - add a device, and its group if need be
 * @container: the container's file
 * @facts: of the device
 * @devices: those that are there; becomes the new one
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: 0, or with nothing changed
 * an error of dmamem_vfio_group_open(),
 * -EINVAL (the device's IOMMU does not take what the container has mapped),
 * -EPERM (the IOMMU cannot keep interrupts apart), -ENOMEM,
 * or what the kernel says.
 */
int dmamem_vfio_device_open(int container, const struct dmamem_facts *facts,
			    struct dmamem_vfio_device **devices, char *why);

/**
 * dmamem_vfio_device_find() - a device by name
 * @devices: the devices
 * @name: PCI address
 *
 * Return: the device, or NULL.
 */
struct dmamem_vfio_device *
dmamem_vfio_device_find(struct dmamem_vfio_device *devices, const char *name);

/**
 * dmamem_vfio_devices_close() - let go of all of them
 * @devices: the devices
 *
 * VFIO turns their bus mastering off and resets them.
 */
void dmamem_vfio_devices_close(struct dmamem_vfio_device *devices);

#endif
