// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Choosing I/O virtual addresses, and which of them a device can use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "libdmamem/explain.h"
#include "libdmamem/iova.h"
#include "libdmamem/map_private.h"
#include "selftests/lib/random.h"

#define KIB(n) (UINT64_C(n) << 10)
#define MIB(n) (UINT64_C(n) << 20)
#define GIB(n) (UINT64_C(n) << 30)

/* What intel-iommu with 39 bits says: a hole for interrupts */
static struct dmamem_iova_range ranges[] = {
	{ 0, 0xfedfffff },
	{ 0xfef00000, (UINT64_C(1) << 39) - 1 },
};

FIXTURE(iova)
{
	struct dmamem_iova_space space;
	struct dmamem_fitness fitness;
	uint64_t first;
};

FIXTURE_SETUP(iova)
{
	memset(self, 0, sizeof(*self));
	self->space.ranges = ranges;
	self->space.nr_ranges = 2;
}

FIXTURE_TEARDOWN(iova)
{
}

TEST_F(iova, allowed_within_one_range)
{
	EXPECT_TRUE(dmamem_iova_allowed(&self->space, 0, KIB(4)));
	EXPECT_TRUE(dmamem_iova_allowed(&self->space, 0, 0xfee00000));
	EXPECT_FALSE(dmamem_iova_allowed(&self->space, 0, 0xfee01000));
	EXPECT_FALSE(dmamem_iova_allowed(&self->space, 0xfee00000, KIB(4)));
	EXPECT_TRUE(dmamem_iova_allowed(&self->space, 0xfef00000, GIB(1)));
	EXPECT_FALSE(dmamem_iova_allowed(&self->space, GIB(511), GIB(2)));
	EXPECT_FALSE(dmamem_iova_allowed(&self->space, UINT64_MAX - 4095,
					 KIB(4)));
}

TEST_F(iova, the_hole_is_left_out)
{
	self->fitness.first = 0xfed00000;
	self->fitness.last = UINT64_MAX;
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0, MIB(2), &self->fitness,
				      &self->first));
	EXPECT_EQ(0xff000000, self->first);
}

TEST_F(iova, same_place_within_2_mib)
{
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0x7f1234567000, MIB(8),
				      &self->fitness, &self->first));
	EXPECT_EQ(0x167000, self->first & (MIB(2) - 1));
}

TEST_F(iova, window_and_bits_are_kept_to)
{
	self->fitness.first = GIB(2);
	self->fitness.last = GIB(2) + MIB(4) - 1;
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0, MIB(4), &self->fitness,
				      &self->first));
	EXPECT_EQ(GIB(2), self->first);
	EXPECT_EQ(-ENOSPC, dmamem_iova_find(&self->space, 0, MIB(4) + 4096,
					    &self->fitness, &self->first));
	EXPECT_EQ(-ENOSPC, dmamem_iova_find(&self->space, 4096, MIB(4),
					    &self->fitness, &self->first));
}

TEST_F(iova, boundary_is_kept_to)
{
	struct dmamem_iova_node taken = { .first = MIB(2), .len = MIB(2) };

	dmamem_iova_take(&self->space, &taken);
	self->fitness.boundary = MIB(8);
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0, MIB(6), &self->fitness,
				      &self->first));
	EXPECT_EQ(MIB(8), self->first);
	EXPECT_EQ(-ENOSPC, dmamem_iova_find(&self->space, 0, MIB(10),
					    &self->fitness, &self->first));
}

/* The memory crosses 64 KiB: the same place within 2 MiB would, too */
TEST_F(iova, boundary_smaller_than_2_mib)
{
	struct dmamem_iova_node node = { .len = KIB(8) };

	self->fitness.boundary = KIB(64);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, dmamem_iova_find(&self->space, 0x7f123456f000,
					      KIB(8), &self->fitness,
					      &self->first));
		EXPECT_EQ(0, (self->first ^ (self->first + KIB(8) - 1)) &
			     ~(KIB(64) - 1));
		EXPECT_TRUE(!i || self->first >= node.first + KIB(8));
		node.first = self->first;
		if (!i)
			dmamem_iova_take(&self->space, &node);
	}
	EXPECT_EQ(-ENOSPC, dmamem_iova_find(&self->space, 0, KIB(68),
					    &self->fitness, &self->first));
}

TEST_F(iova, gaps_are_used_again)
{
	struct dmamem_iova_node nodes[3] = {
		{ .first = MIB(2), .len = MIB(2) },
		{ .first = MIB(4), .len = MIB(2) },
		{ .first = MIB(6), .len = MIB(2) },
	};

	for (size_t i = 0; i < 3; i++)
		dmamem_iova_take(&self->space, &nodes[i]);
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0, MIB(2), &self->fitness,
				      &self->first));
	EXPECT_EQ(MIB(8), self->first);
	dmamem_iova_give(&self->space, &nodes[1]);
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0, MIB(2), &self->fitness,
				      &self->first));
	EXPECT_EQ(MIB(4), self->first);
	ASSERT_EQ(0, dmamem_iova_find(&self->space, 0, MIB(4), &self->fitness,
				      &self->first));
	EXPECT_EQ(MIB(8), self->first);
}

static bool overlaps(const struct dmamem_iova_space *space, uint64_t first,
		     uint64_t len)
{
	const struct dmamem_iova_node *node;

	for (node = space->taken; node; node = node->next)
		if (node->first < first + len && first < node->first + node->len)
			return true;
	return false;
}

/* A tight window, filled and emptied at random */
TEST_F(iova, random)
{
	struct dmamem_iova_node nodes[256] = { 0 };
	struct random random;
	uint64_t addr, len;
	size_t i, found = 0;

	random_init(&random);
	self->fitness.first = 0xfe000000;
	self->fitness.last = 0xfe000000 + MIB(64) - 1;
	self->fitness.boundary = MIB(16);
	for (size_t step = 0; step < 100000; step++) {
		i = random_below(&random, 256);
		if (nodes[i].len) {
			dmamem_iova_give(&self->space, &nodes[i]);
			nodes[i].len = 0;
			continue;
		}
		len = (1 + random_below(&random, 1024)) * KIB(4);
		addr = random_below(&random, 1 << 20) * KIB(4);
		if (dmamem_iova_find(&self->space, addr, len, &self->fitness,
				     &self->first))
			continue;
		found++;
		ASSERT_TRUE(dmamem_iova_allowed(&self->space, self->first,
						len));
		ASSERT_LE(self->fitness.first, self->first);
		ASSERT_GE(self->fitness.last, self->first + len - 1);
		ASSERT_EQ(self->first / MIB(16),
			  (self->first + len - 1) / MIB(16));
		ASSERT_EQ(addr % MIB(2), self->first % MIB(2));
		ASSERT_FALSE(overlaps(&self->space, self->first, len));
		nodes[i].first = self->first;
		nodes[i].len = len;
		dmamem_iova_take(&self->space, &nodes[i]);
	}
	EXPECT_LT(1000, found);
}

TEST_HARNESS_MAIN
