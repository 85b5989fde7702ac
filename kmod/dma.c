// SPDX-License-Identifier: GPL-2.0
/*
 * The addresses of a region as a PCI function must use them, by the DMA API.
 *
 * The device writes straight to the pages, at any time, with no call in
 * between: a mapping that goes through a bounce buffer, or that the CPU must
 * synchronise, would be a quiet lie and is refused.
 */
#include <linux/dma-direct.h>
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/pci.h>

#include "dmamem.h"

static enum dma_data_direction region_direction(struct dmamem_region *region)
{
	return region->flags & DMAMEM_PIN_WRITE ? DMA_BIDIRECTIONAL :
						  DMA_TO_DEVICE;
}

/* Without translation: can the function reach all pages? Else, how far? */
static enum dmamem_cause check_mask(struct dmamem_region *region, u64 *offset)
{
	struct device *device = &region->ctx->dev->pdev->dev;
	struct scatterlist *sg = region->runs.sgt.sgl;
	unsigned int i, nr = region->runs.sgt.orig_nents;
	u64 mask = dma_get_mask(device);
	u64 first, off = 0;

	for (i = 0; i < nr; i++, sg = dmamem_next_run(sg)) {
		first = phys_to_dma(device, sg_phys(sg));
		if (first + sg->length - 1 > mask) {
			if (first <= mask)
				off += round_down(mask + 1 - first, PAGE_SIZE);
			*offset = off;
			return DMAMEM_CAUSE_MASK;
		}
		off += sg->length;
	}
	return DMAMEM_CAUSE_NONE;
}

/* Where a DMA address leads */
static phys_addr_t behind(struct dmamem_device *dev, dma_addr_t addr)
{
	if (dev->domain)
		return iommu_iova_to_phys(dev->domain, addr);
	return dma_to_phys(&dev->pdev->dev, addr);
}

/* Is each run where its DMA address leads? Runs may be joined in a segment */
static enum dmamem_cause check_bounce(struct dmamem_region *region)
{
	struct dmamem_device *dev = region->ctx->dev;
	struct scatterlist *sg = region->runs.sgt.sgl, *dma = sg;
	unsigned int i, into = 0, nr = region->runs.sgt.orig_nents;

	if (!dev_is_dma_coherent(&dev->pdev->dev))
		return DMAMEM_CAUSE_BOUNCE;

	for (i = 0; i < nr; i++, sg = dmamem_next_run(sg)) {
		if (into == sg_dma_len(dma)) {
			dma = dmamem_next_run(dma);
			into = 0;
		}
		if (behind(dev, sg_dma_address(dma) + into) != sg_phys(sg))
			return DMAMEM_CAUSE_BOUNCE;
		into += sg->length;
		if (!(i % 1024))
			cond_resched();
	}
	return DMAMEM_CAUSE_NONE;
}

static enum dmamem_cause map_error(struct dmamem_region *region, int error)
{
	u64 mask = dma_get_mask(&region->ctx->dev->pdev->dev);

	if (error != -ENOMEM)
		return DMAMEM_CAUSE_BOUNCE;
	/*
	 * It does not say memory for what. Addresses are handed out in powers
	 * of two and around holes: with a quarter gone they may have run out.
	 * (The count includes this region.)
	 */
	if (atomic64_read(&region->ctx->pinned) > mask / 4)
		return DMAMEM_CAUSE_IOVA;
	return DMAMEM_CAUSE_NO_MEMORY;
}

static void unmap(struct dmamem_device *dev, struct dmamem_region *region)
{
	dma_unmap_sgtable(&dev->pdev->dev, &region->runs.sgt,
			  region_direction(region), 0);
	region->mapped = false;

	spin_lock(&dev->mapped_lock);
	list_del(&region->mapped_entry);
	spin_unlock(&dev->mapped_lock);
}

/*
 * The DMA API may leave the translation in the IOTLB for a while. The pages are
 * about to be somebody else's: a while is too long.
 */
static void flush(struct dmamem_device *dev)
{
	if (dev->domain)
		iommu_flush_iotlb_all(dev->domain);
}

static enum dmamem_cause map(struct dmamem_region *region, u64 *offset)
{
	struct dmamem_device *dev = region->ctx->dev;
	enum dmamem_cause cause = DMAMEM_CAUSE_NONE;
	int ret;

	if (!dev->domain)
		cause = check_mask(region, offset);
	if (cause)
		return cause;

	ret = dma_map_sgtable(&dev->pdev->dev, &region->runs.sgt,
			      region_direction(region), 0);
	if (ret)
		return map_error(region, ret);

	region->mapped = true;
	spin_lock(&dev->mapped_lock);
	list_add(&region->mapped_entry, &dev->mapped);
	spin_unlock(&dev->mapped_lock);
	return check_bounce(region);
}

/**
 * dmamem_map - give a region addresses of its function
 * @region: The region, complete; on failure it is released as any other
 * @offset: With DMAMEM_CAUSE_MASK, the first offset out of reach
 */
enum dmamem_cause dmamem_map(struct dmamem_region *region, u64 *offset)
{
	struct dmamem_device *dev = region->ctx->dev;
	enum dmamem_cause cause = DMAMEM_CAUSE_GONE;

	down_read(&dev->lock);
	if (!dev->gone)
		cause = map(region, offset);
	up_read(&dev->lock);
	return cause;
}

/* Take the addresses back: when this returns the function has no access */
void dmamem_unmap(struct dmamem_device *dev, struct dmamem_region *region)
{
	down_read(&dev->lock);
	if (region->mapped) {
		unmap(dev, region);
		flush(dev);
	}
	up_read(&dev->lock);
}

/* The function goes away; called with @dev->lock held for writing */
void dmamem_unmap_all(struct dmamem_device *dev)
{
	struct dmamem_region *region, *next;

	list_for_each_entry_safe(region, next, &dev->mapped, mapped_entry)
		unmap(dev, region);
	flush(dev);
}
