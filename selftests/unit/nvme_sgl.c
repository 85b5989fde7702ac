// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * SGLs: the cases one would think of. nvme_sgl_random.c tries the others.
 */
#include <endian.h>
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "selftests/lib/nvme_model.h"

#define PAGE DMAMEM_PAGE_SIZE
#define NR_PAGES 1024
#define BASE UINT64_C(0x1234567000)

#define SGLS_BYTES 0x1
#define SGLS_DWORDS 0x2
#define SGLS_BIT_BUCKET 0x10000
#define SGLS_MPTR_SGL 0x80000

#define DATA_BLOCK 0x00
#define BIT_BUCKET 0x10
#define SEGMENT 0x20
#define LAST_SEGMENT 0x30

#define SEGMENT_SIZE 8
#define NR_SEGMENTS 4

static struct iovec seg(uint64_t va, uint64_t len)
{
	return (struct iovec){ (void *)(uintptr_t)va, len };
}

static struct iovec at(uint64_t offset, uint64_t len)
{
	return seg(BASE + offset, len);
}

static struct iovec drop(uint64_t len)
{
	return (struct iovec){ DMAMEM_NVME_BIT_BUCKET, len };
}

/* Even pages are neighbours of the next one, odd ones are not */
FIXTURE(sgl) {
	uint64_t dma[NR_PAGES];
	struct nvme_model model;
	struct dmamem_nvme_sgl_segment segments[NVME_MODEL_LISTS];
	struct dmamem_nvme_sgl_builder builder;
	struct dmamem_nvme_sgl sgl;
	unsigned int bad;
	unsigned int flags;
};

FIXTURE_SETUP(sgl)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		self->dma[i] = (i / 2 * 4 + i % 2 + 3) * PAGE;
	ASSERT_TRUE(nvme_model_create(&self->model, BASE, self->dma, NR_PAGES,
				      PAGE, NVME_MODEL_LEAVES_PRIVATE));
	nvme_model_poison(&self->model);
	nvme_model_segments(&self->model, self->segments);
	self->builder = (struct dmamem_nvme_sgl_builder){
		.map = self->model.map,
		.sgls = SGLS_BYTES | SGLS_BIT_BUCKET | SGLS_MPTR_SGL,
		.segment_size = SEGMENT_SIZE,
		.nr_segments = NR_SEGMENTS,
		.segments = self->segments,
	};
}

FIXTURE_TEARDOWN(sgl)
{
	nvme_model_destroy(&self->model);
}

#define NR(iov) (sizeof(iov) / sizeof(*(iov)))

#define build(iov) \
	dmamem_nvme_sgl_build(&self->builder, iov, NR(iov), self->flags, \
			      &self->sgl, &self->bad)

/* Expect an error for an element, and everything as it was */
#define EXPECT_REFUSED(err, element, iov) do { \
	struct dmamem_nvme_sgl saved; \
	memset(&self->sgl, 0xa5, sizeof(self->sgl)); \
	saved = self->sgl; \
	self->bad = 77; \
	EXPECT_EQ(-(err), build(iov)); \
	EXPECT_EQ((unsigned int)(element), self->bad); \
	EXPECT_EQ(0, memcmp(&saved, &self->sgl, sizeof(saved))); \
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 0)); \
} while (0)

/* Expect a result that means the data, in this many descriptors and segments */
#define EXPECT_BUILT(descriptors, nr, iov) do { \
	self->bad = 77; \
	EXPECT_EQ(0, build(iov)); \
	EXPECT_EQ((descriptors), self->sgl.nr_descriptors); \
	EXPECT_EQ((nr), self->sgl.nr_segments); \
	EXPECT_EQ(1, self->sgl.psdt); \
	EXPECT_EQ(77, self->bad); \
	EXPECT_TRUE(nvme_model_check_sgl(&self->model, iov, NR(iov), \
					 &self->sgl)); \
} while (0)

