/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the kernel reads and writes through a device file without holding it for
 * itself alone: neither a process nor O_EXCL shows that.
 */
#ifndef DMAMEM_TOOLS_EXPORTS_H
#define DMAMEM_TOOLS_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * exports_find() - look for a loop device or NVMe target on a device file
 * @root: "", or the root of another tree in a test
 * @node: the device file, as "/dev/nvme0n1"
 * @what: which one is found
 * @size: bytes at @what
 *
 * Return: is there one?
 */
bool exports_find(const char *root, const char *node, char *what, size_t size);

#endif
