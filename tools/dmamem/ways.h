/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The ways to DMA addresses that the library sees, and what to do where it sees
 * none.
 */
#ifndef DMAMEM_TOOLS_WAYS_H
#define DMAMEM_TOOLS_WAYS_H

#include <stdbool.h>

#include "tools/dmamem/machine.h"
#include "tools/dmamem/pci.h"

/* Room for a reason, and for a remedy */
#define WAYS_TEXT 512

/**
 * struct way - what the library says of a provider
 * @asked: the provider that it was asked about, "auto" among them
 * @provider: the one that it takes, NULL if it fails
 * @error: why it fails, -errno
 * @modes: bit n is set when it has DMAMEM_IOVA mode n
 * @reason: why it works or fails, in words
 */
struct way {
	const char *asked;
	const char *provider;
	int error;
	unsigned int modes;
	char reason[WAYS_TEXT];
};

/**
 * ways_ask() - ask the library; opens nothing
 * @asked: "auto", "kmod", "vfio" or "hugepage"
 * @function: the function in question, or NULL
 * @machine: what the machine has
 * @way: the answer
 */
void ways_ask(const char *asked, const struct pci_function *function,
	      const struct machine *machine, struct way *way);

/**
 * ways_remedy() - what to do so that a way works
 * @way: a way that fails, or works only in part
 * @function: the function in question, or NULL
 * @machine: what the machine has
 * @remedy: WAYS_TEXT bytes: one line without its end, "" if nothing can be done
 */
void ways_remedy(const struct way *way, const struct pci_function *function,
		 const struct machine *machine, char *remedy);

/* The remedy for want of an IOMMU */
void ways_get_iommu(const struct machine *machine, char *remedy);

/* "va or dma"; "none" without any */
const char *ways_mode_names(unsigned int modes);

#endif
