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
 * struct use_hold - what keeps others from the disks of a function
 * @nr: how many disks are held
 * @fds: files that are open for us alone
 */
struct use_hold {
	size_t nr;
	int *fds;
};

/**
 * use_hold() - if a function is not in use, keep its disks from being mounted
 * @root: "", or the root of another tree in a test
 * @function: the function
 * @why: who uses it, in one line: USE_WHY bytes
 * @hold: to be given to use_release(), best once the old driver is left and no
 *        other has it: a disk that comes back finds its old name taken till then
 *
 * Disks with file systems, swap or open files, or that are exported, network
 * interfaces that are up, and open character devices.
 *
 * Return: 0, -EBUSY (it is, or that cannot be found out), or -ENOMEM. On failure
 * nothing is held.
 */
int use_hold(const char *root, const struct pci_function *function, char *why,
	     struct use_hold *hold);

/* Let go; again or of a zeroed one does nothing */
void use_release(struct use_hold *hold);

/**
 * use_check() - is a function in use?
 * @root: "", or the root of another tree in a test
 * @function: the function
 * @why: who uses it, in one line: USE_WHY bytes
 *
 * Return: as use_hold(), which sees to it that it stays so.
 */
int use_check(const char *root, const struct pci_function *function, char *why);

/**
 * use_interfaces() - the network interfaces of a function
 * @root: "", or the root of another tree in a test
 * @bdf: PCI address of the function
 * @names: their names; to be given to tree_list_free()
 *
 * Return: 0 or -ENOMEM.
 */
int use_interfaces(const char *root, const char *bdf, struct tree_names *names);

#endif
