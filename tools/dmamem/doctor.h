/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * All that dmamem doctor finds out, and the two ways of showing it.
 */
#ifndef DMAMEM_TOOLS_DOCTOR_H
#define DMAMEM_TOOLS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/dmamem/machine.h"
#include "tools/dmamem/module.h"
#include "tools/dmamem/pci.h"
#include "tools/dmamem/ways.h"

enum doctor_way {
	DOCTOR_AUTO,
	DOCTOR_VFIO,
	DOCTOR_KMOD,
	DOCTOR_HUGEPAGE,
	DOCTOR_NR_WAYS,
};

/**
 * struct doctor_function - what was found of a function
 * @pci: what sysfs says
 * @node: device file of a driver for user space, "" if there is none
 * @disks: block devices that its driver made
 * @interfaces: network interfaces that its driver made
 * @ways: what the library says
 */
struct doctor_function {
	struct pci_function pci;
	char node[64];
	struct tree_names disks;
	struct tree_names interfaces;
	struct way ways[DOCTOR_NR_WAYS];
};

/**
 * struct doctor - what was found
 * @machine: what the machine has
 * @module: dmamem.ko as it is loaded
 * @file: dmamem.ko as it could be loaded
 * @file_error: why there is no @file, -errno
 * @ways: what the library says when no function is named
 * @nr: how many functions were looked at
 * @functions: the functions
 * @bridges: how many were left out because they are bridges
 */
struct doctor {
	struct machine machine;
	struct module_state module;
	struct module_file file;
	int file_error;
	struct way ways[DOCTOR_NR_WAYS];
	size_t nr;
	struct doctor_function *functions;
	unsigned int bridges;
};

/* doctor_text.c: print it for people */
void doctor_print(const struct doctor *doctor);

/* doctor_json.c: print it for programs. An exit code */
int doctor_print_json(const struct doctor *doctor);

#endif
