/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a machine has, as far as it bears on DMA from user space.
 */
#ifndef DMAMEM_TOOLS_MACHINE_H
#define DMAMEM_TOOLS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MACHINE_TEXT 128
#define MACHINE_NODES 64
#define MACHINE_HUGE_SIZES 4

enum machine_secure_boot {
	MACHINE_NO_EFI,
	MACHINE_SECURE_BOOT_OFF,
	MACHINE_SECURE_BOOT_ON,
	MACHINE_SECURE_BOOT_UNKNOWN,
};

/**
 * struct machine_iommu - what is known of the IOMMUs as a whole
 * @names: of the units, with a space between; "" if there is none
 * @options: the words of the kernel's command line that bear on it
 * @groups: how many groups there are
 * @identity: how many of them have every address let through
 */
struct machine_iommu {
	char names[MACHINE_TEXT];
	char options[MACHINE_TEXT];
	unsigned int groups;
	unsigned int identity;
};

/**
 * struct machine_huge - the hugetlb pages of one size on one node
 * @size: bytes of one
 * @nr: how many are reserved
 * @free: how many of those nobody uses
 */
struct machine_huge {
	uint64_t size;
	uint64_t nr;
	uint64_t free;
};

struct machine_node {
	unsigned int id;
	uint64_t total;
	uint64_t free;
	unsigned int nr_huge;
	struct machine_huge huge[MACHINE_HUGE_SIZES];
};

/**
 * struct machine - what was found; texts are "" where the kernel says nothing
 * @release: of the kernel
 * @architecture: of the processor
 * @distribution: as it calls itself
 * @secure_boot: of the firmware
 * @lockdown: "none", "integrity" or "confidentiality"
 * @sig_enforce: only signed modules are taken
 * @capabilities: effective ones of the process, by CAP_ number
 * @uid: effective user
 * @memlock_limit: bytes that the process may lock, UINT64_MAX: no limit
 * @memlock_hard: up to where it may raise that
 * @thp_enabled: when memory gets transparent huge pages
 * @thp_defrag: when it waits for them
 * @thp_shmem: the same for memfd and tmpfs
 * @iommu: see there
 * @nr_nodes: NUMA nodes
 * @nodes: the first MACHINE_NODES of them
 */
struct machine {
	char release[MACHINE_TEXT];
	char architecture[MACHINE_TEXT];
	char distribution[MACHINE_TEXT];
	enum machine_secure_boot secure_boot;
	char lockdown[32];
	bool sig_enforce;
	uint64_t capabilities;
	unsigned int uid;
	uint64_t memlock_limit;
	uint64_t memlock_hard;
	char thp_enabled[32];
	char thp_defrag[32];
	char thp_shmem[32];
	struct machine_iommu iommu;
	unsigned int nr_nodes;
	struct machine_node nodes[MACHINE_NODES];
};

/**
 * machine_read() - look around
 * @root: "", or the root of another tree in a test
 * @machine: what was found
 */
void machine_read(const char *root, struct machine *machine);

/* machine_memory.c: the nodes, and what is said of transparent huge pages */
void machine_read_memory(const char *root, struct machine *machine);

/* Does the process have a capability? */
bool machine_capable(const struct machine *machine, unsigned int capability);

#endif
