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
	return (dma & ~(PAGE_BYTES - 1)) + PAGE_BYTES;
}

/* Pages of the map that a span touches */
static inline uint64_t span_pages(const struct nvme_span *span)
{
	return ((span->dma & (PAGE_BYTES - 1)) + span->len + PAGE_BYTES - 1) >>
	       PAGE_BITS;
}

static inline bool span_valid(const struct nvme_span *span)
{
	return nvme_span_registered(span) &&
	       (!span->slots || span->complete ||
		nvme_slots_set(span->slots, span_pages(span)));
}

_Static_assert(offsetof(struct dmamem_nvme_prp, nr_pages) ==
	       offsetof(struct dmamem_nvme_prp, nr_entries) + sizeof(uint32_t),
	       "both counts are stored as one number");

/* Hand a result over, and count which way was taken */
static inline int prp_finish(const struct dmamem_nvme_prp_builder *builder,
			     struct dmamem_nvme_prp *prp, uint64_t prp1,
			     uint64_t prp2, uint64_t nr_entries,
			     uint32_t nr_pages)
{
	struct dmamem_nvme_prp_stats *stats = builder->stats;
	uint64_t counts = nr_entries | (uint64_t)nr_pages << 32;

	prp->prp1 = prp1;
	prp->prp2 = prp2;
	/* Compilers do not see that one store will do */
	memcpy((char *)prp + offsetof(struct dmamem_nvme_prp, nr_entries),
	       &counts, sizeof(counts));
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

/*
 * Is there more than the first page? Bytes after it, less one, in @rest. What
 * is nothing or too much is more than any chunk.
 */
static inline bool crosses_page(uint64_t va, uint64_t len, uint64_t *rest)
{
	return __builtin_add_overflow(len - 1, va | -PAGE_BYTES, rest);
}

static inline bool leaves_chunk(uint64_t va, uint64_t rest)
{
	return page_index(va) + (rest >> PAGE_BITS) >= PAGES_PER_CHUNK - 1;
}

/* Every page of the leaf is set, and devices can read it: it is the list */
static inline int prp_listed(const struct dmamem_nvme_prp_builder *builder,
			     struct dmamem_nvme_prp *prp, uint64_t va,
			     uint64_t rest, uint64_t leaf)
{
	uint64_t to_dma = builder->map->leaf_to_dma[leaf >> LEAF_INDEX_SHIFT];
	const uint64_t *slots = leaf_slots(leaf, va);

	return prp_finish(builder, prp,
			  load_page(slots) + (va & (PAGE_BYTES - 1)),
			  (uintptr_t)(slots + 1) + to_dma,
			  (rest >> PAGE_BITS) + 2, 0);
}

/*
 * One segment that starts on a dword below 2^48 and has @rest after its first
 * page: in a run from @dma on (nvme_prp.c), in a leaf (nvme_prp_leaf.c).
 * The other arguments are where the public function has them: to hand on is to
 * jump.
 */
int dmamem_nvme_prp_build_run(const struct dmamem_nvme_prp_builder *builder,
			      const struct iovec *iov, uint64_t rest,
			      struct dmamem_nvme_prp *prp,
			      unsigned int *bad_iov, uint64_t dma);
int dmamem_nvme_prp_build_slot(const struct dmamem_nvme_prp_builder *builder,
			       const struct iovec *iov, uint64_t rest,
			       struct dmamem_nvme_prp *prp,
			       unsigned int *bad_iov, uint64_t entry);

/* nvme_prp_leaf.c: the same for what else a slot may say. @one is 1 */
int dmamem_nvme_prp_build_part(const struct dmamem_nvme_prp_builder *builder,
			       const struct iovec *iov, unsigned int one,
			       struct dmamem_nvme_prp *prp,
			       unsigned int *bad_iov);

/* nvme_prp_leaf.c: in a run, without list pages */
int dmamem_nvme_prp_build_spare(const struct dmamem_nvme_prp_builder *builder,
				const struct iovec *iov, uint64_t rest,
				struct dmamem_nvme_prp *prp,
				unsigned int *bad_iov);

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
