// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PRPs: the cases one would think of. nvme_prp_random.c tries the others.
 */
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "selftests/lib/nvme_model.h"

#define PAGE DMAMEM_PAGE_SIZE
#define NR_PAGES 2112
#define BASE UINT64_C(0x1234567000)

static struct iovec seg(uint64_t va, uint64_t len)
{
	return (struct iovec){ (void *)(uintptr_t)va, len };
}

static struct iovec at(uint64_t offset, uint64_t len)
{
	return seg(BASE + offset, len);
}

FIXTURE(prp) {
	uint64_t dma[NR_PAGES];
	struct nvme_model model;
	struct dmamem_nvme_prp_builder builder;
	struct dmamem_nvme_prp prp;
	unsigned int bad;
};

/* Pages that no two are neighbours of, or one run from @run on */
FIXTURE_VARIANT(prp) {
	uint64_t run;
};

FIXTURE_VARIANT_ADD(prp, scattered) {};
FIXTURE_VARIANT_ADD(prp, contiguous) { .run = UINT64_C(0x123456000) };

FIXTURE_SETUP(prp)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		self->dma[i] = variant->run ? variant->run + i * PAGE :
			       (i * 1237 % NR_PAGES * 3 + 5) * PAGE;
	ASSERT_TRUE(nvme_model_create(&self->model, BASE, self->dma, NR_PAGES,
				      PAGE, NVME_MODEL_LEAVES_PRIVATE));
	nvme_model_poison(&self->model);
	self->builder = (struct dmamem_nvme_prp_builder){
		.map = self->model.map,
		.mps_shift = 12,
		.pages = self->model.lists,
		.nr_pages = NVME_MODEL_LISTS,
	};
	self->bad = 77;
}

FIXTURE_TEARDOWN(prp)
{
	nvme_model_destroy(&self->model);
}

#define build(iov) \
	dmamem_nvme_prp_build(&self->builder, iov, \
			      sizeof(iov) / sizeof(*(iov)), \
			      &self->prp, &self->bad)

/* Expect an error for a segment, and everything as it was */
#define EXPECT_REFUSED(err, segment, iov) do { \
	struct dmamem_nvme_prp saved; \
	memset(&self->prp, 0xa5, sizeof(self->prp)); \
	saved = self->prp; \
	self->bad = 77; \
	EXPECT_EQ(-(err), build(iov)); \
	EXPECT_EQ((unsigned int)(segment), self->bad); \
	EXPECT_EQ(0, memcmp(&saved, &self->prp, sizeof(saved))); \
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 0)); \
} while (0)

/* Expect a result that means the segments, in this many entries */
#define EXPECT_BUILT(entries, iov) do { \
	self->bad = 77; \
	EXPECT_EQ(0, build(iov)); \
	EXPECT_EQ((uint64_t)(entries), self->prp.nr_entries); \
	EXPECT_EQ(77, self->bad); \
	EXPECT_TRUE(nvme_model_check_prp(&self->model, \
					 self->builder.mps_shift, iov, \
					 sizeof(iov) / sizeof(*(iov)), \
					 &self->prp)); \
} while (0)

TEST_F(prp, one_page)
{
	struct iovec iov[] = { at(0, PAGE) };

	EXPECT_BUILT(1, iov);
	EXPECT_EQ(self->dma[0], self->prp.prp1);
	EXPECT_EQ(0, self->prp.prp2);
	EXPECT_EQ(0, self->prp.nr_pages);
}

TEST_F(prp, two_pages_need_no_list)
{
	struct iovec iov[] = { at(PAGE - 4, 8) };

	self->builder.nr_pages = 0;
	self->builder.pages = NULL;
	EXPECT_BUILT(2, iov);
	EXPECT_EQ(self->dma[0] + PAGE - 4, self->prp.prp1);
	EXPECT_EQ(self->dma[1], self->prp.prp2);
}

TEST_F(prp, last_slot_of_a_list_page_is_data_when_the_list_ends_there)
{
	struct iovec full[] = { at(0, 513 * PAGE) };
	struct iovec more[] = { at(0, 513 * PAGE + 4) };
	const struct dmamem_nvme_list_page *list = self->model.lists;

	self->builder.nr_pages = 1;
	EXPECT_BUILT(513, full);
	EXPECT_EQ(1, self->prp.nr_pages);
	EXPECT_EQ(htole64(self->dma[512]), list[0].entries[511]);
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 1));

	self->builder.nr_pages = 2;
	EXPECT_BUILT(514, more);
	EXPECT_EQ(2, self->prp.nr_pages);
	EXPECT_EQ(htole64(list[1].dma_addr), list[0].entries[511]);
	EXPECT_EQ(htole64(self->dma[512]), list[1].entries[0]);
	EXPECT_EQ(htole64(self->dma[513]), list[1].entries[1]);
}

