// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Lists that are in the map itself: when they are, and how long they are true.
 */
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/nvme_model.h"
#include "selftests/lib/test_provider.h"

#define NR_PAGES (3 * PAGES_PER_CHUNK)
#define BASE (UINT64_C(0x1240000000) - CHUNK_SIZE)

static struct iovec pages(uint64_t first, uint64_t nr)
{
	return (struct iovec){
		(void *)(uintptr_t)(BASE + first * PAGE_BYTES), nr * PAGE_BYTES,
	};
}

FIXTURE(leaf) {
	uint64_t dma[NR_PAGES];
	struct nvme_model model;
	struct dmamem_nvme_prp_stats stats;
	struct dmamem_nvme_prp_builder builder;
	struct dmamem_nvme_prp prp;
};

/* Pages that no two are neighbours of, or one run with leaves all the same */
FIXTURE_VARIANT(leaf) {
	bool run;
};

FIXTURE_VARIANT_ADD(leaf, scattered) {};
FIXTURE_VARIANT_ADD(leaf, on_request) { .run = true };

FIXTURE_SETUP(leaf)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		self->dma[i] = variant->run ? (i + 9) * PAGE_BYTES :
			       (i * 1237 % NR_PAGES * 3 + 5) * PAGE_BYTES;
	ASSERT_TRUE(nvme_model_create(&self->model, BASE, self->dma, NR_PAGES,
				      PAGE_BYTES, variant->run ?
				      NVME_MODEL_LEAVES_EVERYWHERE :
				      NVME_MODEL_LEAVES_SHARED));
	nvme_model_poison(&self->model);
	self->builder = (struct dmamem_nvme_prp_builder){
		.map = self->model.map,
		.mps_shift = 12,
		.pages = self->model.lists,
		.nr_pages = NVME_MODEL_LISTS,
		.stats = &self->stats,
	};
}

FIXTURE_TEARDOWN(leaf)
{
	nvme_model_destroy(&self->model);
}

#define build(iov, nr) \
	dmamem_nvme_prp_build(&self->builder, iov, nr, &self->prp, NULL)

/* From every page of a chunk, with every length that stays in it */
TEST_F_TIMEOUT(leaf, nothing_is_written_within_a_chunk, 300)
{
	uint64_t nr_lists = 0;

	self->builder.nr_pages = 0;
	for (uint64_t first = 0; first < PAGES_PER_CHUNK; first++) {
		for (uint64_t nr = 3; first + nr <= PAGES_PER_CHUNK; nr++) {
			struct iovec iov = pages(PAGES_PER_CHUNK + first, nr);

			ASSERT_EQ(0, build(&iov, 1));
			ASSERT_EQ(nr, self->prp.nr_entries);
			ASSERT_EQ(0, self->prp.nr_pages);
			nr_lists++;
			if (nr % 61 == 3 || first + nr == PAGES_PER_CHUNK)
				ASSERT_TRUE(nvme_model_check_prp(&self->model,
								 12, &iov, 1,
								 &self->prp));
		}
	}
	EXPECT_EQ(nr_lists, self->stats.resident);
	EXPECT_EQ(0, self->stats.built);
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 0));
}

TEST_F(leaf, a_list_that_goes_on_is_built)
{
	struct iovec iov = pages(PAGES_PER_CHUNK - 3, 4);

	EXPECT_EQ(0, build(&iov, 1));
	EXPECT_EQ(1, self->prp.nr_pages);
	EXPECT_EQ(1, self->stats.built);
	EXPECT_TRUE(nvme_model_check_prp(&self->model, 12, &iov, 1,
					 &self->prp));
}

TEST_F(leaf, other_page_sizes_are_built)
{
	struct iovec iov = pages(PAGES_PER_CHUNK, 32);

	self->builder.mps_shift = 13;
	EXPECT_EQ(variant->run ? 0 : -ERANGE, build(&iov, 1));
	EXPECT_EQ(0, self->stats.resident);
}

TEST_F(leaf, adjacent_segments_are_one)
{
	struct iovec iov[] = {
		{ NULL, 0 }, pages(8, 1), pages(9, 5), { NULL, 0 },
		pages(14, 2),
	};
	struct iovec apart[] = { pages(8, 1), pages(10, 5) };

	EXPECT_EQ(0, build(iov, 5));
	EXPECT_EQ(1, self->stats.resident);
	EXPECT_TRUE(nvme_model_check_prp(&self->model, 12, iov, 5, &self->prp));
	EXPECT_EQ(0, build(apart, 2));
	EXPECT_EQ(1, self->stats.built);
}

