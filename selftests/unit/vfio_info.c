// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Taking apart what a VFIO container says of its IOMMU.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "libdmamem/vfio_info.h"

/* The answer of a kernel: an unknown capability, two ranges, and a limit */
struct answer {
	struct vfio_iommu_type1_info info;
	struct vfio_info_cap_header unknown;
	struct {
		struct vfio_info_cap_header header;
		__u32 nr_iovas;
		__u32 reserved;
		struct vfio_iova_range ranges[2];
	} iova;
	struct vfio_iommu_type1_info_dma_avail avail;
};

FIXTURE(vfio_info)
{
	struct answer answer;
	struct dmamem_vfio_info result;
};

FIXTURE_SETUP(vfio_info)
{
	self->answer = (struct answer){
		.info.argsz = sizeof(self->answer),
		.info.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		.info.iova_pgsizes = 0xfffffffffffff000,
		.info.cap_offset = offsetof(struct answer, unknown),
		.unknown.id = 1000,
		.unknown.next = offsetof(struct answer, iova),
		.iova.header.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
		.iova.header.next = offsetof(struct answer, avail),
		.iova.nr_iovas = 2,
		.iova.ranges = { { 0, 0xfedfffff }, { 0xfef00000, ~0ULL } },
		.avail.header.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
		.avail.avail = 65535,
	};
	memset(&self->result, 0, sizeof(self->result));
}

FIXTURE_TEARDOWN(vfio_info)
{
	free(self->result.ranges);
}

/* In memory that ends where the kernel says: the sanitizer watches */
static int parse(FIXTURE_DATA(vfio_info) *self)
{
	size_t size = self->answer.info.argsz;
	void *copy = malloc(size);
	int ret;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, &self->answer, size);
	ret = dmamem_vfio_info_parse(copy, &self->result);
	free(copy);
	return ret;
}

TEST_F(vfio_info, ranges_and_page_size)
{
	ASSERT_EQ(0, parse(self));
	EXPECT_EQ(4096, self->result.page_size);
	ASSERT_EQ(2, self->result.nr_ranges);
	EXPECT_EQ(0, self->result.ranges[0].first);
	EXPECT_EQ(0xfedfffff, self->result.ranges[0].last);
	EXPECT_EQ(0xfef00000, self->result.ranges[1].first);
	EXPECT_EQ(UINT64_MAX, self->result.ranges[1].last);
}

TEST_F(vfio_info, mappings_that_are_left)
{
	ASSERT_EQ(0, parse(self));
	EXPECT_EQ(65535, self->result.avail);
	free(self->result.ranges);
	self->answer.avail.avail = 0;
	ASSERT_EQ(0, parse(self));
	EXPECT_EQ(0, self->result.avail);
}

TEST_F(vfio_info, mappings_that_nobody_counts)
{
	self->answer.iova.header.next = 0;
	ASSERT_EQ(0, parse(self));
	EXPECT_EQ(UINT32_MAX, self->result.avail);
	free(self->result.ranges);
	self->answer.iova.header.next = offsetof(struct answer, avail);
	self->answer.info.argsz = offsetof(struct answer, avail.avail);
	ASSERT_EQ(0, parse(self));
	EXPECT_EQ(UINT32_MAX, self->result.avail);
}

TEST_F(vfio_info, no_capabilities)
{
	self->answer.info.flags = VFIO_IOMMU_INFO_PGSIZES;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
}

TEST_F(vfio_info, no_ranges)
{
	self->answer.unknown.next = 0;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
	self->answer.unknown.next = offsetof(struct answer, iova);
	self->answer.iova.nr_iovas = 0;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
}

TEST_F(vfio_info, chains_that_lead_nowhere)
{
	static const __u32 next[] = {
		1, offsetof(struct answer, unknown), 4, sizeof(struct answer),
		sizeof(struct answer) - 4, UINT32_MAX,
	};

	for (size_t n = 0; n < ARRAY_SIZE(next); n++) {
		self->answer.unknown.next = next[n];
		EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
	}
	self->answer.info.cap_offset = 4;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
}

TEST_F(vfio_info, more_ranges_than_there_is_room)
{
	self->answer.iova.nr_iovas = 5;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
	self->answer.iova.nr_iovas = UINT32_MAX;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
	self->answer.iova.nr_iovas = 2;
	self->answer.info.argsz = offsetof(struct answer, avail) - 8;
	EXPECT_EQ(-EPROTONOSUPPORT, parse(self));
}

TEST_HARNESS_MAIN
