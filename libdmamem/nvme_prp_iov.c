// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs for segments anywhere in memory, 4 KiB pages, and up to one list page:
 * the entries are gathered on the stack, and copied when all are known to be
 * right.
 */
#include "libdmamem/nvme_prp.h"

#define LIST_ENTRIES (PAGE_BYTES / 8)

/* PRP1, and a full list page */
#define MAX_ENTRIES (1 + LIST_ENTRIES)

/* Where to write on, or NULL: something is wrong, or it is too much */
static uint64_t *gather_span(uint64_t *entry, const uint64_t *end,
			     const struct nvme_span *span)
{
	uint64_t nr = span_pages(span);

	if (!span_valid(span) || nr > (uint64_t)(end - entry))
		return NULL;
	if (span->slots)
		nvme_list_copy(entry, span->slots, nr);
	else
		nvme_list_ramp(entry + 1, next_page_of(span->dma), PAGE_BYTES,
			       nr - 1);
	*entry = span->dma;
	return entry + nr;
}

/*
 * Any segment but a whole page, after others that end at @tail. It leaves room
 * for one entry of each that follows, so that those need not ask.
 */
static __attribute__((noinline)) uint64_t *
gather_segment(uint64_t *entry, const uint64_t *end,
	       const struct dmamem_map *map, const struct iovec *iov,
	       uint64_t tail)
{
	uint64_t va = (uintptr_t)iov->iov_base, len = iov->iov_len;

	/* The first one may start at a dword of a page */
	if (len && (tail & (PAGE_BYTES - 1) || va & 3 ||
		    (tail && va & (PAGE_BYTES - 1))))
		return NULL;
	while (len && entry) {
		struct nvme_span span = nvme_pages_at(map, va, len);

		entry = gather_span(entry, end, &span);
		va += span.len;
		len -= span.len;
	}
	return entry;
}

/* Is this a page, or its beginning, after segments that end at @tail? */
static inline bool is_page(uint64_t va, uint64_t len, uint64_t tail)
{
	return !((tail | va) & ~(ADDRESS_END - PAGE_BYTES)) &&
	       len - 1 < PAGE_BYTES;
}

/* The page at an address below 2^48; false: take a closer look */
static inline bool whole_page(const struct dmamem_map *map, uint64_t va,
			      uint64_t *page)
{
	struct nvme_place place = nvme_place_of(map, va);

	if (likely(place.in_run))
		*page = place.dma;
	else if (likely(place.entry & ENTRY_COMPLETE))
		*page = load_page(leaf_slots(place.entry, va));
	else if (place.entry & ENTRY_VALUE)
		*page = slot_dma(place.entry, va);
	else
		return false;
	return true;
}

/* Entries that these segments take, or UINT64_MAX for a closer look */
static uint64_t gather_iov(uint64_t entries[MAX_ENTRIES],
			   const struct dmamem_map *map,
			   const struct iovec *iov, unsigned int nr_iov)
{
	const struct iovec *end = iov + nr_iov;
	uint64_t *entry = entries;
	uint64_t tail = 0;

	if (nr_iov > MAX_ENTRIES)
		return UINT64_MAX;
	for (; iov < end; iov++) {
		uint64_t va = (uintptr_t)iov->iov_base, len = iov->iov_len;

		if (likely(is_page(va, len, tail)) &&
		    likely(whole_page(map, va, entry))) {
			entry++;
			tail = va + len;
			continue;
		}
		entry = gather_segment(entry, &entries[MAX_ENTRIES] -
				       (end - iov - 1), map, iov, tail);
		if (unlikely(!entry))
			return UINT64_MAX;
		if (len)
			tail = va + len;
	}
	return entry - entries;
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
		else if (va != end || end & (PAGE_BYTES - 1))
			return false;
		/* Past the end of all memory it would be something else */
		if (__builtin_add_overflow(joined->iov_len, iov[i].iov_len,
					   &joined->iov_len))
			return false;
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
	uint64_t entries[MAX_ENTRIES];
	struct iovec joined;
	uint64_t nr;

	if (builder->mps_shift != PAGE_BITS)
		return dmamem_nvme_prp_build_any(builder, iov, nr_iov, prp,
						 bad_iov);
	if (join_iov(iov, nr_iov, &joined) &&
	    !dmamem_nvme_prp_build(builder, &joined, 1, prp, NULL))
		return 0;

	nr = gather_iov(entries, builder->map, iov, nr_iov);
	if (nr == UINT64_MAX || (nr > 2 && !builder->nr_pages))
		return dmamem_nvme_prp_build_any(builder, iov, nr_iov, prp,
						 bad_iov);
	if (nr <= 2)
		return prp_finish(builder, prp, nr ? entries[0] : 0,
				  nr == 2 ? entries[1] : 0, nr, 0);
	nvme_list_copy(page->entries, entries + 1, nr - 1);
	return prp_finish(builder, prp, entries[0], page->dma_addr, nr, 1);
}
