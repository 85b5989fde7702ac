/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A model of memory with invented DMA addresses, kept as plainly as can be: one
 * address per page. It fills a map, says what should come of a transfer, and
 * has the referee compare that with what did.
 *
 * The memory itself does not exist: nothing that builds data pointers may touch
 * it. The list pages do.
 */
#ifndef DMAMEM_SELFTESTS_NVME_MODEL_H
#define DMAMEM_SELFTESTS_NVME_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dmamem/nvme.h>

#define NVME_MODEL_LISTS 16
#define NVME_MODEL_BLOCKS 4

/**
 * enum nvme_model_leaves - where the map's leaves are
 * @NVME_MODEL_LEAVES_PRIVATE: in memory that no controller can read
 * @NVME_MODEL_LEAVES_SHARED: in registered memory, scattered page by page
 * @NVME_MODEL_LEAVES_EVERYWHERE: the same, and every chunk has one
 */
enum nvme_model_leaves {
	NVME_MODEL_LEAVES_PRIVATE,
	NVME_MODEL_LEAVES_SHARED,
	NVME_MODEL_LEAVES_EVERYWHERE,
};

/**
 * struct nvme_model - memory from @va on
 * @map: what the builder sees; filled by nvme_model_create()
 * @va: address of the first page
 * @nr_pages: pages of 4 KiB
 * @dma: DMA address of each page, or DMAMEM_NO_ADDRESS
 * @list_size: bytes of each list page
 * @lists: list pages, in no order
 * @nr_blocks: blocks of registered memory for leaves
 * @blocks: the blocks
 */
struct nvme_model {
	struct dmamem_map *map;
	uint64_t va;
	size_t nr_pages;
	const uint64_t *dma;
	size_t list_size;
	struct dmamem_nvme_list_page lists[NVME_MODEL_LISTS];
	unsigned int nr_blocks;
	char *blocks[NVME_MODEL_BLOCKS];
};

/**
 * struct nvme_expected - what should come of a build
 * @errors: bit per errno that is right, 0 for success
 * @bad_iov: with @errors, the first segment that is to blame
 * @nr_entries: without @errors, how many PRP entries or SGL descriptors there
 *              are for data
 * @nr_segments: without @errors, how many segments an SGL takes
 */
struct nvme_expected {
	uint64_t errors;
	unsigned int bad_iov;
	uint64_t nr_entries;
	uint64_t nr_segments;
};

/* False: no memory. @dma is not copied. */
bool nvme_model_create(struct nvme_model *model, uint64_t va,
		       const uint64_t *dma, size_t nr_pages, size_t list_size,
		       enum nvme_model_leaves leaves);
void nvme_model_destroy(struct nvme_model *model);

/* DMA address of one byte, DMAMEM_NO_ADDRESS outside */
uint64_t nvme_model_dma(const struct nvme_model *model, uint64_t va);

/* Fill the list pages with a pattern, and tell whether it is still there */
void nvme_model_poison(const struct nvme_model *model);
bool nvme_model_poisoned(const struct nvme_model *model, unsigned int first);

/*
 * Must the list of this transfer, if it needs one, be in a leaf? Not if anything
 * is wrong with it: then it takes list pages to get as far as that.
 */
bool nvme_model_resident(const struct nvme_model *model, unsigned int mps_shift,
			 const struct iovec *iov, unsigned int nr_iov);

struct nvme_expected
nvme_model_expect_prp(const struct nvme_model *model, unsigned int mps_shift,
		      unsigned int nr_lists, const struct iovec *iov,
		      unsigned int nr_iov);

/* Does the result mean these segments, byte for byte, and nothing else? */
bool nvme_model_check_prp(const struct nvme_model *model,
			  unsigned int mps_shift, const struct iovec *iov,
			  unsigned int nr_iov,
			  const struct dmamem_nvme_prp *prp);

/* The list pages, to be used as SGL segments */
void nvme_model_segments(const struct nvme_model *model,
			 struct dmamem_nvme_sgl_segment segments[]);

/* For a controller that takes any alignment, and bit buckets */
struct nvme_expected
nvme_model_expect_sgl(const struct nvme_model *model, unsigned int nr_segments,
		      unsigned int segment_size, const struct iovec *iov,
		      unsigned int nr_iov);

bool nvme_model_check_sgl(const struct nvme_model *model,
			  const struct iovec *iov, unsigned int nr_iov,
			  const struct dmamem_nvme_sgl *sgl);

#endif
