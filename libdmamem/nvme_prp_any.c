// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs for any memory, any length and any page size of the controller.
 *
 * The memory is looked at twice: first to find whether it can be described and
 * by how many entries, then to write them. So nothing is written before all is
 * known to be right, and a list page knows whether another one follows it.
 */
#include <errno.h>
#include <stdbool.h>

#include "libdmamem/nvme_prp.h"

/* A leaf is a list for controllers whose pages are the map's */
static inline struct nvme_span span_at(const struct dmamem_map *map,
				       uint64_t va, uint64_t len,
				       unsigned int shift)
{
	return shift == PAGE_BITS ? nvme_pages_at(map, va, len) :
				     nvme_run_at(map, va, len);
}

/* What is known of the memory so far */
struct prp_scan {
	uint64_t nr_entries;
	uint64_t va_end;	/* after the last byte scanned */
	uint64_t dma_end;	/* its DMA address */
};

/* Controller pages that start in a span */
static inline uint64_t page_starts(const struct nvme_span *span, unsigned int shift)
{
	uint64_t mask = (UINT64_C(1) << shift) - 1;
	uint64_t offset = span->dma & mask;

	return ((offset + span->len + mask) >> shift) - !!offset;
}

/*
 * A boundary that is not on a controller page is the caller's mistake if its
 * virtual address is not either, and the memory's otherwise.
 */
static int boundary_error(uint64_t va, uint64_t mask)
{
	return va & mask ? -EINVAL : -ERANGE;
}

static int scan_start(struct prp_scan *scan, uint64_t va,
		      const struct nvme_span *span, uint64_t mask)
{
	if (scan->nr_entries)
		return span->dma & mask ? boundary_error(va, mask) : 0;

	if (span->dma & 3)
		return -EINVAL;
	scan->nr_entries = !!(span->dma & mask);
	return 0;
}

static int scan_segment(struct prp_scan *scan, const struct iovec *iov,
			const struct dmamem_nvme_prp_builder *builder)
{
	uint64_t mask = (UINT64_C(1) << builder->mps_shift) - 1;
	uint64_t va = (uintptr_t)iov->iov_base;
	uint64_t left = iov->iov_len;

	for (bool first = true; left; first = false) {
		struct nvme_span span = span_at(builder->map, va, left,
						builder->mps_shift);
		int err = 0;

		if (!span_valid(&span))
			return -EFAULT;
		if (first)
			err = scan_start(scan, va, &span, mask);
		else if (span.dma != scan->dma_end &&
			 (span.dma | scan->dma_end) & mask)
			err = -ERANGE;
		if (err)
			return err;

		scan->nr_entries += page_starts(&span, builder->mps_shift);
		scan->dma_end = span.dma + span.len;
		va += span.len;
		left -= span.len;
	}
	scan->va_end = va;
	return 0;
}

/* Entries that fit: PRP1, PRP2 or the pointer in its place, and the lists */
static uint64_t max_entries(const struct dmamem_nvme_prp_builder *builder)
{
	return builder->nr_pages * (page_entries(builder->mps_shift) - 1) + 2;
}

/*
 * @bad: on failure, the first segment with which something is wrong
 */
static int scan_iov(struct prp_scan *scan, const struct iovec *iov,
		    unsigned int nr_iov, unsigned int *bad,
		    const struct dmamem_nvme_prp_builder *builder)
{
	uint64_t mask = (UINT64_C(1) << builder->mps_shift) - 1;
	int err;

	*bad = 0;
	for (unsigned int i = 0; i < nr_iov; i++) {
		if (!iov[i].iov_len)
			continue;
		if (scan->dma_end & mask)
			return boundary_error(scan->va_end, mask);

		*bad = i;
		err = scan_segment(scan, &iov[i], builder);
		if (err)
			return err;
		if (scan->nr_entries > max_entries(builder))
			return -E2BIG;
	}
	return 0;
}

