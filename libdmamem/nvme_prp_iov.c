// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs for segments anywhere in memory, 4 KiB pages, and up to one list page:
 * the entries are gathered on the stack, and copied when all are known to be
 * right.
 */
#include "libdmamem/nvme_prp.h"

#define LIST_ENTRIES (PAGE_SIZE / 8)

/* PRP1, and a full list page */
#define MAX_ENTRIES (1 + LIST_ENTRIES)

struct prp_gather {
	uint64_t nr;
	uint64_t entries[MAX_ENTRIES];
};

static bool gather_span(struct prp_gather *gather, const struct nvme_span *span)
{
	uint64_t *entry = &gather->entries[gather->nr];
	uint64_t nr = span_pages(span);

	if (!span_valid(span) || nr > MAX_ENTRIES - gather->nr)
		return false;
	gather->nr += nr;
	if (span->slots)
		nvme_list_copy(entry, span->slots, nr);
	else
		nvme_list_ramp(entry + 1, next_page_of(span->dma), PAGE_SIZE,
			       nr - 1);
	*entry = span->dma;
	return true;
}

static bool gather_spans(struct prp_gather *gather,
			 const struct dmamem_map *map, uint64_t va,
			 uint64_t len)
{
	while (len) {
		struct nvme_span span = nvme_pages_at(map, va, len);

		if (!gather_span(gather, &span))
			return false;
		va += span.len;
		len -= span.len;
	}
	return true;
}

/* A segment that starts on a page below 2^48: most of them are no longer */
static inline bool gather_segment(struct prp_gather *gather,
				  const struct dmamem_map *map, uint64_t va,
				  uint64_t len)
{
	struct nvme_span span;

	if (unlikely(len > PAGE_SIZE))
		return gather_spans(gather, map, va, len);
	span = nvme_page_of(nvme_chunk_entry(map, va), va);
	if (unlikely(!nvme_span_registered(&span) ||
		     gather->nr == MAX_ENTRIES))
		return false;
	gather->entries[gather->nr++] = span.dma;
	return true;
}

/* False if it takes a closer look: to say what is wrong, or at least that */
static bool gather_iov(struct prp_gather *gather, const struct dmamem_map *map,
		       const struct iovec *iov, unsigned int nr_iov)
{
	const struct iovec *end = iov + nr_iov;
	uint64_t tail = 0;

	gather->nr = 0;
	for (; iov < end; iov++) {
		uint64_t va = (uintptr_t)iov->iov_base;

		if (!iov->iov_len)
			continue;
		if (unlikely(!gather->nr)) {
			if (va & 3 ||
			    !gather_spans(gather, map, va, iov->iov_len))
				return false;
		} else if ((tail | va) & ~(ADDRESS_END - PAGE_SIZE) ||
			   !gather_segment(gather, map, va, iov->iov_len)) {
			return false;
		}
		tail = (va + iov->iov_len) & (PAGE_SIZE - 1);
	}
	return true;
}

/*
 * Several segments that are one in all but name, and may have a list that is
 * there already. Segments rarely are, so it takes little to find out.
 */
static bool join_iov(const struct iovec *iov, unsigned int nr_iov,
		     struct iovec *joined)
{
	uint64_t end = 0;

	if (nr_iov == 1)
		return false;
	*joined = (struct iovec){ 0 };
	for (unsigned int i = 0; i < nr_iov; i++) {
		uint64_t va = (uintptr_t)iov[i].iov_base;

		if (!iov[i].iov_len)
			continue;
		if (!joined->iov_len)
			joined->iov_base = iov[i].iov_base;
		else if (va != end || end & (PAGE_SIZE - 1))
			return false;
		joined->iov_len += iov[i].iov_len;
		end = va + iov[i].iov_len;
	}
	return true;
}

int dmamem_nvme_prp_build_iov(const struct dmamem_nvme_prp_builder *builder,
			      const struct iovec *iov, unsigned int nr_iov,
			      struct dmamem_nvme_prp *prp,
			      unsigned int *bad_iov)
{
	const struct dmamem_nvme_list_page *page = builder->pages;
	struct prp_gather gather;
	struct iovec joined;

	if (builder->mps_shift != PAGE_SHIFT)
		return dmamem_nvme_prp_build_any(builder, iov, nr_iov, prp,
						 bad_iov);
	if (join_iov(iov, nr_iov, &joined) &&
	    !dmamem_nvme_prp_build(builder, &joined, 1, prp, NULL))
		return 0;
	if (!gather_iov(&gather, builder->map, iov, nr_iov) ||
	    (gather.nr > 2 && !builder->nr_pages))
		return dmamem_nvme_prp_build_any(builder, iov, nr_iov, prp,
						 bad_iov);
	if (gather.nr <= 2)
		return prp_finish(builder, prp, gather.nr ? gather.entries[0] : 0,
				  gather.nr == 2 ? gather.entries[1] : 0,
				  gather.nr, 0);
	nvme_list_copy(page->entries, gather.entries + 1, gather.nr - 1);
	return prp_finish(builder, prp, gather.entries[0], page->dma_addr,
			  gather.nr, 1);
}
