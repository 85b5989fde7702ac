// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Threads that build while others register and unregister their neighbours in
 * the same chunks: what is theirs stays right, and nobody waits for anybody.
 */
#include <kselftest_harness.h>
#include <pthread.h>
#include <stdatomic.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/nvme_model.h"

#define NR_PAGES (2 * PAGES_PER_CHUNK)
#define BASE UINT64_C(0x1240000000)
#define BUILDERS 3
#define OWN_PAGES 100
#define BUILDS 40000

struct builder {
	const struct nvme_model *model;
	uint64_t first;
	unsigned int first_list;
	struct dmamem_nvme_prp_stats stats;
	uint64_t builds;
	uint64_t wrong;
	pthread_t thread;
};

struct neighbour {
	const struct nvme_model *model;
	atomic_bool stop;
	pthread_t thread;
};

FIXTURE(threads) {
	uint64_t dma[NR_PAGES];
	struct nvme_model model;
	struct builder builders[BUILDERS];
	struct neighbour neighbour;
};

/* Where all pages of a chunk follow each other, it folds and splits again */
FIXTURE_VARIANT(threads) {
	uint64_t factor;
};

FIXTURE_VARIANT_ADD(threads, scattered) { .factor = 1237 * 3 };
FIXTURE_VARIANT_ADD(threads, folding) { .factor = 1 };

FIXTURE_SETUP(threads)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		self->dma[i] = (i * variant->factor % (3 * NR_PAGES) + 5) *
			       PAGE_BYTES;
	ASSERT_TRUE(nvme_model_create(&self->model, BASE, self->dma, NR_PAGES,
				      PAGE_BYTES, NVME_MODEL_LEAVES_SHARED));
}

FIXTURE_TEARDOWN(threads)
{
	nvme_model_destroy(&self->model);
}

static struct iovec pages(uint64_t first, uint64_t nr)
{
	return (struct iovec){
		(void *)(uintptr_t)(BASE + first * PAGE_BYTES), nr * PAGE_BYTES,
	};
}

static void build_one(struct builder *builder, const struct iovec *iov,
		      unsigned int nr_iov)
{
	struct dmamem_nvme_prp_builder prps = {
		.map = builder->model->map,
		.mps_shift = 12,
		.pages = &builder->model->lists[builder->first_list],
		.nr_pages = 2,
		.stats = &builder->stats,
	};
	struct dmamem_nvme_prp prp;

	if (dmamem_nvme_prp_build(&prps, iov, nr_iov, &prp, NULL) ||
	    !nvme_model_check_prp(builder->model, 12, iov, nr_iov, &prp))
		builder->wrong++;
}

static bool has_met_both(const struct dmamem_nvme_prp_stats *stats)
{
	return stats->resident && stats->built;
}

/*
 * In its own pages: a list in the leaf, and one that has to be built. While the
 * chunk is folded there is no leaf: on until there was.
 */
static void *run_builder(void *arg)
{
	struct builder *builder = arg;

	for (unsigned int i = 0; i < BUILDS || !has_met_both(&builder->stats);
	     i++) {
		struct iovec one = pages(builder->first + i % 50, 3 + i % 48);
		struct iovec two[] = {
			pages(builder->first + 50, 1 + i % 40),
			pages(builder->first + i % 20, 20),
		};

		build_one(builder, &one, 1);
		build_one(builder, two, 2);
		builder->builds += 2;
	}
	return NULL;
}

/* The pages between and after those of the builders come and go */
static void *run_neighbour(void *arg)
{
	struct neighbour *neighbour = arg;
	const struct nvme_model *model = neighbour->model;

	for (uint64_t i = 0; !neighbour->stop; i++) {
		uint64_t page = BUILDERS * 2 * OWN_PAGES + i % 64;
		uint64_t va;

		if (i & 1)
			page = (i % BUILDERS * 2 + 1) * OWN_PAGES + i % 64;
		va = BASE + page * PAGE_BYTES;
		dmamem_map_clear(model->map, va, PAGE_BYTES);
		dmamem_map_set(model->map, va, PAGE_BYTES, model->dma[page]);
	}
	return NULL;
}

TEST_F_TIMEOUT(threads, neighbours_do_not_disturb, 300)
{
	self->neighbour.model = &self->model;
	ASSERT_EQ(0, pthread_create(&self->neighbour.thread, NULL,
				    run_neighbour, &self->neighbour));
	for (unsigned int i = 0; i < BUILDERS; i++) {
		self->builders[i].model = &self->model;
		self->builders[i].first = i * 2 * OWN_PAGES;
		self->builders[i].first_list = i * 2;
		ASSERT_EQ(0, pthread_create(&self->builders[i].thread, NULL,
					    run_builder, &self->builders[i]));
	}
	for (unsigned int i = 0; i < BUILDERS; i++) {
		struct builder *builder = &self->builders[i];

		ASSERT_EQ(0, pthread_join(builder->thread, NULL));
		EXPECT_EQ(0, builder->wrong);
		EXPECT_EQ(builder->builds, builder->stats.resident +
			  builder->stats.built);
	}
	self->neighbour.stop = true;
	ASSERT_EQ(0, pthread_join(self->neighbour.thread, NULL));
}

TEST_HARNESS_MAIN
