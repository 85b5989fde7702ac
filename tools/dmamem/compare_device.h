/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The device of a comparison goes from driver to driver, then to its own again.
 */
#ifndef DMAMEM_TOOLS_COMPARE_DEVICE_H
#define DMAMEM_TOOLS_COMPARE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/dmamem/binding.h"

/**
 * struct compare_device - the device
 * @bdf: its PCI address
 * @before: what it had in the beginning
 * @noted: that was noted, so that dmamem unbind could give it back
 */
struct compare_device {
	const char *bdf;
	struct binding_memory before;
	bool noted;
};

/**
 * compare_device_take() - note the driver of a function, and take it away
 * @bdf: the function
 * @device: filled in
 *
 * It is an NVMe controller that nobody uses, and nobody can use until it is given
 * back.
 *
 * Return: CMD_DONE, or another exit code and a message.
 */
int compare_device_take(const char *bdf, struct compare_device *device);

/**
 * compare_device_bind() - see to it that a function is bound to a driver
 * @bdf: the function
 * @driver: the driver; "": to none
 * @why: on failure, in words
 * @size: bytes at @why
 *
 * Return: 0 or -errno.
 */
int compare_device_bind(const char *bdf, const char *driver, char *why,
			size_t size);

/* Give it back to the driver that it had; -errno and a message on failure */
int compare_device_give_back(const struct compare_device *device);

#endif
