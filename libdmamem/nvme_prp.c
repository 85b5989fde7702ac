// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRP entries and lists. NVMe Base Specification 2.0, "Physical Region Page
 * Entry and List".
 *
 * One segment within one chunk of the map, and that is nearly every transfer,
 * is described by one entry of the map. If that is a leaf it is a PRP list page
 * already: PRP2 points into it and nothing is written.
 *
 * The functions hand on to each other what is not for them, with the arguments
 * where they are: the common ways have to be short.
 */
#include "libdmamem/nvme_prp.h"

/* A segment within one chunk, and what else there is to hand on */
struct prp_request {
	const struct dmamem_nvme_prp_builder *builder;
	const struct iovec *iov;
	unsigned int nr_iov;	/* 1 */
	struct dmamem_nvme_prp *prp;
	unsigned int *bad_iov;
	uint64_t va;
	uint64_t more;		/* pages after the first */
};

/* Pages that a transfer from @va on touches after the first */
static inline uint64_t further_pages(uint64_t va, uint64_t len)
{
	return ((va & (PAGE_SIZE - 1)) + len - 1) >> PAGE_SHIFT;
}

/* A leaf in registered memory is a list that the controller can read */
static inline uint64_t resident_list(const struct dmamem_map *map,
				     const uint64_t *slots)
{
	uint64_t va = (uintptr_t)slots;

	return nvme_page_of(nvme_chunk_entry(map, va), va).dma;
}

static inline int finish(const struct prp_request *rq, uint64_t prp1,
			 uint64_t prp2, uint64_t nr_entries)
{
	return prp_finish(rq->builder, rq->prp, prp1, prp2, nr_entries, 0);
}

/* There is a list page, and in one chunk there is nothing that it cannot hold */
static __attribute__((noinline)) int
list_run(const struct dmamem_nvme_prp_builder *builder,
	 struct dmamem_nvme_prp *prp, uint64_t dma, uint64_t more)
{
	const struct dmamem_nvme_list_page *page = builder->pages;

	nvme_list_ramp(page->entries, next_page_of(dma), PAGE_SIZE, more);
	return prp_finish(builder, prp, dma, page->dma_addr, more + 1, 1);
}

/* A leaf that is not complete, or not in registered memory */
static __attribute__((noinline)) int
build_in_any_leaf(const struct dmamem_nvme_prp_builder *builder,
		  const struct iovec *iov, unsigned int nr_iov,
		  struct dmamem_nvme_prp *prp, unsigned int *bad_iov)
{
	uint64_t va = (uintptr_t)iov->iov_base;
	struct nvme_span span = nvme_pages_at(builder->map, va, iov->iov_len);
	uint64_t more = further_pages(va, iov->iov_len);
	uint64_t list = 0;

	if (!span.slots || !span_valid(&span))
		return dmamem_nvme_prp_build_any(builder, iov, nr_iov, prp,
						 bad_iov);
	if (more == 1)
		list = load_page(span.slots + 1);
	else if (more)
		list = resident_list(builder->map, span.slots + 1);
	if (list == DMAMEM_NO_ADDRESS)
		return dmamem_nvme_prp_build_iov(builder, iov, nr_iov, prp,
						 bad_iov);
	return prp_finish(builder, prp, span.dma, list, more + 1, 0);
}

/* The chunk has a leaf with every page set: it is a list as it is */
static inline __attribute__((always_inline)) int
build_in_leaf(const struct prp_request *rq, const uint64_t *slots)
{
	uint64_t prp1 = load_page(slots) + (rq->va & (PAGE_SIZE - 1));
	uint64_t list;

	if (rq->more == 1)
		return finish(rq, prp1, load_page(slots + 1), 2);
	list = resident_list(rq->builder->map, slots + 1);
	if (likely(list != DMAMEM_NO_ADDRESS))
		return finish(rq, prp1, list, rq->more + 1);
	return dmamem_nvme_prp_build_iov(rq->builder, rq->iov, rq->nr_iov,
					 rq->prp, rq->bad_iov);
}