TEST_F(sgl, one_run_is_in_the_command)
{
	struct iovec iov[] = { at(1, 2 * PAGE - 2) };

	self->builder.nr_segments = 0;
	self->builder.segments = NULL;
	EXPECT_BUILT(1, 0, iov);
	EXPECT_EQ(htole64(self->dma[0] + 1), self->sgl.sgl1.addr);
	EXPECT_EQ(htole32(2 * PAGE - 2), self->sgl.sgl1.len);
	EXPECT_EQ(DATA_BLOCK, self->sgl.sgl1.type);
}

TEST_F(sgl, adjacent_runs_are_one)
{
	struct iovec iov[] = {
		at(7, 9), seg(5, 0), at(16, PAGE - 16), at(PAGE, 100),
	};

	EXPECT_BUILT(1, 0, iov);
}

TEST_F(sgl, full_last_segment)
{
	struct iovec full[SEGMENT_SIZE];
	struct iovec more[SEGMENT_SIZE + 1];

	for (unsigned int i = 0; i < NR(more); i++)
		more[i] = at(i * 4 * PAGE, PAGE);
	memcpy(full, more, sizeof(full));

	self->builder.nr_segments = 1;
	EXPECT_BUILT(SEGMENT_SIZE, 1, full);
	EXPECT_EQ(LAST_SEGMENT, self->sgl.sgl1.type);
	EXPECT_EQ(htole32(SEGMENT_SIZE * 16), self->sgl.sgl1.len);
	EXPECT_EQ(DATA_BLOCK, self->segments[0].descriptors[7].type);
	EXPECT_TRUE(nvme_model_poisoned(&self->model, 1));

	self->builder.nr_segments = 2;
	EXPECT_BUILT(SEGMENT_SIZE + 1, 2, more);
	EXPECT_EQ(SEGMENT, self->sgl.sgl1.type);
	EXPECT_EQ(htole32(SEGMENT_SIZE * 16), self->sgl.sgl1.len);
	EXPECT_EQ(LAST_SEGMENT, self->segments[0].descriptors[7].type);
	EXPECT_EQ(htole32(2 * 16), self->segments[0].descriptors[7].len);
}

/* Every count that the segments hold, at several segment sizes */
TEST_F(sgl, any_count_of_descriptors)
{
	static const unsigned int sizes[] = { 2, 3, 4, 8, 256 };
	struct iovec iov[1] = { at(PAGE, 0) };

	for (unsigned int i = 0; i < NR(sizes); i++) {
		unsigned int room = NVME_MODEL_LISTS * (sizes[i] - 1) + 1;
		unsigned int max = room < 500 ? room : 500;

		self->builder.segment_size = sizes[i];
		self->builder.nr_segments = NVME_MODEL_LISTS;
		for (unsigned int nr = 2; nr <= max; nr++) {
			unsigned int segments = (nr - 1 + sizes[i] - 2) /
						(sizes[i] - 1);

			iov[0].iov_len = (2 * nr - 1) * PAGE;
			EXPECT_BUILT(nr, segments, iov);
		}
		if (room > 500)
			continue;
		nvme_model_poison(&self->model);
		iov[0].iov_len = (2 * room + 1) * PAGE;
		EXPECT_REFUSED(E2BIG, 0, iov);
	}
}

TEST_F(sgl, segments_full)
{
	struct iovec iov[] = { at(0, PAGE), at(PAGE, 56 * PAGE), at(0, 1) };
	struct iovec fits[] = { iov[0], iov[1] };

	EXPECT_REFUSED(E2BIG, 2, iov);
	EXPECT_BUILT(29, NR_SEGMENTS, fits);

	nvme_model_poison(&self->model);
	self->builder.nr_segments = 0;
	EXPECT_REFUSED(E2BIG, 1, iov);
}

