/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * An NVMe controller that a test may do anything to, and scattered memory to
 * do it with.
 */
#ifndef DMAMEM_SELFTESTS_NVME_RIG_H
#define DMAMEM_SELFTESTS_NVME_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "tools/nvme/nvme.h"

#define NVME_RIG_GUARD 0xa5
#define NVME_RIG_PAGE ((size_t)4096)

/**
 * struct nvme_rig - a controller and memory
 * @bdf: its PCI address
 * @ctx: context of @ctrl and @memory
 * @ctrl: the controller, up
 * @ns: its first namespace
 * @memory: registered pages, in no physical order
 * @nr_pages: their number, of NVME_RIG_PAGE
 * @mapped: bytes mapped at @memory
 */
struct nvme_rig {
	const char *bdf;
	struct dmamem_context *ctx;
	struct nvme_controller *ctrl;
	struct nvme_namespace ns;
	unsigned char *memory;
	size_t nr_pages;
	size_t mapped;
};

/**
 * nvme_rig_bdf() - a controller whose disk a test may overwrite
 * @index: which, from 0
 *
 * They are listed in the environment variable DMAMEM_NVME, which a guest sets;
 * on a real machine whoever runs the tests must say so.
 *
 * Return: its PCI address, until the next call; NULL if there is none.
 */
const char *nvme_rig_bdf(unsigned int index);

/**
 * nvme_rig_driver_suits() - do addresses that fit come from a driver?
 * @driver: what the controller is to be bound to, NULL for nothing
 * @bdf: its PCI address
 *
 * Return: 1 if what translates for the controller goes with it.
 */
int nvme_rig_driver_suits(const char *driver, const char *bdf);

/**
 * nvme_rig_open_context() - where the addresses for a controller come from
 * @bdf: its PCI address
 * @ctx: of VFIO, of its device file or of /dev/dmamem, as it is bound
 *
 * Return: 0, or an error of dmamem_open().
 */
int nvme_rig_open_context(const char *bdf, struct dmamem_context **ctx);

/**
 * nvme_rig_open() - bring a controller up, and register memory
 * @rig: what becomes of it
 * @bdf: the controller's PCI address
 * @nr_pages: how much memory
 * @seed: of the pages' order
 *
 * Return: 0, or -errno; nvme_rig_close() either way.
 */
int nvme_rig_open(struct nvme_rig *rig, const char *bdf, size_t nr_pages,
		  uint64_t seed);

/**
 * nvme_rig_open_with() - the same with addresses of a certain provider
 * @rig: what becomes of it
 * @bdf: the controller's PCI address
 * @provider: as in struct dmamem_options. With "hugepage" the memory is
 *            hugetlb memory, in whatever order that comes.
 * @nr_pages: how much memory
 * @seed: of the pages' order
 *
 * Return: 0, or -errno; nvme_rig_close() either way.
 */
int nvme_rig_open_with(struct nvme_rig *rig, const char *bdf,
		       const char *provider, size_t nr_pages, uint64_t seed);

/**
 * nvme_rig_close() - shut the controller down, and give everything back
 * @rig: from nvme_rig_open()
 *
 * Return: 0, or an error of nvme_close().
 */
int nvme_rig_close(struct nvme_rig *rig);

/**
 * nvme_rig_blocks() - blocks that some bytes fill
 * @rig: for the size of a block
 * @bytes: how many
 *
 * Return: their number, rounded down.
 */
uint64_t nvme_rig_blocks(const struct nvme_rig *rig, uint64_t bytes);

/**
 * nvme_rig_guarded() - are bytes still what they were poisoned with?
 * @from: first byte
 * @to: after the last one
 *
 * Return: 1 if all are NVME_RIG_GUARD.
 */
int nvme_rig_guarded(const unsigned char *from, const unsigned char *to);

#endif