/* One entry says all of the chunk */
static inline __attribute__((always_inline)) int
build_in_run(const struct prp_request *rq, uint64_t entry)
{
	uint64_t dma = run_dma(entry, rq->va);
	const uint64_t *slots;

	if (rq->more == 1)
		return finish(rq, dma, next_page_of(dma), 2);
	slots = nvme_spare_slots(rq->builder->map, rq->va);
	if (slots)
		return build_in_leaf(rq, slots);
	if (likely(rq->builder->nr_pages))
		return list_run(rq->builder, rq->prp, dma, rq->more);
	return dmamem_nvme_prp_build_any(rq->builder, rq->iov, rq->nr_iov,
					 rq->prp, rq->bad_iov);
}

/* More than one page, or nothing, or too much */
static inline __attribute__((always_inline)) int
build_pages(struct prp_request *rq, uint64_t entry, uint64_t len)
{
	uint64_t last = rq->va + len - 1;

	if (unlikely(((rq->va ^ last) | (len - 1)) >= CHUNK_SIZE))
		return dmamem_nvme_prp_build_iov(rq->builder, rq->iov,
						 rq->nr_iov, rq->prp,
						 rq->bad_iov);
	rq->more = further_pages(rq->va, len);
	if (entry & ENTRY_COMPLETE)
		return build_in_leaf(rq, leaf_slots(entry, rq->va));
	if (entry & ENTRY_VALUE)
		return build_in_run(rq, entry);
	return build_in_any_leaf(rq->builder, rq->iov, rq->nr_iov, rq->prp,
				 rq->bad_iov);
}

int dmamem_nvme_prp_build(const struct dmamem_nvme_prp_builder *builder,
			  const struct iovec *iov, unsigned int nr_iov,
			  struct dmamem_nvme_prp *prp, unsigned int *bad_iov)
{
	struct prp_request rq = {
		.builder = builder,
		.iov = iov,
		.nr_iov = nr_iov,
		.prp = prp,
		.bad_iov = bad_iov,
	};
	uint64_t entry, offset, len;

	if (unlikely(nr_iov != 1 || builder->mps_shift != PAGE_SHIFT))
		return dmamem_nvme_prp_build_iov(builder, iov, nr_iov, prp,
						 bad_iov);
	rq.va = (uintptr_t)iov->iov_base;
	len = iov->iov_len;
	/* One mask for what is not on a dword and what is beyond the map */
	if (unlikely(rq.va & ~(ADDRESS_END - 4)))
		return dmamem_nvme_prp_build_iov(builder, iov, nr_iov, prp,
						 bad_iov);

	offset = rq.va & (PAGE_SIZE - 1);
	entry = nvme_chunk_entry(builder->map, rq.va);
	if (len - 1 >= PAGE_SIZE - offset)
		return build_pages(&rq, entry, len);
	if (entry & ENTRY_COMPLETE)
		return finish(&rq, load_page(leaf_slots(entry, rq.va)) + offset,
			      0, 1);
	if (entry & ENTRY_VALUE)
		return finish(&rq, run_dma(entry, rq.va), 0, 1);
	return build_in_any_leaf(builder, iov, nr_iov, prp, bad_iov);
}

size_t dmamem_nvme_prp_pages(size_t offset, size_t len, unsigned int mps_shift)
{
	uint64_t mask, nr;

	if (!mps_shift_valid(mps_shift))
		return SIZE_MAX;
	mask = (UINT64_C(1) << mps_shift) - 1;
	nr = (len >> mps_shift) +
	     (((len & mask) + (offset & mask) + mask) >> mps_shift);
	if (nr <= 2)
		return 0;
	/* the last page holds one more than the others, that point to a next */
	return (nr - 2 + page_entries(mps_shift) - 2) /
	       (page_entries(mps_shift) - 1);
}
