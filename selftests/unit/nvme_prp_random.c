// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs of random segments in random layouts of memory, for controllers of
 * random page sizes: each result is what the model says, byte for byte, as the
 * referee reads it, and each error is one that the model finds too. A list is
 * written where the map has none to point to, and nowhere else.
 */
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "selftests/lib/nvme_model.h"
#include "selftests/lib/random.h"

#define PAGE DMAMEM_PAGE_SIZE
#define MAX_PAGES 1600
#define MAX_IOV 40
#define MAX_MPS_SHIFT 18
#define POISON UINT64_C(0x0123456789abcdef)

/* Layouts, and transfers in each: a million, less where all is slow */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAYOUTS 200
#else
#define LAYOUTS 2000
#endif
#define TRANSFERS 500

/*
 * Runs of memory start and end on multiples of @unit, in DMA addresses and
 * relative to @va, which need not be one itself.
 */
struct layout {
	uint64_t va;
	uint64_t unit;
	size_t nr_pages;
	uint64_t dma[MAX_PAGES];
};

struct transfer {
	unsigned int mps_shift;
	unsigned int nr_lists;
	unsigned int nr_iov;
	struct iovec iov[MAX_IOV];
};

static uint64_t random_run(struct random *random, const struct layout *layout,
			   size_t page)
{
	uint64_t run = random_below(random, UINT64_C(1) << 44);

	if (random_once_in(random, 16))
		return DMAMEM_NO_ADDRESS;
	if (page && random_once_in(random, 4) &&
	    layout->dma[page - 1] != DMAMEM_NO_ADDRESS)
		return layout->dma[page - 1] + PAGE;
	return run - run % layout->unit;
}

static size_t random_run_pages(struct random *random,
			       const struct layout *layout)
{
	size_t units = 1;

	if (!random_once_in(random, 3))
		units += random_below(random, 8);
	if (random_once_in(random, 8))
		units += random_below(random, 1024);
	return units * (layout->unit / PAGE);
}

static void make_layout(struct random *random, struct layout *layout)
{
	size_t page = 0, left = 0;
	uint64_t dma = 0;

	layout->unit = PAGE << random_below(random, 7);
	layout->nr_pages = 1 + random_below(random, MAX_PAGES);
	layout->va = random_below(random, UINT64_C(1) << 47);
	layout->va -= layout->va % (random_once_in(random, 2) ? PAGE :
				    layout->unit);
	if (random_once_in(random, 16))
		layout->va = (UINT64_C(1) << 48) - layout->nr_pages * PAGE;

	for (page = 0; page < layout->nr_pages; page++, left--) {
		if (!left) {
			dma = random_run(random, layout, page);
			left = random_run_pages(random, layout);
		}
		layout->dma[page] = dma;
		if (dma != DMAMEM_NO_ADDRESS)
			dma += PAGE;
	}
}

/* Pages of a segment: often few, sometimes many */
static uint64_t random_pages(struct random *random)
{
	switch (random_below(random, 16)) {
	case 0:
		return random_below(random, MAX_PAGES);
	case 1 ... 4:
		return random_below(random, 40);
	default:
		return random_below(random, 5);
	}
}

/* A mistake, once in a while */
static uint64_t slip(struct random *random, uint64_t size)
{
	return random_once_in(random, 100) ? random_below(random, size) : 0;
}

static struct iovec random_segment(struct random *random,
				   const struct layout *layout,
				   uint64_t size, bool first, bool last)
{
	uint64_t va = random_below(random, layout->nr_pages) * PAGE;
	uint64_t len = (1 + random_pages(random)) * size;

	va = layout->va + va - va % size + slip(random, size);
	if (first && random_once_in(random, 2)) {
		uint64_t offset = random_below(random, size / 4) * 4;

		va += offset;
		len -= offset;
	}
	if (last && random_once_in(random, 2))
		len -= random_below(random, len < size ? len : size);
	len += slip(random, size);

	/* most stay within the memory, as far as they can */
	if (!random_once_in(random, 50) &&
	    va + len > layout->va + layout->nr_pages * PAGE)
		len = layout->va + layout->nr_pages * PAGE - va;
	if (random_once_in(random, 20))
		len = 0;
	return (struct iovec){ (void *)(uintptr_t)va, len };
}

static void make_transfer(struct random *random, const struct layout *layout,
			  struct transfer *transfer)
{
	uint64_t size;

	transfer->mps_shift = 12;
	if (random_once_in(random, 3))
		transfer->mps_shift += random_below(random, 7);
	size = UINT64_C(1) << transfer->mps_shift;

	transfer->nr_lists = NVME_MODEL_LISTS;
	if (random_once_in(random, 8))
		transfer->nr_lists = random_below(random, 4);

	transfer->nr_iov = 1;
	if (random_once_in(random, 2))
		transfer->nr_iov = random_below(random, 6);
	if (random_once_in(random, 16))
		transfer->nr_iov = random_below(random, MAX_IOV);
	for (unsigned int i = 0; i < transfer->nr_iov; i++)
		transfer->iov[i] = random_segment(random, layout, size, !i,
						  i == transfer->nr_iov - 1);
}

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

