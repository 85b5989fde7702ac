// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PCI functions as sysfs shows them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/pci.h"

#define BASE_BRIDGE 0x06

static int attribute(const char *root, const char *bdf, const char *name,
		     int otherwise)
{
	return (int)tree_number(root, (uint64_t)otherwise, PCI_DEVICES "/%s/%s",
				bdf, name);
}

int pci_function_read(const char *root, const char *bdf,
		      struct pci_function *function)
{
	memset(function, 0, sizeof(*function));
	if (!tree_exists(root, PCI_DEVICES "/%s", bdf))
		return -ENODEV;
	snprintf(function->bdf, sizeof(function->bdf), "%s", bdf);
	function->class = attribute(root, bdf, "class", 0);
	function->vendor = attribute(root, bdf, "vendor", 0);
	function->device = attribute(root, bdf, "device", 0);
	function->node = attribute(root, bdf, "numa_node", -1);
	tree_link(root, function->driver, sizeof(function->driver),
		  PCI_DEVICES "/%s/driver", bdf);
	tree_link(root, function->group, sizeof(function->group),
		  PCI_DEVICES "/%s/iommu_group", bdf);
	tree_read(root, function->group_type, sizeof(function->group_type),
		  PCI_DEVICES "/%s/iommu_group/type", bdf);
	tree_list(root, &function->members,
		  PCI_DEVICES "/%s/iommu_group/devices", bdf);
	return 0;
}

void pci_function_free(struct pci_function *function)
{
	tree_list_free(&function->members);
}

bool pci_is_bridge(const struct pci_function *function)
{
	return function->class >> 16 == BASE_BRIDGE;
}

/* PCI Code and ID Assignment Specification; the last that fits decides */
static const struct {
	uint32_t class;
	unsigned int shift;
	const char *name;
} class_names[] = {
	{ 0x00, 16, "old device" },
	{ 0x01, 16, "storage controller" },
	{ 0x0106, 8, "SATA controller" },
	{ 0x0107, 8, "SAS controller" },
	{ 0x0108, 8, "NVM controller" },
	{ PCI_CLASS_NVME, 0, "NVMe controller" },
	{ 0x02, 16, "network controller" },
	{ 0x0200, 8, "Ethernet controller" },
	{ 0x0207, 8, "InfiniBand controller" },
	{ 0x03, 16, "display controller" },
	{ 0x0300, 8, "VGA controller" },
	{ 0x04, 16, "multimedia device" },
	{ 0x0403, 8, "audio device" },
	{ 0x05, 16, "memory controller" },
	{ 0x0502, 8, "CXL memory" },
	{ 0x06, 16, "bridge" },
	{ 0x0600, 8, "host bridge" },
	{ 0x0601, 8, "ISA bridge" },
	{ 0x0604, 8, "PCI bridge" },
	{ 0x07, 16, "communication controller" },
	{ 0x08, 16, "system peripheral" },
	{ 0x0806, 8, "IOMMU" },
	{ 0x09, 16, "input device" },
	{ 0x0b, 16, "processor" },
	{ 0x0c, 16, "serial bus controller" },
	{ 0x0c03, 8, "USB controller" },
	{ 0x0c05, 8, "SMBus" },
	{ 0x0d, 16, "wireless controller" },
	{ 0x0e, 16, "intelligent controller" },
	{ 0x0f, 16, "satellite controller" },
	{ 0x10, 16, "encryption controller" },
	{ 0x11, 16, "signal processing controller" },
	{ 0x12, 16, "processing accelerator" },
};

const char *pci_class_name(uint32_t class)
{
	const char *name = "PCI function";

	for (size_t i = 0; i < sizeof(class_names) / sizeof(*class_names); i++)
		if (class >> class_names[i].shift == class_names[i].class)
			name = class_names[i].name;
	return name;
}
