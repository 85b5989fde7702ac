/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Who would be hurt if a PCI function changed hands.
 */
#ifndef DMAMEM_TOOLS_USE_H
#define DMAMEM_TOOLS_USE_H

#include "tools/dmamem/pci.h"

/* Room for an explanation */
#define USE_WHY 768

/**
 * use_check() - is a function in use?
 * @root: "", or the root of another tree in a test
 * @function: the function
 * @why: who uses it and how to end that, in one line: USE_WHY bytes
 *
 * Disks with file systems, swap or open files, network interfaces that are up,
 * and open device files of drivers for user space.
 *
 * Return: 0 (no), -EBUSY, or -ENOMEM.
 */
int use_check(const char *root, const struct pci_function *function, char *why);

#endif
