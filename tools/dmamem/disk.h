/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The disks of a PCI function, and whether somebody needs them.
 */
#ifndef DMAMEM_TOOLS_DISK_H
#define DMAMEM_TOOLS_DISK_H

#include "tools/dmamem/tree.h"

/* Room for an explanation */
#define DISK_WHY 512

/**
 * disks_of() - the block devices that a function is behind
 * @root: "", or the root of another tree in a test
 * @bdf: PCI address of the function
 * @disks: names as "nvme0n1", without partitions; to be given to
 *         tree_list_free()
 *
 * Return: 0 or -ENOMEM.
 */
int disks_of(const char *root, const char *bdf, struct tree_names *disks);

/**
 * disk_hold() - if nobody uses a disk or a partition of it, see to it that
 * nobody begins to
 * @root: "", or the root of another tree in a test
 * @disk: its name
 * @why: who does: DISK_WHY bytes
 *
 * Looks for file systems, swap, what is stacked on it or exports it, processes
 * that have it open, and whether the kernel lets it be opened for one user
 * alone. While it is open like that nothing of it can be mounted.
 *
 * Return: a file descriptor to close, -EBUSY (somebody does, or that cannot be
 * found out), or -ENOMEM.
 */
int disk_hold(const char *root, const char *disk, char *why);

#endif
