// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs of random segments in random layouts of memory, for controllers of
 * random page sizes: each result is what the model says, byte for byte, as the
 * referee reads it, and each error is one that the model finds too. A list is
 * written where the map has none to point to, and nowhere else.
 */
#include <kselftest_harness.h>

#include "selftests/lib/nvme_judge.h"
#include "selftests/lib/nvme_layout.h"
#include "selftests/lib/nvme_model.h"
#include "selftests/lib/random.h"

/* Layouts, and transfers in each: a million, less where all is slow */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LAYOUTS 200
#else
#define LAYOUTS 2000
#endif
#define TRANSFERS 500

static const char *const outcome_names[NVME_NR_OUTCOMES] = {
	[NVME_NO_DATA] = "empty",
	[NVME_ONE] = "one entry",
	[NVME_TWO] = "two entries",
	[NVME_LIST] = "list",
	[NVME_CHAIN] = "chain",
	[NVME_RESIDENT] = "leaf",
	[NVME_FAULT] = "EFAULT",
	[NVME_INVALID] = "EINVAL",
	[NVME_RANGE] = "ERANGE",
	[NVME_TOO_BIG] = "E2BIG",
};

FIXTURE(prp) {
	struct random random;
	struct nvme_layout layout;
	struct nvme_transfer transfer;
	struct nvme_model model;
	uint64_t outcomes[NVME_NR_OUTCOMES];
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
		nvme_layout_random(&self->random, &self->layout);
		ASSERT_TRUE(nvme_model_create(&self->model, self->layout.va,
					      self->layout.dma,
					      self->layout.nr_pages,
					      1 << NVME_TRANSFER_MAX_MPS_SHIFT,
					      random_below(&self->random, 3)));
		for (unsigned int j = 0; j < TRANSFERS; j++) {
			enum nvme_outcome outcome;

			nvme_transfer_random(&self->random, &self->layout,
					     &self->transfer);
			outcome = nvme_judge_prp(&self->model, &self->transfer);
			ASSERT_NE(NVME_WRONG, outcome)
				nvme_transfer_print(&self->layout,
						    &self->transfer);
			self->outcomes[outcome]++;
		}
		nvme_model_destroy(&self->model);
	}
	for (unsigned int i = 0; i < NVME_NR_OUTCOMES; i++) {
		uint64_t tried = self->outcomes[i];

		TH_LOG("%s: %lu", outcome_names[i], tried);
		EXPECT_LT(LAYOUTS, tried);
	}
}

TEST_HARNESS_MAIN
