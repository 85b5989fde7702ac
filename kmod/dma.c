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

#define ENTRY_BYTES ((u64)SZ_2G)

/*
 * No mapping that the CPU must synchronise is accepted: say so, or the checks
 * of the DMA API take two regions with a page in common for a mistake.
 */
#define DMA_ATTRS DMA_ATTR_SKIP_CPU_SYNC

static enum dma_data_direction region_direction(struct dmamem_region *region)
{
	return region->flags & DMAMEM_PIN_WRITE ? DMA_BIDIRECTIONAL :
						  DMA_TO_DEVICE;
}

/* Without translation: can the function reach all pages? Else, how far? */
static enum dmamem_cause check_mask(struct dmamem_region *region, u64 *offset)
{
	struct device *device = &region->ctx->dev->pdev->dev;
	u64 first, length, mask = dma_get_mask(device);
	struct dmamem_cursor cur;
	u64 off = 0;

	dmamem_cursor_init(&cur, &region->runs);
	do {
		first = phys_to_dma(device, dmamem_cursor_run(&cur)->dma_addr);
		length = dmamem_cursor_run(&cur)->length;
		if (first + length - 1 > mask) {
			if (first <= mask)
				off += round_down(mask + 1 - first, PAGE_SIZE);
			*offset = off;
			return DMAMEM_CAUSE_MASK;
		}
		off += length;
	} while (dmamem_cursor_next(&cur, length));
	return DMAMEM_CAUSE_NONE;
}

/* Where a DMA address leads */
static phys_addr_t behind(struct dmamem_device *dev, dma_addr_t addr)
{
	if (dev->domain)
		return iommu_iova_to_phys(dev->domain, addr);
	return dma_to_phys(&dev->pdev->dev, addr);
}

static u64 cursor_addr(const struct dmamem_cursor *cur)
{
	return dmamem_cursor_run(cur)->dma_addr + cur->into;
}

static u64 cursor_left(const struct dmamem_cursor *cur)
{
	return dmamem_cursor_run(cur)->length - cur->into;
}

/* Does each run of DMA addresses lead to the run of pages that it stands for? */
static enum dmamem_cause check_bounce(struct dmamem_region *region)
{
	struct dmamem_device *dev = region->ctx->dev;
	struct dmamem_cursor page, dma;
	u64 step;

	if (!dev_is_dma_coherent(&dev->pdev->dev))
		return DMAMEM_CAUSE_BOUNCE;

	dmamem_cursor_init(&page, &region->runs);
	dmamem_cursor_init(&dma, &region->dma);
	do {
		if (behind(dev, cursor_addr(&dma)) != cursor_addr(&page))
			return DMAMEM_CAUSE_BOUNCE;
		step = min(cursor_left(&page), cursor_left(&dma));
	} while (dmamem_cursor_next(&page, step) &&
		 dmamem_cursor_next(&dma, step));
	return DMAMEM_CAUSE_NONE;
}

/* Entries of a scatterlist for runs: none longer than an unsigned int holds */
static unsigned int count_entries(const struct dmamem_runs *runs)
{
	struct dmamem_cursor cur;
	unsigned int nr = 0;

	dmamem_cursor_init(&cur, runs);
	do
		nr++;
	while (dmamem_cursor_next(&cur, min(cursor_left(&cur), ENTRY_BYTES)));
	return nr;
}

static int build_sgt(struct dmamem_region *region)
{
	struct dmamem_cursor cur;
	struct scatterlist *sg;
	unsigned int i;
	u64 bytes;
	int ret;

	ret = sg_alloc_table(&region->sgt, count_entries(&region->runs),
			     GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret;

	dmamem_cursor_init(&cur, &region->runs);
	for_each_sgtable_sg(&region->sgt, sg, i) {
		bytes = min(cursor_left(&cur), ENTRY_BYTES);
		sg_set_page(sg, pfn_to_page(PHYS_PFN(cursor_addr(&cur))), bytes,
			    0);
		dmamem_cursor_next(&cur, bytes);
	}
	return 0;
}

static int collect_addresses(struct dmamem_region *region)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&region->sgt, sg, i) {
		if (dmamem_runs_append(&region->dma, sg_dma_address(sg),
				       sg_dma_len(sg)))
			return -ENOMEM;
		if (!(i % 1024))
			cond_resched();
	}
	return 0;
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
	dma_unmap_sgtable(&dev->pdev->dev, &region->sgt,
			  region_direction(region), DMA_ATTRS);
	sg_free_table(&region->sgt);
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
	if (build_sgt(region))
		return DMAMEM_CAUSE_NO_MEMORY;

	ret = dma_map_sgtable(&dev->pdev->dev, &region->sgt,
			      region_direction(region), DMA_ATTRS);
	if (ret) {
		sg_free_table(&region->sgt);
		return map_error(region, ret);
	}
	region->mapped = true;
	spin_lock(&dev->mapped_lock);
	list_add(&region->mapped_entry, &dev->mapped);
	spin_unlock(&dev->mapped_lock);

	if (collect_addresses(region))
		return DMAMEM_CAUSE_NO_MEMORY;
	return check_bounce(region);
}

/**
 * dmamem_map - give a region addresses of its function
 * @region: The region, complete; on failure it is released as any other
 * @offset: With DMAMEM_CAUSE_MASK, the first offset out of reach
 *
 * Return: DMAMEM_CAUSE_NONE, MASK, BOUNCE, IOVA, NO_MEMORY or GONE
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
