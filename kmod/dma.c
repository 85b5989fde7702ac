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
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "dmamem.h"

/*
 * What is mapped in one go. The DMA API looks neither at the scheduler nor at
 * signals meanwhile; and its addresses are consecutive as far only as this goes,
 * so that it should not be little. A power of two, as it rounds up to one.
 */
#define PART_ENTRIES 16384
#define PART_BYTES ((u64)SZ_1G)

/*
 * No mapping that the CPU must synchronise is accepted: say so, or the checks
 * of the DMA API take two regions with a page in common for a mistake.
 */
#define DMA_ATTRS DMA_ATTR_SKIP_CPU_SYNC

/**
 * struct dmamem_part - part of a region that was mapped in one go
 * @next: The one that was mapped before it
 * @sgt: Its pages and its addresses
 */
struct dmamem_part {
	struct dmamem_part *next;
	struct sg_table sgt;
};

static enum dma_data_direction region_direction(struct dmamem_region *region)
{
	return region->flags & DMAMEM_PIN_WRITE ? DMA_BIDIRECTIONAL :
						  DMA_TO_DEVICE;
}

/* Entries of a scatterlist for the part at the cursor */
static unsigned int count_entries(struct dmamem_cursor cur)
{
	u64 step, bytes = PART_BYTES;
	unsigned int nr = 0;

	do {
		step = min(dmamem_cursor_rest(&cur).length, bytes);
		bytes -= step;
		nr++;
	} while (bytes && nr < PART_ENTRIES && dmamem_cursor_next(&cur, step));
	return nr;
}

/* Without translation: how many bytes from an address can the function reach? */
static u64 within_mask(struct dmamem_device *dev, phys_addr_t addr, u64 bytes)
{
	u64 first = phys_to_dma(&dev->pdev->dev, addr);
	u64 mask = dma_get_mask(&dev->pdev->dev);

	if (dev->domain || first + bytes - 1 <= mask)
		return bytes;
	return first > mask ? 0 : round_down(mask + 1 - first, PAGE_SIZE);
}

