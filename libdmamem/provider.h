/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the memory layer asks of whoever talks to the kernel.
 */
#ifndef DMAMEM_PROVIDER_H
#define DMAMEM_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include <dmamem/dmamem.h>

#include "libdmamem/explain.h"
#include "libdmamem/facts.h"
#include "libdmamem/fitness.h"
#include "libdmamem/run.h"

/**
 * struct dmamem_provider - where DMA addresses come from
 * @ops: its functions
 * @page_size: unit of pinning in bytes, a multiple of 4 KiB; like @hugetlb_size
 *             and @mode it never changes
 * @hugetlb_size: if not 0, only hugetlb memory can be pinned, and this is the
 *                size in bytes of pages to allocate
 * @mode: what its addresses are
 * @fitness: which addresses the devices can use
 * @owner: process that opened it
 * @reason: why it was chosen
 * @explanation: the provider writes here in words why a call failed
 *
 * The memory layer serialises all calls.
 */
struct dmamem_provider {
	const struct dmamem_provider_ops *ops;
	uint64_t page_size;
	uint64_t hugetlb_size;
	enum dmamem_iova_mode mode;
	struct dmamem_fitness fitness;
	pid_t owner;
	char reason[DMAMEM_EXPLANATION_SIZE];
	char explanation[DMAMEM_EXPLANATION_SIZE];
};

/**
 * struct dmamem_provider_ops - functions of a provider
 * @name: as in struct dmamem_options
 * @pin: hold the pages of a range, a multiple of @page_size; @region names it
 *       from then on. 0, or -errno with nothing held.
 * @runs: describe a region from *@offset on by up to @nr runs, at least one, and
 *        advance *@offset past them. 0, or -errno.
 * @unpin: let go of a region; cannot fail. In the child of a fork(): only free
 *         what the child has of it
 * @add_device: take another device in; may be NULL
 * @device_fd: file of a device, -ENODEV if there is none; may be NULL
 * @module_fd: file that regions belong to, in whatever process; may be NULL
 * @adopt: see that there is a region, of so many bytes; with @module_fd. 0,
 *         -ENOENT, -EINVAL (other length) or what the kernel says
 * @close: free the provider; all its regions are gone
 */
struct dmamem_provider_ops {
	const char *name;
	int (*pin)(struct dmamem_provider *provider, uint64_t addr,
		   uint64_t len, uint64_t *region);
	int (*runs)(struct dmamem_provider *provider, uint64_t region,
		    uint64_t *offset, struct dmamem_run *runs, size_t nr);
	void (*unpin)(struct dmamem_provider *provider, uint64_t region);
	int (*add_device)(struct dmamem_provider *provider,
			  const struct dmamem_facts *facts, char *why);
	int (*device_fd)(struct dmamem_provider *provider, const char *device);
	int (*module_fd)(struct dmamem_provider *provider);
	int (*adopt)(struct dmamem_provider *provider, uint64_t region,
		     uint64_t len);
	void (*close)(struct dmamem_provider *provider);
};

/* provider.c */
const char *dmamem_mode_name(enum dmamem_iova_mode mode);
void dmamem_provider_init(struct dmamem_provider *provider,
			  const struct dmamem_provider_ops *ops);

/**
 * dmamem_provider_is_owned() - is this the process that opened it?
 * @provider: the provider
 *
 * Its files outlive a fork(), but they mean the parent's memory.
 *
 * Return: whether it is.
 */
bool dmamem_provider_is_owned(const struct dmamem_provider *provider);

/**
 * dmamem_provider_runs() - what the device can use of a region
 * @provider: the provider
 * @region: from its @pin
 * @addr: where the process has the region
 * @offset: see @runs of struct dmamem_provider_ops
 * @runs: see there
 * @nr: see there
 *
 * Return: 0, -ERANGE (a run does not fit the device), or the provider's
 * error.
 */
int dmamem_provider_runs(struct dmamem_provider *provider, uint64_t region,
			 uint64_t addr, uint64_t *offset,
			 struct dmamem_run *runs, size_t nr);

/*
 * Each opens its kind: 0, or -errno with words in @why, which has room for
 * DMAMEM_EXPLANATION_SIZE bytes
 */
int dmamem_provider_kmod_open(const char *node, enum dmamem_iova_mode mode,
			      struct dmamem_provider **provider, char *why);
/* The file stays the caller's until it is taken */
int dmamem_provider_kmod_open_fd(int fd, enum dmamem_iova_mode mode,
				 struct dmamem_provider **provider, char *why);
void dmamem_provider_kmod_take_fd(struct dmamem_provider *provider);
int dmamem_provider_vfio_open(const struct dmamem_options *options,
			      const struct dmamem_facts *facts,
			      struct dmamem_provider **provider, char *why);
int dmamem_provider_hugepage_open(const struct dmamem_facts *facts,
				  struct dmamem_provider **provider, char *why);

#endif
