// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRP entries and lists. NVMe Base Specification 2.0, "Physical Region Page
 * Entry and List".
 *
 * One segment within one chunk of the map, and that is nearly every transfer,
 * is described by one entry of the map. Each function here and in the other
 * files does what is easy by the shortest way and hands on the rest.
 */
#include "libdmamem/nvme_prp.h"

int dmamem_nvme_prp_build_run(const struct dmamem_nvme_prp_builder *builder,
			      const struct iovec *iov, uint64_t rest,
			      struct dmamem_nvme_prp *prp,
			      unsigned int *bad_iov, uint64_t dma)
{
	uint64_t leaf, va = (uintptr_t)iov->iov_base;
	const struct dmamem_nvme_list_page *page;
	uint64_t more = (rest >> PAGE_BITS) + 1;

	if (unlikely(leaves_chunk(va, rest)))
		return dmamem_nvme_prp_build_iov(builder, iov, 1, prp, bad_iov);
	if (more == 1)
		return prp_finish(builder, prp, dma, next_page_of(dma), 2, 0);
	leaf = nvme_spare_leaf(builder->map, va);
	if (leaf >> LEAF_INDEX_SHIFT)
		return prp_listed(builder, prp, va, rest, leaf);
	/* In one chunk there is nothing that one list page cannot hold */
	if (unlikely(!builder->nr_pages))
		return dmamem_nvme_prp_build_spare(builder, iov, rest, prp,
						   bad_iov);
	page = builder->pages;
	nvme_list_ramp(page->entries, next_page_of(dma), PAGE_BYTES, more);
	return prp_finish(builder, prp, dma, page->dma_addr, more + 1, 1);
}

int dmamem_nvme_prp_build(const struct dmamem_nvme_prp_builder *builder,
			  const struct iovec *iov, unsigned int nr_iov,
			  struct dmamem_nvme_prp *prp, unsigned int *bad_iov)
{
	struct nvme_place place;
	uint64_t va, rest;

	if (unlikely(nr_iov != 1 || builder->mps_shift != PAGE_BITS))
		return dmamem_nvme_prp_build_iov(builder, iov, nr_iov, prp,
						 bad_iov);
	va = (uintptr_t)iov->iov_base;
	/* One mask for what is not on a dword and what is beyond the map */
	if (unlikely(va & ~(ADDRESS_END - 4)))
		return dmamem_nvme_prp_build_iov(builder, iov, 1, prp, bad_iov);

	place = nvme_place_of(builder->map, va);
	if (crosses_page(va, iov->iov_len, &rest)) {
		if (likely(place.in_run))
			return dmamem_nvme_prp_build_run(builder, iov, rest,
							 prp, bad_iov,
							 place.dma);
		return dmamem_nvme_prp_build_slot(builder, iov, rest, prp,
						  bad_iov, place.entry);
	}
	if (likely(place.in_run))
		return prp_finish(builder, prp, place.dma, 0, 1, 0);
	if (likely(place.entry & ENTRY_COMPLETE))
		return prp_finish(builder, prp,
				  load_page(leaf_slots(place.entry, va)) +
				  (va & (PAGE_BYTES - 1)), 0, 1, 0);
	return dmamem_nvme_prp_build_part(builder, iov, 1, prp, bad_iov);
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
