/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * PCI functions as sysfs shows them.
 */
#ifndef DMAMEM_TOOLS_PCI_H
#define DMAMEM_TOOLS_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/dmamem/parse.h"
#include "tools/dmamem/tree.h"

#define PCI_DEVICES "/sys/bus/pci/devices"

/* NVM Express, I/O controller */
#define PCI_CLASS_NVME 0x010802

/**
 * struct pci_function - a PCI function
 * @bdf: its address
 * @class: base class, subclass and programming interface
 * @vendor: vendor id
 * @device: device id
 * @driver: what it is bound to, "" if to nothing
 * @group: number of its IOMMU group, "" if it has none
 * @group_type: what the group's addresses are by default: "DMA", "DMA-FQ",
 *              "identity", or "" if it has no group
 * @members: functions of the group, itself included
 * @node: NUMA node, -1 if the kernel does not know
 */
struct pci_function {
	char bdf[PARSE_BDF_SIZE];
	uint32_t class;
	uint16_t vendor;
	uint16_t device;
	char driver[64];
	char group[16];
	char group_type[32];
	struct tree_names members;
	int node;
};

/**
 * pci_function_read() - read about a function
 * @root: "", or the root of another tree in a test
 * @bdf: its address, as sysfs spells it
 * @function: what was found; to be given to pci_function_free()
 *
 * Return: 0, or -ENODEV (there is no such function).
 */
int pci_function_read(const char *root, const char *bdf,
		      struct pci_function *function);

/* Free what pci_function_read() made */
void pci_function_free(struct pci_function *function);

/* Is it a bridge (to another bus, to ISA, of the host)? */
bool pci_is_bridge(const struct pci_function *function);

/* "NVMe controller"; never NULL */
const char *pci_class_name(uint32_t class);

#endif
