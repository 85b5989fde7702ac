// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * PIN, EXTENTS and UNPIN of every kind of memory in physical mode: the
 * addresses are those of the pages, they stay true, and everything is given
 * back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/uapi.h"
#include "tools/memory/kinds.h"
#include "tools/memory/migrate.h"
#include "tools/memory/pages.h"

#define MAX_EXTENTS 65536

FIXTURE(pin)
{
	int fd;
	long pinned;
	struct dmamem_extent *extents;
};

FIXTURE_SETUP(pin)
{
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
	pages_reserve_hugetlb(8);
	self->pinned = pages_pinned();
	self->extents = calloc(MAX_EXTENTS, sizeof(*self->extents));
	ASSERT_NE(NULL, self->extents);
}

FIXTURE_TEARDOWN(pin)
{
	close(self->fd);
}

/* Pages of the extents that are not where pagemap says; -errno on failure */
static long count_wrong(int fd, uint32_t region, struct dmamem_extent *extents,
			const char *addr, size_t length)
{
	static uint64_t phys[512];
	uint32_t i, count = MAX_EXTENTS;
	size_t page = 0, in;
	long wrong = 0;
	int ret;

	ret = uapi_extents(fd, region, 0, extents, &count);
	if (ret)
		return ret;
	for (i = 0; i < count; i++)
		for (in = 0; in < extents[i].length; in += PAGE, page++) {
			if (!(page % 512))
				pages_phys_of(addr + page * PAGE, 512, phys);
			wrong += phys[page % 512] != extents[i].dma_addr + in;
		}
	return page * PAGE == length ? wrong : -ENODATA;
}

/* Those that are not can be had in another guest */
TEST(all_kinds_are_here)
{
	const char *absent = NULL;
	unsigned int i;
	char *addr;

	pages_reserve_hugetlb(8);
	for (i = 0; i < nr_kinds; i++) {
		addr = kinds[i].map(kind_length(&kinds[i]), PROT_READ);
		if (addr)
			munmap(addr, kind_length(&kinds[i]));
		else
			absent = kinds[i].name;
	}
	if (absent)
		SKIP(return, "no %s memory", absent);
}

TEST_F_TIMEOUT(pin, every_kind, 300)
{
	struct dmamem_pin pin;
	unsigned int i;
	size_t length;
	char *addr;

	for (i = 0; i < nr_kinds; i++) {
		length = kind_length(&kinds[i]);
		addr = kinds[i].map(length, PROT_READ | PROT_WRITE);
		if (!addr)
			continue;
		ASSERT_EQ(0, uapi_pin(self->fd, addr, length, DMAMEM_PIN_WRITE,
				      &pin))
			TH_LOG("%s: cause %u", kinds[i].name, pin.cause);
		EXPECT_EQ(self->pinned + (long)(length / PAGE), pages_pinned());
		EXPECT_GE(length / kinds[i].unit, pin.nr_extents);
		pages_touch(addr, length);
		EXPECT_EQ(0, count_wrong(self->fd, pin.region, self->extents,
					 addr, length))
			TH_LOG("%s", kinds[i].name);
		EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
		EXPECT_EQ(self->pinned, pages_pinned());
		munmap(addr, length);
	}
}

/* Runs that go through the end of a chunk of the module's list (255) */
TEST_F_TIMEOUT(pin, many_runs, 120)
{
	const size_t nr = 255 * 3 + 1;
	char *source, *addr;
	struct dmamem_pin pin;
	size_t i;

	source = pages_map(2 * nr * PAGE);
	addr = pages_map(nr * PAGE);
	ASSERT_NE(NULL, source);
	ASSERT_NE(NULL, addr);
	for (i = 0; i < nr; i++)
		ASSERT_NE(MAP_FAILED,
			  mremap(source + i * 389 % nr * 2 * PAGE, PAGE, PAGE,
				 MREMAP_MAYMOVE | MREMAP_FIXED,
				 addr + i * PAGE));
	ASSERT_EQ(0, uapi_pin(self->fd, addr, nr * PAGE, DMAMEM_PIN_WRITE,
			      &pin));
	EXPECT_LT(nr / 2, pin.nr_extents);
	EXPECT_EQ(0, count_wrong(self->fd, pin.region, self->extents, addr,
				 nr * PAGE));
	EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
}

/* EXTENTS begins anywhere, ends when its array is full, and goes on there */
TEST_F(pin, extents_resume)
{
	const size_t nr = 300;
	struct dmamem_extent extent[7];
	char *addr = pages_map(nr * PAGE);
	uint64_t offset, end;
	uint32_t i, count;
	int region;

	region = uapi_pin_id(self->fd, addr, nr * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	for (offset = 1; offset < nr * PAGE; offset = end) {
		count = 7;
		ASSERT_EQ(0, uapi_extents(self->fd, region, offset, extent,
					  &count));
		ASSERT_LT(0, count);
		for (i = 0, end = offset; i < count; i++) {
			ASSERT_EQ(pages_phys(addr + end), extent[i].dma_addr);
			end += extent[i].length;
		}
	}
	EXPECT_EQ(nr * PAGE, offset);
	count = 1;
	EXPECT_EQ(-EINVAL, uapi_extents(self->fd, region, offset, extent,
					&count));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
}

TEST_F(pin, untouched_memory_is_faulted_in)
{
	char *addr = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int region;

	ASSERT_NE(MAP_FAILED, addr);
	region = uapi_pin_id(self->fd, addr, 64 * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	EXPECT_EQ(0, count_wrong(self->fd, region, self->extents, addr,
				 64 * PAGE));
	EXPECT_EQ(0, addr[0]);
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
}

/* One pin over mappings of different kinds next to each other */
TEST_F(pin, across_mappings)
{
	char *addr = pages_map(48 * PAGE);
	int region;

	ASSERT_NE(MAP_FAILED, mmap(addr + 16 * PAGE, 16 * PAGE,
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
				   0));
	region = uapi_pin_id(self->fd, addr, 48 * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	EXPECT_EQ(0, count_wrong(self->fd, region, self->extents, addr,
				 48 * PAGE));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
}

/* What a pin is for: 64 pages that would move, and do not */
TEST_F(pin, pages_stay)
{
	uint64_t before[64], after[64];
	char *addr = pages_map(64 * PAGE);
	const struct iovec range = { addr, 64 * PAGE };
	int region;

	if (migrate_pages_across(0, &range, PAGE) == -ENODEV)
		SKIP(return, "one memory node");
	ASSERT_EQ(64, migrate_pages_across(0, &range, PAGE));
	region = uapi_pin_id(self->fd, addr, 64 * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	pages_phys_of(addr, 64, before);
	EXPECT_EQ(0, migrate_pages_across(0, &range, PAGE));
	if (!fork()) {
		addr[0] = 1;
		_exit(0);
	}
	memset(addr, 7, 64 * PAGE);
	pages_phys_of(addr, 64, after);
	EXPECT_EQ(0, memcmp(before, after, sizeof(before)));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
	EXPECT_EQ(64, migrate_pages_across(0, &range, PAGE));
}

TEST_HARNESS_MAIN
