/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Random memory, and random transfers to and from it. Most are right, but now
 * and then there is a mistake.
 */
#ifndef DMAMEM_SELFTESTS_NVME_LAYOUT_H
#define DMAMEM_SELFTESTS_NVME_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "selftests/lib/random.h"

#define NVME_LAYOUT_PAGES 1600
#define NVME_TRANSFER_IOV 40
#define NVME_TRANSFER_MAX_MPS_SHIFT 18

/**
 * struct nvme_layout - memory
 * @va: address of the first page
 * @unit: runs start and end on multiples of this, in DMA addresses and relative
 *        to @va, which need not be one itself
 * @nr_pages: pages of 4 KiB
 * @dma: DMA address of each, or DMAMEM_NO_ADDRESS
 */
struct nvme_layout {
	uint64_t va;
	uint64_t unit;
	size_t nr_pages;
	uint64_t dma[NVME_LAYOUT_PAGES];
};

/**
 * struct nvme_transfer - what a builder is asked for
 * @mps_shift: log2 of the controller's page size
 * @nr_lists: list pages that it may use
 * @metadata: its metadata is described by an SGL, too
 * @nr_iov: segments
 * @iov: the segments
 */
struct nvme_transfer {
	unsigned int mps_shift;
	unsigned int nr_lists;
	bool metadata;
	unsigned int nr_iov;
	struct iovec iov[NVME_TRANSFER_IOV];
};

void nvme_layout_random(struct random *random, struct nvme_layout *layout);
void nvme_transfer_random(struct random *random,
			  const struct nvme_layout *layout,
			  struct nvme_transfer *transfer);

/* For who has to find out what went wrong: to standard error */
void nvme_transfer_print(const struct nvme_layout *layout,
			 const struct nvme_transfer *transfer);

/* Turn it into one for SGLs: any alignment, and bit buckets in between */
void nvme_transfer_loosen(struct random *random,
			  struct nvme_transfer *transfer);

#endif