/* Exactly as many entries as fill a page or a list, and a dword more or less */
TEST_F_TIMEOUT(prp, exact_fit_from_every_offset, 300)
{
	static const unsigned int counts[] = {
		1, 2, 3, 4, 511, 512, 513, 514, 515, 1022, 1023, 1024, 1025,
		1026, 1534, 1535, 1536, 1537, 2044, 2045, 2046, 2047, 2048,
	};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		for (uint64_t offset = 0; offset < PAGE; offset += 4) {
			uint64_t fit = counts[i] * PAGE - offset;
			struct iovec exact[] = { at(offset, fit) };
			struct iovec less[] = { at(offset, fit - 4) };
			struct iovec more[] = { at(offset, fit + 4) };
			bool gone = fit == 4;

			ASSERT_EQ(0, build(exact));
			ASSERT_EQ(counts[i], self->prp.nr_entries);
			ASSERT_EQ(dmamem_nvme_prp_pages(offset, fit, 12),
				  self->prp.nr_pages);
			ASSERT_TRUE(nvme_model_check_prp(&self->model, 12,
							 exact, 1, &self->prp));
			ASSERT_EQ(0, build(less));
			ASSERT_EQ(counts[i] - gone, self->prp.nr_entries);
			ASSERT_TRUE(nvme_model_check_prp(&self->model, 12,
							 less, 1, &self->prp));
			ASSERT_EQ(0, build(more));
			ASSERT_EQ(counts[i] + 1, self->prp.nr_entries);
			ASSERT_TRUE(nvme_model_check_prp(&self->model, 12,
							 more, 1, &self->prp));
		}
	}
}

TEST_F(prp, nothing_is_two_zero_entries)
{
	struct iovec empty[] = { seg(0, 0), seg(1, 0) };
	struct dmamem_nvme_prp zero = { 0 };

	memset(&self->prp, 0xa5, sizeof(self->prp));
	EXPECT_EQ(0, build(empty));
	EXPECT_EQ(0, memcmp(&zero, &self->prp, sizeof(zero)));

	memset(&self->prp, 0xa5, sizeof(self->prp));
	EXPECT_EQ(0, dmamem_nvme_prp_build(&self->builder, NULL, 0, &self->prp,
					   NULL));
	EXPECT_EQ(0, memcmp(&zero, &self->prp, sizeof(zero)));
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 0));
}

TEST_F(prp, empty_segments_are_skipped)
{
	struct iovec iov[] = {
		seg(3, 0), at(8, PAGE - 8), seg(5, 0), at(9 * PAGE, PAGE),
		seg(0, 0), at(4 * PAGE, 12), seg(1, 0),
	};

	EXPECT_BUILT(3, iov);
}

/* A mapping of 4096 + 4608 bytes once made another library forget a page */
TEST_F(prp, last_segment_longer_than_a_page)
{
	struct iovec iov[] = { at(0, 4096), at(5 * PAGE, 4608) };

	EXPECT_BUILT(3, iov);
	EXPECT_EQ(1, self->prp.nr_pages);
}

TEST_F(prp, past_the_end_of_a_registration)
{
	struct iovec end[] = { at((NR_PAGES - 2) * PAGE, 2 * PAGE) };
	struct iovec past[] = { at((NR_PAGES - 2) * PAGE, 2 * PAGE + 1) };
	struct iovec far[] = { at(0, PAGE), at((NR_PAGES - 9) * PAGE, SIZE_MAX) };
	struct iovec before[] = { seg(BASE - 4, 8) };
	struct iovec null[] = { at(0, PAGE), seg(0, 512) };

	EXPECT_BUILT(2, end);
	EXPECT_REFUSED(EFAULT, 0, past);
	EXPECT_REFUSED(EFAULT, 1, far);
	EXPECT_REFUSED(EFAULT, 0, before);
	EXPECT_REFUSED(EFAULT, 1, null);
}

TEST_F(prp, lengths_that_wrap)
{
	uint64_t half = UINT64_C(1) << 63;
	struct iovec one[] = { at(0, SIZE_MAX) };
	struct iovec to_itself[] = { at(0, -PAGE), at(-PAGE, 2 * PAGE) };
	struct iovec to_more[] = { at(0, 2 * PAGE), at(2 * PAGE, -PAGE),
				   at(PAGE, PAGE) };
	struct iovec to_nothing[] = { seg(0, half), seg(half, half) };
	struct iovec over_zero[] = { seg(-PAGE, PAGE), seg(0, PAGE) };

	for (unsigned int shift = 12; shift <= 16; shift += 4) {
		/* Else the pages are too small for the controller first */
		if (shift > 12 && !variant->run)
			continue;
		self->builder.mps_shift = shift;
		EXPECT_REFUSED(EFAULT, 0, one);
		EXPECT_REFUSED(EFAULT, 0, to_itself);
		EXPECT_REFUSED(EFAULT, 0, to_nothing);
		EXPECT_REFUSED(EFAULT, 0, over_zero);
	}
	self->builder.mps_shift = 12;
	EXPECT_REFUSED(EFAULT, 1, to_more);
}

