// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Virtual addresses or others: what IOMMU and device can address decides.
 */
#include <errno.h>
#include <string.h>

#include "kselftest_harness.h"

#include "libdmamem/explain.h"
#include "libdmamem/vfio_mode.h"

#define BITS(n) (UINT64_MAX >> (64 - (n)))
#define PROCESS_BITS 47

FIXTURE(vfio_mode)
{
	struct dmamem_iova_range ranges[2];
	struct dmamem_iova_space space;
	struct dmamem_options options;
	enum dmamem_iova_mode mode;
	char text[DMAMEM_EXPLANATION_SIZE];
};

/* An x86 IOMMU of 48 bits, with its hole for interrupts */
FIXTURE_SETUP(vfio_mode)
{
	memset(self, 0, sizeof(*self));
	self->ranges[0].last = 0xfedfffff;
	self->ranges[1].first = 0xfef00000;
	self->ranges[1].last = BITS(48);
	self->space.ranges = self->ranges;
	self->space.nr_ranges = 2;
}

FIXTURE_TEARDOWN(vfio_mode)
{
}

static int choose(FIXTURE_DATA(vfio_mode) *self)
{
	return dmamem_vfio_choose_mode(&self->space, &self->options,
				       PROCESS_BITS, &self->mode, self->text);
}

TEST_F(vfio_mode, wide_enough_for_virtual_addresses)
{
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_VA, self->mode);
	EXPECT_NE(NULL, strstr(self->text, "47 bits"));
}

TEST_F(vfio_mode, just_wide_enough)
{
	self->ranges[1].last = BITS(PROCESS_BITS);
	self->options.address_bits = PROCESS_BITS;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_VA, self->mode);
}

TEST_F(vfio_mode, a_narrow_iommu)
{
	self->ranges[1].last = BITS(39);
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
	EXPECT_NE(NULL, strstr(self->text, "the IOMMU does not"));
	self->ranges[1].last = BITS(PROCESS_BITS) - 1;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
}

TEST_F(vfio_mode, a_narrow_device)
{
	self->options.address_bits = 46;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
	EXPECT_NE(NULL, strstr(self->text, "the device does not"));
}

TEST_F(vfio_mode, a_window_or_a_boundary)
{
	self->options.window_first = 1 << 20;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
	self->options.window_first = 0;
	self->options.window_last = UINT32_MAX;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
	self->options.window_last = 0;
	self->options.boundary = 1 << 16;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
}

TEST_F(vfio_mode, virtual_addresses_that_cannot_be_had)
{
	self->options.iova_mode = DMAMEM_IOVA_VA;
	self->ranges[1].last = BITS(39);
	EXPECT_EQ(-EOPNOTSUPP, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "mode va"));
	EXPECT_NE(NULL, strstr(self->text, "the IOMMU"));
	self->ranges[1].last = BITS(48);
	self->options.address_bits = 32;
	EXPECT_EQ(-EOPNOTSUPP, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "the device"));
}

TEST_F(vfio_mode, what_was_asked_for)
{
	self->options.iova_mode = DMAMEM_IOVA_VA;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_VA, self->mode);
	self->options.iova_mode = DMAMEM_IOVA_DMA;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
	EXPECT_NE(NULL, strstr(self->text, "asked for"));
}

TEST_F(vfio_mode, nothing_that_suits_both)
{
	self->ranges[0].first = UINT64_C(1) << 32;
	self->ranges[0].last = BITS(39);
	self->space.nr_ranges = 1;
	self->options.address_bits = 32;
	EXPECT_EQ(-ERANGE, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "takes none"));
	self->options.address_bits = 33;
	ASSERT_EQ(0, choose(self));
	EXPECT_EQ(DMAMEM_IOVA_DMA, self->mode);
}

TEST_HARNESS_MAIN
