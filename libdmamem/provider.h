/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the memory layer asks of whoever talks to the kernel.
 */
#ifndef DMAMEM_PROVIDER_H
#define DMAMEM_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/dmamem.h>

#include "libdmamem/map_private.h"

#define DMAMEM_EXPLANATION_SIZE 256

/**
 * struct dmamem_provider - where DMA addresses come from
 * @ops: its functions
 * @page_size: unit of pinning in bytes, a multiple of 4 KiB
 * @explanation: the provider writes here in words why a call failed
 *
 * The memory layer serialises all calls.
 */
struct dmamem_provider {
	const struct dmamem_provider_ops *ops;
	uint64_t page_size;
	char explanation[DMAMEM_EXPLANATION_SIZE];
};

/**
 * struct dmamem_provider_ops - functions of a provider
 * @pin: hold the pages of a range, a multiple of @page_size; @region names it
 *       from then on. 0, or -errno with nothing held.
 * @runs: describe a region from *@offset on by up to @nr runs, at least one, and
 *        advance *@offset past them. 0, or -errno.
 * @unpin: let go of a region; cannot fail
 * @close: free the provider; all its regions are gone
 */
struct dmamem_provider_ops {
	int (*pin)(struct dmamem_provider *provider, uint64_t addr,
		   uint64_t len, uint64_t *region);
	int (*runs)(struct dmamem_provider *provider, uint64_t region,
		    uint64_t *offset, struct dmamem_run *runs, size_t nr);
	void (*unpin)(struct dmamem_provider *provider, uint64_t region);
	void (*close)(struct dmamem_provider *provider);
};

int dmamem_provider_kmod_open(const struct dmamem_options *options,
			      struct dmamem_provider **provider);

#endif