enum outcome {
	NO_DATA, ONE, TWO, LIST, CHAIN, RESIDENT,
	FAULT, INVALID, RANGE, TOO_BIG,
	NR_OUTCOMES, WRONG,
};

static enum outcome judge_error(const struct nvme_expected *expected,
				int err, unsigned int bad_iov)
{
	if (!(expected->errors >> -err & 1) || bad_iov != expected->bad_iov)
		return WRONG;
	switch (err) {
	case -EFAULT:
		return FAULT;
	case -EINVAL:
		return INVALID;
	case -ERANGE:
		return RANGE;
	case -E2BIG:
		return TOO_BIG;
	default:
		return WRONG;
	}
}

static enum outcome judge_list(const struct nvme_model *model,
			       const struct transfer *transfer,
			       const struct dmamem_nvme_prp *prp)
{
	bool resident = nvme_model_resident(model, transfer->mps_shift,
					    transfer->iov, transfer->nr_iov);

	if (resident)
		return prp->nr_pages ? WRONG : RESIDENT;
	if (!prp->nr_pages)
		return WRONG;
	return prp->nr_pages > 1 ? CHAIN : LIST;
}

static enum outcome judge_success(const struct nvme_model *model,
				  const struct transfer *transfer,
				  const struct nvme_expected *expected,
				  const struct dmamem_nvme_prp *prp)
{
	if (expected->errors || prp->nr_entries != expected->nr_entries ||
	    prp->nr_pages > transfer->nr_lists ||
	    !poisoned(model, prp->nr_pages) ||
	    !nvme_model_check_prp(model, transfer->mps_shift, transfer->iov,
				  transfer->nr_iov, prp))
		return WRONG;
	if (prp->nr_entries > 2)
		return judge_list(model, transfer, prp);
	return prp->nr_pages ? WRONG : NO_DATA + prp->nr_entries;
}

/* Which counter must have moved? */
static bool counted(const struct dmamem_nvme_prp_stats *stats,
		    enum outcome outcome)
{
	return stats->direct == (outcome <= TWO) &&
	       stats->built == (outcome == LIST || outcome == CHAIN) &&
	       stats->resident == (outcome == RESIDENT);
}

static enum outcome try(const struct nvme_model *model,
			const struct transfer *transfer)
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
	enum outcome outcome = WRONG;
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
	return counted(&stats, outcome) ? outcome : WRONG;
}

static void describe(struct __test_metadata *_metadata,
		     const struct layout *layout,
		     const struct transfer *transfer)
{
	TH_LOG("layout at %#lx of %zu pages, MPS %u, %u lists", layout->va,
	       layout->nr_pages, 1 << transfer->mps_shift, transfer->nr_lists);
	for (unsigned int i = 0; i < transfer->nr_iov; i++)
		TH_LOG("iov[%u] = page %#lx, %#lx bytes", i,
		       (uintptr_t)transfer->iov[i].iov_base - layout->va,
		       transfer->iov[i].iov_len);
}

FIXTURE(prp) {
	struct random random;
	struct layout layout;
	struct transfer transfer;
	struct nvme_model model;
	uint64_t outcomes[NR_OUTCOMES];
};

FIXTURE_SETUP(prp)
{
	random_init(&self->random);
}

FIXTURE_TEARDOWN(prp)
{
}

TEST_F_TIMEOUT(prp, any_transfer, 600)
{
	for (unsigned int i = 0; i < LAYOUTS; i++) {
		make_layout(&self->random, &self->layout);
		ASSERT_TRUE(nvme_model_create(&self->model, self->layout.va,
					      self->layout.dma,
					      self->layout.nr_pages,
					      1 << MAX_MPS_SHIFT,
					      random_below(&self->random, 3)));
		for (unsigned int j = 0; j < TRANSFERS; j++) {
			enum outcome outcome;

			make_transfer(&self->random, &self->layout,
				      &self->transfer);
			outcome = try(&self->model, &self->transfer);
			ASSERT_NE(WRONG, outcome)
				describe(_metadata, &self->layout,
					 &self->transfer);
			self->outcomes[outcome]++;
		}
		nvme_model_destroy(&self->model);
	}
	TH_LOG("empty %lu, 1 entry %lu, 2 %lu, list %lu, chain %lu, leaf %lu",
	       self->outcomes[NO_DATA], self->outcomes[ONE],
	       self->outcomes[TWO], self->outcomes[LIST],
	       self->outcomes[CHAIN], self->outcomes[RESIDENT]);
	TH_LOG("EFAULT %lu, EINVAL %lu, ERANGE %lu, E2BIG %lu",
	       self->outcomes[FAULT], self->outcomes[INVALID],
	       self->outcomes[RANGE], self->outcomes[TOO_BIG]);
	for (unsigned int i = 0; i < NR_OUTCOMES; i++) {
		uint64_t tried = self->outcomes[i];

		EXPECT_LT(LAYOUTS, tried)
			TH_LOG("outcome %u is hardly tried", i);
	}
}

TEST_HARNESS_MAIN