TEST_F(prp, hole)
{
	struct iovec over[] = { at(0, PAGE), at(PAGE, 700 * PAGE) };
	struct iovec up_to[] = { at(0, PAGE), at(PAGE, 599 * PAGE) };
	struct iovec from[] = { at(601 * PAGE, 700 * PAGE) };

	ASSERT_EQ(0, dmamem_map_clear(self->model.map, BASE + 600 * PAGE, PAGE));
	EXPECT_REFUSED(EFAULT, 1, over);
	EXPECT_BUILT(600, up_to);
	EXPECT_BUILT(700, from);
}

TEST_F(prp, alignment)
{
	struct iovec byte[] = { at(2, 512) };
	struct iovec second[] = { at(0, PAGE), at(PAGE + 8, 512) };
	struct iovec middle[] = {
		at(4, PAGE - 4), seg(7, 0), at(PAGE, 512), at(2 * PAGE, PAGE),
	};
	struct iovec first[] = { at(0, 512), seg(0, 0), at(512, 512) };
	struct iovec odd_end[] = { at(4, 4093) };

	EXPECT_REFUSED(EINVAL, 0, byte);
	EXPECT_REFUSED(EINVAL, 1, second);
	EXPECT_REFUSED(EINVAL, 2, middle);
	EXPECT_REFUSED(EINVAL, 0, first);
	EXPECT_BUILT(2, odd_end);
}

TEST_F(prp, first_bad_segment_is_blamed)
{
	struct iovec iov[] = { at(0, PAGE), at(PAGE, 9), seg(0, PAGE) };

	EXPECT_REFUSED(EINVAL, 1, iov);
}

TEST_F(prp, page_size_out_of_range)
{
	struct iovec iov[] = { at(0, PAGE) };

	self->builder.mps_shift = 11;
	EXPECT_REFUSED(EINVAL, 0, iov);
	self->builder.mps_shift = 28;
	EXPECT_REFUSED(EINVAL, 0, iov);
}

TEST_F(prp, list_full)
{
	struct iovec fits[] = { at(0, PAGE), at(PAGE, 1022 * PAGE), at(0, PAGE) };
	struct iovec over[] = { at(0, PAGE), at(PAGE, 1022 * PAGE), at(0, PAGE),
				at(0, 1) };
	struct iovec three[] = { at(0, PAGE), at(0, PAGE), at(0, 1) };

	self->builder.nr_pages = 2;
	EXPECT_REFUSED(E2BIG, 3, over);
	EXPECT_BUILT(1024, fits);
	EXPECT_EQ(2, self->prp.nr_pages);
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 2));

	nvme_model_poison(&self->model);
	self->builder.nr_pages = 0;
	EXPECT_REFUSED(E2BIG, 2, three);
}

TEST_F(prp, bad_iov_may_be_null)
{
	struct iovec iov = seg(0, 1);

	EXPECT_EQ(-EFAULT, dmamem_nvme_prp_build(&self->builder, &iov, 1,
						 &self->prp, NULL));
}

/* A controller page of 64 KiB, in runs of that size and in smaller ones */
TEST_F(prp, controller_pages_larger_than_runs)
{
	uint64_t skew = variant->run & 0xffff ? 0x10000 - (variant->run & 0xffff)
					      : 0;
	struct iovec whole[] = { at(skew, 0x30000), at(skew, 0x20004) };
	struct iovec inside[] = { at(skew + 4, PAGE - 4) };
	struct iovec off[] = { at(skew, 0x10000), at(skew + PAGE, PAGE) };

	self->builder.mps_shift = 16;
	if (variant->run) {
		EXPECT_BUILT(6, whole);
		EXPECT_EQ(1, self->prp.nr_pages);
		EXPECT_EQ(-EINVAL, build(off));
		EXPECT_EQ(1, self->bad);
	} else {
		EXPECT_REFUSED(ERANGE, 0, whole);
	}
	EXPECT_BUILT(1, inside);
}

TEST(list_pages_needed)
{
	static const struct {
		size_t offset, len;
		unsigned int shift;
		size_t pages;
	} cases[] = {
		{ 0, 0, 12, 0 },
		{ 4092, 0, 12, 0 },
		{ 0, 1, 12, 0 },
		{ 0, 8192, 12, 0 },
		{ 4, 8192, 12, 1 },
		{ 0, 8193, 12, 1 },
		{ 0, 513 * 4096, 12, 1 },
		{ 4, 513 * 4096, 12, 2 },
		{ 4096 + 4, 513 * 4096 - 4, 12, 1 },
		{ 0, 1024 * 4096, 12, 2 },
		{ 0, 1024 * 4096 + 1, 12, 3 },
		{ 0, 2 << 16, 16, 0 },
		{ 65535, (1 << 16) + 2, 16, 1 },
		{ 0, (size_t)8193 << 16, 16, 1 },
		{ 0, (size_t)8194 << 16, 16, 2 },
		{ 4095, SIZE_MAX, 12, (SIZE_MAX >> 12) / 511 + 1 },
		{ 0, 4096, 11, SIZE_MAX },
		{ 0, 4096, 28, SIZE_MAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t pages = dmamem_nvme_prp_pages(cases[i].offset,
						     cases[i].len,
						     cases[i].shift);

		EXPECT_EQ(cases[i].pages, pages)
			TH_LOG("case %zu", i);
	}
}

TEST_HARNESS_MAIN
