/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * QEMU's edu device with a context that gives it addresses, whatever provides
 * them.
 */
#ifndef DMAMEM_SELFTESTS_DMA_RIG_H
#define DMAMEM_SELFTESTS_DMA_RIG_H

#include <stdbool.h>

#include <dmamem/alloc.h>
#include <dmamem/memory.h>

#include "selftests/lib/edu.h"

struct dma_rig {
	struct edu edu;
	struct dmamem_context *ctx;
	char why[512];
};

/**
 * dma_rig_open() - bind the device, and open a context for it
 * @rig: what becomes of it
 * @driver: to bind it to; NULL: to none
 * @provider: as in struct dmamem_options
 * @mode: as there
 *
 * Return: 0, -ENODEV (no such device), -ENOENT (no such driver, or it does not
 * take the device), or the error of dmamem_open() with words in @rig->why.
 */
int dma_rig_open(struct dma_rig *rig, const char *driver, const char *provider,
		 enum dmamem_iova_mode mode);

/* Turn a device's bus mastering on and map its registers; 0 or -errno */
int dma_rig_map_device(struct dmamem_context *ctx, struct edu *edu);

void dma_rig_close(struct dma_rig *rig);

/* Have the device copy from one address to another; 0 or -errno */
int dma_rig_copy(struct dma_rig *rig, const void *from, const void *to);

/* Does an IOMMU keep the device from what was not mapped? */
bool dma_rig_translated(const struct dma_rig *rig);

/* Faults that the IOMMU has reported of an address, since the machine started */
int dma_rig_faults(uint64_t dma_addr);

/* Wait until there are more than @before of them; -ETIMEDOUT after 5 seconds */
int dma_rig_wait_fault(uint64_t dma_addr, int before);

/* Small private pages; of hugetlb where the provider takes no other memory */
void *dma_rig_map(const struct dma_rig *rig, size_t len, int flags);

#endif