/* All descriptors count, those that point to segments too */
TEST_F(sgl, descriptor_limit)
{
	struct iovec one[] = { at(0, 2 * PAGE) };
	struct iovec iov[] = { at(0, PAGE), at(PAGE, 15 * PAGE), at(0, 1) };
	struct iovec fits[] = { iov[0], iov[1] };

	self->builder.max_descriptors = 10;
	EXPECT_REFUSED(EMSGSIZE, 2, iov);
	EXPECT_BUILT(8, 1, fits);

	nvme_model_poison(&self->model);
	self->builder.max_descriptors = 8;
	EXPECT_REFUSED(EMSGSIZE, 1, fits);
	self->builder.max_descriptors = 1;
	EXPECT_BUILT(1, 0, one);
}

TEST_F(sgl, nothing_is_an_empty_data_block)
{
	struct dmamem_nvme_sgl_descriptor zero = { 0 };
	struct iovec empty[] = { seg(0, 0), drop(0) };

	EXPECT_BUILT(0, 0, empty);
	EXPECT_EQ(0, memcmp(&zero, &self->sgl.sgl1, sizeof(zero)));
	EXPECT_EQ(0, dmamem_nvme_sgl_build(&self->builder, NULL, 0, 0,
					   &self->sgl, NULL));
	EXPECT_EQ(0, memcmp(&zero, &self->sgl.sgl1, sizeof(zero)));
}

TEST_F(sgl, bit_bucket)
{
	struct iovec iov[] = {
		at(0, 512), drop(1024), drop(512), at(512, 512), drop(4),
	};
	self->flags = DMAMEM_NVME_SGL_READ;
	EXPECT_BUILT(4, 1, iov);
	EXPECT_EQ(BIT_BUCKET, self->segments[0].descriptors[1].type);
	EXPECT_EQ(htole32(1536), self->segments[0].descriptors[1].len);

	nvme_model_poison(&self->model);
	self->builder.sgls = SGLS_BYTES;
	EXPECT_REFUSED(EOPNOTSUPP, 1, iov);
	self->builder.sgls = SGLS_BYTES | SGLS_BIT_BUCKET;
	self->flags = 0;
	EXPECT_REFUSED(EINVAL, 1, iov);
}

/* It is not among the descriptors that may be in the command */
TEST_F(sgl, nothing_but_a_bit_bucket)
{
	struct iovec only[] = { seg(0, 0), drop(4000), drop(96), seg(0, 0) };
	struct iovec data_follows[] = { drop(4096), at(0, PAGE) };

	self->flags = DMAMEM_NVME_SGL_READ;
	self->builder.nr_segments = 1;
	self->builder.max_descriptors = 2;
	EXPECT_BUILT(1, 1, only);
	EXPECT_EQ(LAST_SEGMENT, self->sgl.sgl1.type);
	EXPECT_EQ(htole64(self->segments[0].dma_addr), self->sgl.sgl1.addr);
	EXPECT_EQ(htole32(16), self->sgl.sgl1.len);
	EXPECT_EQ(BIT_BUCKET, self->segments[0].descriptors[0].type);
	EXPECT_EQ(htole32(4096), self->segments[0].descriptors[0].len);

	nvme_model_poison(&self->model);
	self->builder.max_descriptors = 1;
	EXPECT_REFUSED(EMSGSIZE, 1, only);
	self->builder.nr_segments = 0;
	EXPECT_REFUSED(E2BIG, 1, only);
	EXPECT_REFUSED(E2BIG, 0, data_follows);
}