TEST_F(leaf, part_of_a_chunk)
{
	uint64_t hole = BASE + 100 * PAGE_BYTES;
	struct iovec before = pages(40, 60), over = pages(40, 61);
	struct iovec after = pages(101, 60);

	ASSERT_EQ(0, dmamem_map_clear(self->model.map, hole, PAGE_BYTES));
	EXPECT_EQ(0, build(&before, 1));
	EXPECT_EQ(0, build(&after, 1));
	EXPECT_EQ(2, self->stats.resident);
	EXPECT_EQ(-EFAULT, build(&over, 1));
}

/* What a list in a leaf says of these pages of the middle chunk */
static unsigned int slots_left(const uint64_t *leaf, uint64_t first,
			       uint64_t nr)
{
	unsigned int left = 0;

	for (uint64_t i = first; i < first + nr; i++)
		left += leaf[i] != LEAF_ABSENT;
	return left;
}

/*
 * Whoever unregisters memory that a command still uses has made a mistake. A
 * controller that then reads the list must find no page in it to write to.
 */
TEST_F(leaf, names_no_page_that_is_not_registered)
{
	static const struct {
		uint64_t first, nr;
	} cleared[] = {
		{ 8, 16 },
		{ 0, PAGES_PER_CHUNK },
		{ 0, GIB_SIZE / PAGE_BYTES },
	};
	uint64_t chunk = BASE + CHUNK_SIZE;
	struct iovec iov = pages(PAGES_PER_CHUNK + 8, 16);
	const uint64_t *leaf = dmamem_map_leaf(self->model.map, chunk);

	ASSERT_NE(NULL, leaf);
	for (size_t i = 0; i < sizeof(cleared) / sizeof(*cleared); i++) {
		EXPECT_EQ(0, build(&iov, 1));
		EXPECT_EQ(i + 1, self->stats.resident);
		EXPECT_EQ(16, slots_left(leaf, 8, 16));

		ASSERT_EQ(0, dmamem_map_clear(self->model.map, chunk +
					      cleared[i].first * PAGE_BYTES,
					      cleared[i].nr * PAGE_BYTES));
		EXPECT_EQ(0, slots_left(leaf, 8, 16));
		EXPECT_FALSE(nvme_model_check_prp(&self->model, 12, &iov, 1,
						  &self->prp));

		for (uint64_t j = 0; j < PAGES_PER_CHUNK; j++)
			dmamem_map_set(self->model.map, chunk + j * PAGE_BYTES,
				       PAGE_BYTES,
				       self->dma[PAGES_PER_CHUNK + j]);
		EXPECT_EQ(leaf, dmamem_map_leaf(self->model.map, chunk));
		EXPECT_TRUE(nvme_model_check_prp(&self->model, 12, &iov, 1,
						 &self->prp));
	}
}

/* As after 65535 leaves that are scattered page by page */
TEST(more_leaves_than_indexes)
{
	struct dmamem_nvme_prp_stats stats = { 0 };
	struct dmamem_nvme_prp_builder builder = {
		.mps_shift = 12,
		.stats = &stats,
	};
	const uint64_t *leaf;
	struct dmamem_nvme_prp prp;
	struct dmamem_context *ctx;
	struct iovec iov;

	ASSERT_EQ(0, test_provider_open_flags(0, DMAMEM_OPEN_RESIDENT_LISTS,
					      &ctx));
	ctx->dma_map->pool.last_index = NR_LEAF_INDEXES - 1;
	iov = pages(0, PAGES_PER_CHUNK);
	ASSERT_EQ(0, dmamem_register(ctx, iov.iov_base, iov.iov_len));
	leaf = dmamem_map_leaf(ctx->dma_map, BASE);
	ASSERT_NE(NULL, leaf);

	builder.map = ctx->dma_map;
	for (uint64_t i = 0; i < PAGES_PER_CHUNK - 2; i++) {
		iov = pages(i, PAGES_PER_CHUNK - i);
		ASSERT_EQ(0, dmamem_nvme_prp_build(&builder, &iov, 1, &prp,
						   NULL));
		EXPECT_EQ(leaf[i], prp.prp1);
		EXPECT_EQ(dmamem_translate(ctx, leaf + i + 1, NULL), prp.prp2);
		EXPECT_EQ(PAGES_PER_CHUNK - i, prp.nr_entries);
	}
	EXPECT_EQ(PAGES_PER_CHUNK - 2, stats.resident);
	EXPECT_EQ(0, dmamem_close(ctx));
}

TEST_HARNESS_MAIN
