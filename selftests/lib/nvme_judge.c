// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <string.h>

#include <dmamem/memory.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/nvme_judge.h"

#define POISON UINT64_C(0x0123456789abcdef)

/* Any alignment, bit buckets, and descriptors of metadata */
#define SGLS 0x90001

static void poison(const struct nvme_model *model)
{
	for (unsigned int i = 0; i < NVME_MODEL_LISTS; i++)
		model->lists[i].entries[0] = POISON;
}

/* Whatever is written to a list page starts in its first slot */
static bool poisoned(const struct nvme_model *model, unsigned int first)
{
	for (unsigned int i = first; i < NVME_MODEL_LISTS; i++)
		if (model->lists[i].entries[0] != POISON)
			return false;
	return true;
}

static enum nvme_outcome judge_error(const struct nvme_expected *expected,
				     int err, unsigned int bad_iov)
{
	if (!(expected->errors >> -err & 1) || bad_iov != expected->bad_iov)
		return NVME_WRONG;
	switch (err) {
	case -EFAULT:
		return NVME_FAULT;
	case -EINVAL:
		return NVME_INVALID;
	case -ERANGE:
		return NVME_RANGE;
	case -E2BIG:
		return NVME_TOO_BIG;
	default:
		return NVME_WRONG;
	}
}

/*
 * A list that is written has as many pages as are to be expected from the DMA
 * address, and no more than can be from the virtual address.
 */
static bool pages_as_told(const struct nvme_transfer *transfer,
			  const struct dmamem_nvme_prp *prp)
{
	unsigned int shift = transfer->mps_shift;
	size_t unknown = (UINT64_C(1) << shift) - PAGE_BYTES;
	const struct iovec *first = transfer->iov;
	size_t len = 0;

	for (unsigned int i = 0; i < transfer->nr_iov; i++) {
		if (!len)
			first = &transfer->iov[i];
		len += transfer->iov[i].iov_len;
	}
	unknown += (uintptr_t)first->iov_base % PAGE_BYTES;
	return prp->nr_pages == dmamem_nvme_prp_pages(prp->prp1, len, shift) &&
	       prp->nr_pages <= dmamem_nvme_prp_pages(unknown, len, shift);
}

static enum nvme_outcome judge_list(const struct nvme_model *model,
				    const struct nvme_transfer *transfer,
				    const struct dmamem_nvme_prp *prp)
{
	bool resident = nvme_model_resident(model, transfer->mps_shift,
					    transfer->iov, transfer->nr_iov);

	if (resident)
		return prp->nr_pages ? NVME_WRONG : NVME_RESIDENT;
	if (!prp->nr_pages || !pages_as_told(transfer, prp))
		return NVME_WRONG;
	return prp->nr_pages > 1 ? NVME_CHAIN : NVME_LIST;
}

static enum nvme_outcome judge_success(const struct nvme_model *model,
				       const struct nvme_transfer *transfer,
				       const struct nvme_expected *expected,
				       const struct dmamem_nvme_prp *prp)
{
	if (expected->errors || prp->nr_entries != expected->nr_entries ||
	    prp->nr_pages > transfer->nr_lists ||
	    !poisoned(model, prp->nr_pages) ||
	    !nvme_model_check_prp(model, transfer->mps_shift, transfer->iov,
				  transfer->nr_iov, prp))
		return NVME_WRONG;
	if (prp->nr_entries > 2)
		return judge_list(model, transfer, prp);
	return prp->nr_pages ? NVME_WRONG : NVME_NO_DATA + prp->nr_entries;
}

/* Which counter must have moved? */
static bool counted(const struct dmamem_nvme_prp_stats *stats,
		    enum nvme_outcome outcome)
{
	return stats->direct == (outcome <= NVME_TWO) &&
	       stats->built == (outcome == NVME_LIST || outcome == NVME_CHAIN) &&
	       stats->resident == (outcome == NVME_RESIDENT);
}

enum nvme_outcome nvme_judge_prp(const struct nvme_model *model,
				 const struct nvme_transfer *transfer)
{
	struct dmamem_nvme_prp_stats stats = { 0 };
	struct dmamem_nvme_prp_builder builder = {
		.map = model->map,
		.mps_shift = transfer->mps_shift,
		.pages = model->lists,
		.nr_pages = transfer->nr_lists,
		.stats = &stats,
	};
	struct nvme_expected expected =
		nvme_model_expect_prp(model, transfer->mps_shift,
				      transfer->nr_lists, transfer->iov,
				      transfer->nr_iov);
	struct dmamem_nvme_prp prp, saved;
	enum nvme_outcome outcome = NVME_WRONG;
	unsigned int bad_iov = 99;
	int err;

	memset(&prp, 0x5a, sizeof(prp));
	saved = prp;
	poison(model);
	err = dmamem_nvme_prp_build(&builder, transfer->iov, transfer->nr_iov,
				    &prp, &bad_iov);
	if (!err)
		outcome = judge_success(model, transfer, &expected, &prp);
	else if (!memcmp(&prp, &saved, sizeof(prp)) && poisoned(model, 0))
		outcome = judge_error(&expected, err, bad_iov);
	return counted(&stats, outcome) ? outcome : NVME_WRONG;
}

static enum nvme_outcome judge_sgl(const struct nvme_model *model,
				   const struct nvme_transfer *transfer,
				   const struct nvme_expected *expected,
				   const struct dmamem_nvme_sgl *sgl)
{
	if (expected->errors || sgl->nr_descriptors != expected->nr_entries ||
	    sgl->nr_segments != expected->nr_segments ||
	    sgl->psdt != (transfer->metadata ? 2 : 1) ||
	    !poisoned(model, sgl->nr_segments) ||
	    !nvme_model_check_sgl(model, transfer->iov, transfer->nr_iov, sgl))
		return NVME_WRONG;
	if (sgl->nr_segments)
		return sgl->nr_segments > 1 ? NVME_CHAIN : NVME_LIST;
	return NVME_NO_DATA + sgl->nr_descriptors;
}

enum nvme_outcome nvme_judge_sgl(const struct nvme_model *model,
				 const struct nvme_transfer *transfer,
				 unsigned int segment_size)
{
	struct dmamem_nvme_sgl_segment segments[NVME_MODEL_LISTS];
	struct dmamem_nvme_sgl_builder builder = {
		.map = model->map,
		.sgls = SGLS,
		.segment_size = segment_size,
		.nr_segments = transfer->nr_lists,
		.segments = segments,
	};
	struct nvme_expected expected =
		nvme_model_expect_sgl(model, transfer->nr_lists, segment_size,
				      transfer->iov, transfer->nr_iov);
	struct dmamem_nvme_sgl sgl, saved;
	unsigned int flags = DMAMEM_NVME_SGL_READ;
	unsigned int bad_iov = 99;
	int err;

	if (transfer->metadata)
		flags |= DMAMEM_NVME_SGL_METADATA;
	nvme_model_segments(model, segments);
	memset(&sgl, 0x5a, sizeof(sgl));
	saved = sgl;
	poison(model);
	err = dmamem_nvme_sgl_build(&builder, transfer->iov, transfer->nr_iov,
				    flags, &sgl, &bad_iov);
	if (!err)
		return judge_sgl(model, transfer, &expected, &sgl);
	if (memcmp(&sgl, &saved, sizeof(sgl)) || !poisoned(model, 0))
		return NVME_WRONG;
	return judge_error(&expected, err, bad_iov);
}