/* Fill a part from the cursor on; *@offset goes along, to what is not reached */
static enum dmamem_cause fill_part(struct dmamem_device *dev,
				   struct dmamem_part *part,
				   struct dmamem_cursor *cur, u64 *offset)
{
	u64 step, done, bytes = PART_BYTES;
	struct dmamem_extent rest;
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_sg(&part->sgt, sg, i) {
		rest = dmamem_cursor_rest(cur);
		step = min(rest.length, bytes);
		done = within_mask(dev, rest.dma_addr, step);
		*offset += done;
		if (done < step)
			return DMAMEM_CAUSE_MASK;
		sg_set_page(sg, pfn_to_page(PHYS_PFN(rest.dma_addr)), step, 0);
		dmamem_cursor_next(cur, step);
		bytes -= step;
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

/* Do the addresses of a part lead to its pages? Entries are joined, not cut */
static bool bounces(struct dmamem_device *dev, struct dmamem_part *part)
{
	struct scatterlist *sg, *dma = part->sgt.sgl;
	unsigned int i, into = 0;

	if (!dev_is_dma_coherent(&dev->pdev->dev))
		return true;

	for_each_sgtable_sg(&part->sgt, sg, i) {
		if (behind(dev, sg_dma_address(dma) + into) != sg_phys(sg))
			return true;
		into += sg->length;
		if (into == sg_dma_len(dma)) {
			dma = sg_next(dma);
			into = 0;
		}
	}
	return false;
}

static enum dmamem_cause collect_addresses(struct dmamem_region *region,
					   struct dmamem_part *part)
{
	struct scatterlist *sg;
	unsigned int i;

	for_each_sgtable_dma_sg(&part->sgt, sg, i)
		if (dmamem_runs_append(&region->dma, sg_dma_address(sg),
				       sg_dma_len(sg)))
			return DMAMEM_CAUSE_NO_MEMORY;
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

static enum dmamem_cause map_filled(struct dmamem_region *region,
				    struct dmamem_part *part)
{
	struct dmamem_device *dev = region->ctx->dev;
	int ret;

	ret = dma_map_sgtable(&dev->pdev->dev, &part->sgt,
			      region_direction(region), DMA_ATTRS);
	if (ret)
		return map_error(region, ret);

	if (!region->parts) {
		spin_lock(&dev->mapped_lock);
		list_add(&region->mapped_entry, &dev->mapped);
		spin_unlock(&dev->mapped_lock);
	}
	part->next = region->parts;
	region->parts = part;
	return DMAMEM_CAUSE_NONE;
}

/* Map the next part; *@offset goes along */
static enum dmamem_cause map_part(struct dmamem_region *region,
				  struct dmamem_cursor *cur, u64 *offset)
{
	struct dmamem_part *part;
	enum dmamem_cause cause;

	part = kmalloc(sizeof(*part), GFP_KERNEL_ACCOUNT);
	if (!part)
		return DMAMEM_CAUSE_NO_MEMORY;
	if (sg_alloc_table(&part->sgt, count_entries(*cur),
			   GFP_KERNEL_ACCOUNT)) {
		kfree(part);
		return DMAMEM_CAUSE_NO_MEMORY;
	}

	cause = fill_part(region->ctx->dev, part, cur, offset);
	if (!cause)
		cause = map_filled(region, part);
	if (cause) {
		sg_free_table(&part->sgt);
		kfree(part);
		return cause;
	}
	if (bounces(region->ctx->dev, part))
		return DMAMEM_CAUSE_BOUNCE;
	return collect_addresses(region, part);
}

/* The same, unless the function is gone */
static enum dmamem_cause map_next(struct dmamem_region *region,
				  struct dmamem_cursor *cur, u64 *offset)
{
	struct dmamem_device *dev = region->ctx->dev;
	enum dmamem_cause cause = DMAMEM_CAUSE_GONE;

	if (down_read_killable(&dev->lock))
		return DMAMEM_CAUSE_SIGNAL;
	if (!dev->gone)
		cause = map_part(region, cur, offset);
	up_read(&dev->lock);
	return cause;
}

/*
 * Give a region, which is complete, addresses of its function. With
 * DMAMEM_CAUSE_MASK, @offset is the first that is out of reach. On failure the
 * region is released as any other. The lock is dropped between parts: who removes
 * the function does not wait for all of them, and takes back those that are there.
 */
enum dmamem_cause dmamem_map(struct dmamem_region *region, u64 *offset)
{
	enum dmamem_cause cause = DMAMEM_CAUSE_NONE;
	struct dmamem_cursor cur;
	u64 done = 0;

	dmamem_cursor_seek(&cur, &region->runs, 0);
	while (cur.chunk && !cause) {
		cause = map_next(region, &cur, &done);
		cond_resched();
		if (!cause && fatal_signal_pending(current))
			cause = DMAMEM_CAUSE_SIGNAL;
	}
	if (cause == DMAMEM_CAUSE_MASK)
		*offset = done;
	return cause;
}

static void unmap(struct dmamem_device *dev, struct dmamem_region *region)
{
	struct dmamem_part *part;

	while ((part = region->parts)) {
		region->parts = part->next;
		dma_unmap_sgtable(&dev->pdev->dev, &part->sgt,
				  region_direction(region), DMA_ATTRS);
		sg_free_table(&part->sgt);
		kfree(part);
		cond_resched();
	}

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

/* Take the addresses back: when this returns the function has no access */
void dmamem_unmap(struct dmamem_device *dev, struct dmamem_region *region)
{
	down_read(&dev->lock);
	if (region->parts) {
		unmap(dev, region);
		flush(dev);
	}
	up_read(&dev->lock);
}

/* The same for all regions; without any, the function may be gone, and its domain */
void dmamem_unmap_all(struct dmamem_device *dev)
{
	struct dmamem_region *region, *next;

	lockdep_assert_held_write(&dev->lock);
	if (list_empty(&dev->mapped))
		return;
	list_for_each_entry_safe(region, next, &dev->mapped, mapped_entry)
		unmap(dev, region);
	flush(dev);
}
