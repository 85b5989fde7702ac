// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs for one segment within one chunk that has a leaf, which is a PRP list
 * page already: PRP2 points into it and nothing is written.
 */
#include "libdmamem/nvme_prp.h"

/* A leaf in registered memory is a list that the controller can read */
static inline uint64_t resident_list(const struct dmamem_map *map,
				     const uint64_t *slots)
{
	uint64_t va = (uintptr_t)slots;

	return nvme_page_at(map, va).dma;
}

int dmamem_nvme_prp_build_part(const struct dmamem_nvme_prp_builder *builder,
			       const struct iovec *iov, unsigned int one,
			       struct dmamem_nvme_prp *prp,
			       unsigned int *bad_iov)
{
	uint64_t va = (uintptr_t)iov->iov_base;
	struct nvme_span span = nvme_pages_at(builder->map, va, iov->iov_len);
	uint64_t nr = span_pages(&span);
	uint64_t rest, list = 0;

	if (!span_valid(&span))
		return dmamem_nvme_prp_build_iov(builder, iov, one, prp,
						 bad_iov);
	if (!span.slots && crosses_page(va, iov->iov_len, &rest))
		return dmamem_nvme_prp_build_run(builder, iov, rest, prp,
						 bad_iov, span.dma);
	if (nr == 2)
		list = load_page(span.slots + 1);
	else if (nr > 2)
		list = resident_list(builder->map, span.slots + 1);
	if (list == DMAMEM_NO_ADDRESS)
		return dmamem_nvme_prp_build_iov(builder, iov, one, prp,
						 bad_iov);
	return prp_finish(builder, prp, span.dma, list, nr, 0);
}

/* There are more leaves than indexes: the map knows where the others are */
int dmamem_nvme_prp_build_spare(const struct dmamem_nvme_prp_builder *builder,
				const struct iovec *iov, uint64_t rest,
				struct dmamem_nvme_prp *prp,
				unsigned int *bad_iov)
{
	uint64_t list, va = (uintptr_t)iov->iov_base;
	uint64_t leaf = nvme_spare_leaf(builder->map, va);
	const uint64_t *slots;

	if (!leaf)
		return dmamem_nvme_prp_build_any(builder, iov, 1, prp, bad_iov);
	slots = leaf_slots(leaf, va);
	list = resident_list(builder->map, slots + 1);
	if (list == DMAMEM_NO_ADDRESS)
		return dmamem_nvme_prp_build_any(builder, iov, 1, prp, bad_iov);
	return prp_finish(builder, prp,
			  load_page(slots) + (va & (PAGE_BYTES - 1)), list,
			  (rest >> PAGE_BITS) + 2, 0);
}

int dmamem_nvme_prp_build_slot(const struct dmamem_nvme_prp_builder *builder,
			       const struct iovec *iov, uint64_t rest,
			       struct dmamem_nvme_prp *prp,
			       unsigned int *bad_iov, uint64_t entry)
{
	uint64_t va = (uintptr_t)iov->iov_base;
	const uint64_t *slots;

	if (unlikely(leaves_chunk(va, rest)))
		return dmamem_nvme_prp_build_iov(builder, iov, 1, prp, bad_iov);
	if (rest >> PAGE_BITS) {
		if (likely(entry & ENTRY_LISTED))
			return prp_listed(builder, prp, va, rest, entry);
	} else if (likely(entry & ENTRY_COMPLETE)) {
		slots = leaf_slots(entry, va);
		return prp_finish(builder, prp,
				  load_page(slots) + (va & (PAGE_BYTES - 1)),
				  load_page(slots + 1), 2, 0);
	}
	return dmamem_nvme_prp_build_part(builder, iov, 1, prp, bad_iov);
}
