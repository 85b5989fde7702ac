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
 * In the host's byte order; the command wants them little-endian. True until
 * memory that the transfer names is unregistered, which must not happen before
 * the command has completed.
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
 * A transfer of no bytes is two zero entries. Takes no lock. Where the map holds
 * the list already, @prp2 points there, and no list page is used.
 *
 * The first segment with which anything is wrong is to blame; if several things
 * are wrong with it, the error is one of them. On failure nothing has been
 * written, neither @prp nor list pages.
 *
 * Return: 0, or
 * -EFAULT (part of a segment is not registered),
 * -EINVAL (a segment breaks the alignment rules, or mps_shift is out of range),
 * -ERANGE (a controller page is larger than the runs of the memory in it, or
 * does not start where they do),
 * -E2BIG (the list pages are full).
 */
int dmamem_nvme_prp_build(const struct dmamem_nvme_prp_builder *builder,
			  const struct iovec *iov, unsigned int nr_iov,
			  struct dmamem_nvme_prp *prp, unsigned int *bad_iov);

/**
 * dmamem_nvme_prp_pages() - list pages that a transfer may need
 * @offset: of the first byte's DMA address within a controller page. Only in a
 *          page of 4 KiB is it that of the virtual address. If it is not known,
 *          pass MPS - 4 KiB plus the offset within 4 KiB: no other takes more.
 * @len: bytes in all
 * @mps_shift: log2 of the controller's memory page size
 *
 * Return: list pages, 0 for a transfer of up to two controller pages; SIZE_MAX
 * if @mps_shift is not in 12 to 27.
 */
size_t dmamem_nvme_prp_pages(size_t offset, size_t len, unsigned int mps_shift);

/**
 * struct dmamem_nvme_sgl_descriptor - 16 bytes as the controller reads them
 * @addr: little-endian: DMA address of data or of a segment; 0 in a bit bucket
 * @len: little-endian: bytes
 * @reserved: 0
 * @type: descriptor type in bits 7:4; sub type 0 (an address) in bits 3:0
 */
struct dmamem_nvme_sgl_descriptor {
	uint64_t addr;
	uint32_t len;
	uint8_t reserved[3];
	uint8_t type;
};

/**
 * struct dmamem_nvme_sgl_segment - memory that an SGL segment may be written to
 * @descriptors: as many as the builder's @segment_size, aligned to 8 bytes, in
 *               registered memory that is consecutive for the device
 * @dma_addr: DMA address of the first
 */
struct dmamem_nvme_sgl_segment {
	struct dmamem_nvme_sgl_descriptor *descriptors;
	uint64_t dma_addr;
};

/** DMAMEM_NVME_BIT_BUCKET - iov_base of data that the controller drops */
#define DMAMEM_NVME_BIT_BUCKET ((void *)UINTPTR_MAX)

/**
 * enum dmamem_nvme_sgl_flags - what an SGL is for
 * @DMAMEM_NVME_SGL_READ: the command moves data to the host: bit buckets may
 *                        be used
 * @DMAMEM_NVME_SGL_METADATA: the command's MPTR is the address of an SGL
 *                            descriptor, not of a metadata buffer
 */
enum dmamem_nvme_sgl_flags {
	DMAMEM_NVME_SGL_READ = 1 << 0,
	DMAMEM_NVME_SGL_METADATA = 1 << 1,
};

/**
 * struct dmamem_nvme_sgl_builder - what SGLs are built from and into
 * @map: linear map of DMA addresses, default DMAMEM_NO_ADDRESS
 * @sgls: SGLS of Identify Controller: which descriptors the controller takes
 * @max_descriptors: most descriptors of a command, those that point to segments
 *                   and the one in the command included; 0 for no limit. SGLS
 *                   names a recommended one (SDT).
 * @segment_size: descriptors that each segment holds, at least 2
 * @nr_segments: segments available
 * @segments: the segments. Yours; they belong to the command from the time a
 *            build uses them until it has completed.
 */
struct dmamem_nvme_sgl_builder {
	const struct dmamem_map *map;
	uint32_t sgls;
	unsigned int max_descriptors;
	unsigned int segment_size;
	unsigned int nr_segments;
	const struct dmamem_nvme_sgl_segment *segments;
};

/**
 * struct dmamem_nvme_sgl - the data pointer of one command
 * @sgl1: the descriptor in the command
 * @nr_descriptors: descriptors of data and bit buckets
 * @nr_segments: segments used, the first ones of the builder's
 * @psdt: value of CDW0.PSDT: 1, or 2 with DMAMEM_NVME_SGL_METADATA. (With PRPs
 *        it is 0.)
 *
 * NVMe Base Specification 2.0, "Scatter Gather List".
 */
struct dmamem_nvme_sgl {
	struct dmamem_nvme_sgl_descriptor sgl1;
	uint32_t nr_descriptors;
	uint32_t nr_segments;
	uint8_t psdt;
};

/**
 * dmamem_nvme_sgl_build() - describe memory by SGL descriptors
 * @builder: map, what the controller can do, and segments
 * @iov: segments of registered memory, or DMAMEM_NVME_BIT_BUCKET. Any address
 *       and length, or multiples of 4 if SGLS says so. Empty ones are skipped.
 * @nr_iov: their number
 * @flags: enum dmamem_nvme_sgl_flags
 * @sgl: the result, unchanged on failure
 * @bad_iov: on failure, the element of @iov that is to blame; may be NULL
 *
 * Memory that is consecutive for the device is one descriptor, and a transfer
 * of one data descriptor needs no segment. One that is dropped altogether does:
 * a command has no place for a bit bucket. A transfer of no bytes is a data
 * block of length 0. Takes no lock.
 *
 * For a metadata descriptor build an SGL of the metadata, write @sgl1 to
 * registered memory, and pass DMAMEM_NVME_SGL_METADATA for the data. Admin
 * commands on PCI Express take PRPs only.
 *
 * Return: 0, or
 * -EFAULT (part of a segment is not registered),
 * -EINVAL (the controller wants multiples of 4, a bit bucket without
 * DMAMEM_NVME_SGL_READ, an unknown flag, or segments are needed and hold less
 * than 2 descriptors),
 * -EOPNOTSUPP (the controller takes no SGLs, no bit buckets or no metadata
 * descriptors),
 * -E2BIG (the segments are full),
 * -EMSGSIZE (more descriptors than @max_descriptors).
 */
int dmamem_nvme_sgl_build(const struct dmamem_nvme_sgl_builder *builder,
			  const struct iovec *iov, unsigned int nr_iov,
			  unsigned int flags, struct dmamem_nvme_sgl *sgl,
			  unsigned int *bad_iov);

#ifdef __cplusplus
}
#endif

#endif