/* More than a length field holds */
TEST_F(sgl, long_runs_are_split)
{
	uint64_t gib = UINT64_C(1) << 30, va = 64 * gib;
	struct iovec run[] = { seg(va, 9 * gib) };
	struct iovec bucket[] = { drop(9 * gib) };

	ASSERT_EQ(0, dmamem_map_set(self->model.map, va, 9 * gib, 0));
	EXPECT_EQ(0, build(run));
	EXPECT_EQ(3, self->sgl.nr_descriptors);
	EXPECT_EQ(htole32(0xfffff000), self->segments[0].descriptors[1].len);
	EXPECT_EQ(htole64(0x1ffffe000), self->segments[0].descriptors[2].addr);
	EXPECT_EQ(htole32(0x40002000), self->segments[0].descriptors[2].len);

	self->flags = DMAMEM_NVME_SGL_READ;
	EXPECT_BUILT(3, 1, bucket);
}

TEST_F(sgl, lengths_that_wrap)
{
	struct iovec iov[] = { drop(SIZE_MAX), drop(SIZE_MAX) };
	struct iovec past[] = { at(0, SIZE_MAX) };
	struct iovec to_itself[] = { at(0, -PAGE), at(-PAGE, 2 * PAGE) };
	struct iovec over_zero[] = { seg(-PAGE, PAGE), seg(0, PAGE) };

	self->flags = DMAMEM_NVME_SGL_READ;
	EXPECT_REFUSED(E2BIG, 0, iov);
	EXPECT_REFUSED(EFAULT, 0, past);
	EXPECT_REFUSED(EFAULT, 0, to_itself);
	EXPECT_REFUSED(EFAULT, 0, over_zero);
}

TEST_F(sgl, dword_alignment)
{
	struct iovec addr[] = { at(0, 512), at(6, 512) };
	struct iovec len[] = { at(0, 510) };
	struct iovec bucket[] = { drop(510) };
	struct iovec good[] = { at(4, 512) };

	self->flags = DMAMEM_NVME_SGL_READ;
	self->builder.sgls = SGLS_DWORDS | SGLS_BIT_BUCKET;
	EXPECT_REFUSED(EINVAL, 1, addr);
	EXPECT_REFUSED(EINVAL, 0, len);
	EXPECT_BUILT(1, 1, bucket);
	EXPECT_BUILT(1, 0, good);
}

TEST_F(sgl, not_registered)
{
	struct iovec past[] = { at(0, PAGE), at((NR_PAGES - 2) * PAGE,
						2 * PAGE + 1) };
	struct iovec null[] = { seg(0, 512) };

	EXPECT_REFUSED(EFAULT, 1, past);
	EXPECT_REFUSED(EFAULT, 0, null);
	EXPECT_EQ(-EFAULT, dmamem_nvme_sgl_build(&self->builder, null, 1, 0,
						 &self->sgl, NULL));
}

TEST_F(sgl, what_the_controller_cannot_do)
{
	struct iovec iov[] = { at(0, PAGE) };
	struct iovec two[] = { at(0, PAGE), at(4 * PAGE, PAGE) };

	self->builder.sgls = SGLS_BIT_BUCKET | SGLS_MPTR_SGL;
	EXPECT_REFUSED(EOPNOTSUPP, 0, iov);
	self->builder.sgls = SGLS_BYTES;
	self->flags = DMAMEM_NVME_SGL_METADATA;
	EXPECT_REFUSED(EOPNOTSUPP, 0, iov);
	self->flags = 1 << 2;
	EXPECT_REFUSED(EINVAL, 0, iov);
	self->flags = 0;
	self->builder.segment_size = 1;
	EXPECT_REFUSED(EINVAL, 1, two);
}

TEST_F(sgl, psdt)
{
	struct iovec iov[] = { at(0, PAGE) };
	struct iovec two[] = { at(0, PAGE), at(4 * PAGE, PAGE) };

	EXPECT_BUILT(1, 0, iov);
	EXPECT_BUILT(2, 1, two);
	self->flags = DMAMEM_NVME_SGL_METADATA;
	EXPECT_EQ(0, build(iov));
	EXPECT_EQ(2, self->sgl.psdt);
	EXPECT_EQ(0, build(two));
	EXPECT_EQ(2, self->sgl.psdt);
}

TEST_HARNESS_MAIN
