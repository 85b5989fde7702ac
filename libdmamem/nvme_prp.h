/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the ways to build PRPs share.
 */
#ifndef DMAMEM_NVME_PRP_H
#define DMAMEM_NVME_PRP_H

#include <stdbool.h>
#include <stdint.h>

#include <dmamem/nvme.h>

#include "libdmamem/nvme_list.h"
#include "libdmamem/nvme_span.h"

#define MPS_SHIFT_MIN 12
#define MPS_SHIFT_MAX 27

static inline bool mps_shift_valid(unsigned int shift)
{
	return shift >= MPS_SHIFT_MIN && shift <= MPS_SHIFT_MAX;
}

/* Entries that one list page holds */
static inline uint64_t page_entries(unsigned int shift)
{
	return UINT64_C(1) << (shift - 3);
}

static inline uint64_t next_page_of(uint64_t dma)
{
	return (dma & ~(PAGE_SIZE - 1)) + PAGE_SIZE;
}

/* Pages of the map that a span touches */
static inline uint64_t span_pages(const struct nvme_span *span)
{
	return ((span->dma & (PAGE_SIZE - 1)) + span->len + PAGE_SIZE - 1) >>
	       PAGE_SHIFT;
}

static inline bool span_valid(const struct nvme_span *span)
{
	return nvme_span_registered(span) &&
	       (!span->slots || span->complete ||
		nvme_slots_set(span->slots, span_pages(span)));
}

/* Hand a result over, and count which way was taken */
static inline int prp_finish(const struct dmamem_nvme_prp_builder *builder,
			     struct dmamem_nvme_prp *prp, uint64_t prp1,
			     uint64_t prp2, uint64_t nr_entries,
			     uint32_t nr_pages)
{
	struct dmamem_nvme_prp_stats *stats = builder->stats;

	*prp = (struct dmamem_nvme_prp){
		.prp1 = prp1,
		.prp2 = prp2,
		.nr_entries = (uint32_t)nr_entries,
		.nr_pages = nr_pages,
	};
	if (!stats)
		return 0;
	if (nr_entries <= 2)
		stats->direct++;
	else if (nr_pages)
		stats->built++;
	else
		stats->resident++;
	return 0;
}

/* nvme_prp_iov.c: up to one list page, or whatever nvme_prp_any.c makes of it */
int dmamem_nvme_prp_build_iov(const struct dmamem_nvme_prp_builder *builder,
			      const struct iovec *iov, unsigned int nr_iov,
			      struct dmamem_nvme_prp *prp,
			      unsigned int *bad_iov);

/* nvme_prp_any.c: everything there is, and what is wrong with it */
int dmamem_nvme_prp_build_any(const struct dmamem_nvme_prp_builder *builder,
			      const struct iovec *iov, unsigned int nr_iov,
			      struct dmamem_nvme_prp *prp,
			      unsigned int *bad_iov);

#endif
