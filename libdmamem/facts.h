/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What this machine has, as far as it decides where DMA addresses come from.
 */
#ifndef DMAMEM_FACTS_H
#define DMAMEM_FACTS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum dmamem_iommu - what stands between a function and the memory
 * @DMAMEM_IOMMU_NONE: nothing: it uses physical addresses
 * @DMAMEM_IOMMU_IDENTITY: an IOMMU that is told to let every address through
 * @DMAMEM_IOMMU_TRANSLATES: an IOMMU that stops what was not mapped
 * @DMAMEM_IOMMU_PRETENDED: nothing, but VFIO's no-IOMMU mode gave the function a
 *                          group all the same
 * @DMAMEM_IOMMU_UNDECIDED: one that the kernel sets up for a function only once
 *                          a driver is bound to it (arm64)
 */
enum dmamem_iommu {
	DMAMEM_IOMMU_NONE,
	DMAMEM_IOMMU_IDENTITY,
	DMAMEM_IOMMU_TRANSLATES,
	DMAMEM_IOMMU_PRETENDED,
	DMAMEM_IOMMU_UNDECIDED,
};

/**
 * struct dmamem_facts - what was found
 * @capabilities: effective ones of the process, by CAP_ number
 * @memory_first: lowest physical address of memory
 * @memory_last: highest physical address of memory; 0: the process may not know
 * @node: /dev/dmamem is there
 * @hugetlb_size: bytes of the huge pages that the kernel gives if none are
 *                named, 0 if it knows none
 * @hugetlb_unit: bytes of the smallest huge page that it knows
 * @hugetlb_free: bytes of free hugetlb pages of all sizes
 * @device: PCI address of the function in question, "" if none
 * @device_node: /dev/dmamem-<device> is there
 * @driver: driver that @device is bound to, "" if to none
 * @group: its IOMMU group's number, "" if it has none
 * @iommu: what translates for it
 */
struct dmamem_facts {
	uint64_t capabilities;
	uint64_t memory_first;
	uint64_t memory_last;
	bool node;
	uint64_t hugetlb_size;
	uint64_t hugetlb_unit;
	uint64_t hugetlb_free;
	char device[24];
	bool device_node;
	char driver[64];
	char group[16];
	enum dmamem_iommu iommu;
};

/**
 * dmamem_facts_read() - look around
 * @root: "/", or the root of another tree in a test
 * @device: PCI address of a function, or NULL
 * @facts: what was found
 *
 * Return: 0, or
 * -EINVAL (@device is not a PCI address),
 * -ENODEV (there is no such function),
 * or the error of opening @root.
 */
int dmamem_facts_read(const char *root, const char *device,
		      struct dmamem_facts *facts);

/**
 * dmamem_facts_capable() - does the process have a capability?
 * @facts: the facts
 * @capability: its number
 *
 * Return: whether it has.
 */
bool dmamem_facts_capable(const struct dmamem_facts *facts,
			  unsigned int capability);

/**
 * dmamem_parse_device() - bring a PCI address into the kernel's form
 * @device: domain:bus:device.function, or without the domain
 * @name: "0000:00:04.0"
 *
 * Return: 0 or -EINVAL.
 */
int dmamem_parse_device(const char *device, char name[24]);

#endif