/* Where entries after the first go */
struct prp_writer {
	uint64_t *slot;
	uint64_t room;		/* slots for data in this page */
	uint64_t left;		/* entries to come */
	const struct dmamem_nvme_list_page *next;
	unsigned int shift;
};

/* The last slot of a list page is data exactly when the list ends there */
static void next_page(struct prp_writer *writer)
{
	uint64_t nr = page_entries(writer->shift);

	writer->slot = writer->next++->entries;
	writer->room = writer->left > nr ? nr - 1 : writer->left;
}

/* @nr addresses of pages: of @slots, or else from @dma on */
static void write_entries(struct prp_writer *writer, uint64_t dma,
			  const uint64_t *slots, uint64_t nr)
{
	if (slots)
		nvme_list_copy(writer->slot, slots, nr);
	else
		nvme_list_ramp(writer->slot, dma, UINT64_C(1) << writer->shift,
			       nr);
	writer->slot += nr;
	writer->room -= nr;
	writer->left -= nr;
}

static void write_pages(struct prp_writer *writer, uint64_t dma,
			const uint64_t *slots, uint64_t nr)
{
	while (nr > writer->room) {
		uint64_t now = writer->room;

		write_entries(writer, dma, slots, now);
		dma += now << writer->shift;
		if (slots)
			slots += now;
		nr -= now;
		*writer->slot = writer->next->dma_addr;
		next_page(writer);
	}
	write_entries(writer, dma, slots, nr);
}

static void write_segment(struct prp_writer *writer, const struct iovec *iov,
			  const struct dmamem_map *map, uint64_t skip)
{
	uint64_t mask = (UINT64_C(1) << writer->shift) - 1;
	uint64_t va = (uintptr_t)iov->iov_base + skip;
	uint64_t left = iov->iov_len - skip;

	while (left) {
		struct nvme_span span = span_at(map, va, left, writer->shift);

		write_pages(writer, (span.dma + mask) & ~mask, span.slots,
			    page_starts(&span, writer->shift));
		va += span.len;
		left -= span.len;
	}
}

/* All of it is known to be right: nothing here can fail */
static int write_prp(const struct dmamem_nvme_prp_builder *builder,
		     const struct iovec *iov, unsigned int nr_iov,
		     uint64_t nr_entries, struct dmamem_nvme_prp *prp)
{
	uint64_t size = UINT64_C(1) << builder->mps_shift;
	uint64_t va = (uintptr_t)iov->iov_base;
	uint64_t first, skip, second = 0;
	struct prp_writer writer = {
		.slot = &second,
		.room = 1,
		.left = nr_entries - 1,
		.next = builder->pages,
		.shift = builder->mps_shift,
	};

	first = span_at(builder->map, va, iov->iov_len, writer.shift).dma;
	skip = size - (first & (size - 1));
	if (skip > iov->iov_len)
		skip = iov->iov_len;
	if (nr_entries > 2)
		next_page(&writer);

	write_segment(&writer, iov, builder->map, skip);
	for (unsigned int i = 1; i < nr_iov; i++)
		write_segment(&writer, &iov[i], builder->map, 0);

	if (nr_entries > 2)
		second = builder->pages->dma_addr;
	return prp_finish(builder, prp, first, second, nr_entries,
			  writer.next - builder->pages);
}

int dmamem_nvme_prp_build_any(const struct dmamem_nvme_prp_builder *builder,
			      const struct iovec *iov, unsigned int nr_iov,
			      struct dmamem_nvme_prp *prp,
			      unsigned int *bad_iov)
{
	struct prp_scan scan = { 0 };
	unsigned int bad = 0;
	int err = -EINVAL;

	if (mps_shift_valid(builder->mps_shift))
		err = scan_iov(&scan, iov, nr_iov, &bad, builder);
	if (err) {
		if (bad_iov)
			*bad_iov = bad;
		return err;
	}

	if (!scan.nr_entries)
		return prp_finish(builder, prp, 0, 0, 0, 0);
	while (!iov->iov_len) {
		iov++;
		nr_iov--;
	}
	return write_prp(builder, iov, nr_iov, scan.nr_entries, prp);
}
