/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * NVMe data pointers built from a map of DMA addresses.
 */
#ifndef DMAMEM_NVME_H
#define DMAMEM_NVME_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <dmamem/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct dmamem_nvme_list_page - one page that a PRP list may be written to
 * @entries: the page, MPS bytes long and aligned to MPS, in registered memory
 * @dma_addr: its DMA address
 */
struct dmamem_nvme_list_page {
	uint64_t *entries;
	uint64_t dma_addr;
};

/**
 * struct dmamem_nvme_prp_stats - how many transfers went which way
 * @direct: up to two entries, both in the command
 * @resident: PRP2 points into the map itself; no list was written
 * @built: a list was written
 */
struct dmamem_nvme_prp_stats {
	uint64_t direct;
	uint64_t resident;
	uint64_t built;
};

/**
 * struct dmamem_nvme_prp_builder - what PRP lists are built from and into
 * @map: linear map of DMA addresses, default DMAMEM_NO_ADDRESS
 * @mps_shift: log2 of the controller's memory page size (CC.MPS + 12): 12 to 27
 * @nr_pages: list pages available
 * @pages: list pages, not necessarily consecutive. Yours; they belong to the
 *         command from the time a build uses them until it has completed.
 * @stats: counters to add to, without any locking: those of the thread that
 *         builds. NULL: nobody counts.
 *
 * Filled in by the caller; one per command that is in flight, or one for all
 * commands of a thread with @pages set before each build.
 */
struct dmamem_nvme_prp_builder {
	const struct dmamem_map *map;
	unsigned int mps_shift;
	unsigned int nr_pages;
	const struct dmamem_nvme_list_page *pages;
	struct dmamem_nvme_prp_stats *stats;
};

/**
 * struct dmamem_nvme_prp - the data pointer of one command
 * @prp1: PRP Entry 1
 * @prp2: PRP Entry 2: 0, a page, or a list
 * @nr_entries: PRP entries that point to data
 * @nr_pages: list pages used, the first ones of the builder's
 *
 * NVMe Base Specification 2.0, "Physical Region Page Entry and List".
 */
struct dmamem_nvme_prp {
	uint64_t prp1;
	uint64_t prp2;
	uint32_t nr_entries;
	uint32_t nr_pages;
};

/**
 * dmamem_nvme_prp_build() - describe memory by PRPs
 * @builder: map, page size and list pages
 * @iov: segments in registered memory. The first may start at any multiple of
 *       4 bytes, the others start on a page (of the controller's size); the
 *       last may end anywhere, the others end on a page. Empty segments are
 *       skipped.
 * @nr_iov: segments
 * @prp: the result, unchanged on failure
 * @bad_iov: on failure, the segment that is to blame; may be NULL
 *
 * A transfer of no bytes is two zero entries. Takes no lock.
 *
 * Return: 0, or
 * -EFAULT (part of a segment is not registered),
 * -EINVAL (a segment breaks the alignment rules, or mps_shift is out of range),
 * -ERANGE (a controller page is larger than the runs of the memory in it),
 * -E2BIG (the list pages are full).
 */
int dmamem_nvme_prp_build(const struct dmamem_nvme_prp_builder *builder,
			  const struct iovec *iov, unsigned int nr_iov,
			  struct dmamem_nvme_prp *prp, unsigned int *bad_iov);

/**
 * dmamem_nvme_prp_pages() - list pages that a transfer may need
 * @offset: of the first byte within a controller page
 * @len: bytes in all
 * @mps_shift: log2 of the controller's memory page size
 *
 * Return: list pages, 0 for a transfer of up to two controller pages.
 */
size_t dmamem_nvme_prp_pages(size_t offset, size_t len, unsigned int mps_shift);

#ifdef __cplusplus
}
#endif

#endif
