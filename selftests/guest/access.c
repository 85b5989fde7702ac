// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a device can reach while an IOMMU watches it: what was pinned for it, in
 * the direction it was pinned for, and no longer than that. Witness is QEMU's
 * edu device, which writes 100 ms after it was told.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/edu.h"
#include "selftests/lib/function.h"
#include "selftests/lib/holder.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define ROUNDS 20

enum ending {
	UNPIN,
	CLOSE,
	KILL,
	REMOVAL,
};

FIXTURE(access)
{
	struct edu edu;
	struct holder holder;
	char *page;
};

FIXTURE_VARIANT(access)
{
	enum ending ending;
};

FIXTURE_VARIANT_ADD(access, unpin)
{
	.ending = UNPIN,
};

FIXTURE_VARIANT_ADD(access, close)
{
	.ending = CLOSE,
};

FIXTURE_VARIANT_ADD(access, kill)
{
	.ending = KILL,
};

FIXTURE_VARIANT_ADD(access, removal)
{
	.ending = REMOVAL,
};

FIXTURE_SETUP(access)
{
	int ret = edu_open(&self->edu, "dmamem");

	if (ret == -ENODEV)
		SKIP(return, "no edu device");
	ASSERT_EQ(0, ret);
	if (!function_is_translated(self->edu.bdf))
		SKIP(return, "nothing translates: nothing can keep it out");
	/* The child pins what we look at */
	self->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
}

FIXTURE_TEARDOWN(access)
{
	holder_kill(&self->holder);
	function_vouch(self->edu.bdf);
}

static int end_access(struct holder *holder, const char *bdf,
		      enum ending ending)
{
	int ret = 0;

	if (ending == UNPIN)
		ret = holder_unpin(holder);
	else if (ending == CLOSE)
		ret = holder_close(holder);
	else if (ending == KILL)
		holder_kill(holder);
	else
		ret = function_bind(bdf, NULL);
	return ret;
}

/* The page and the function as they were; edu has no reset: its page is kept */
static int clean_up(struct holder *holder, const char *bdf, enum ending ending)
{
	holder_kill(holder);
	function_vouch(bdf);
	return ending == REMOVAL ? function_bind(bdf, "dmamem") : 0;
}

static void sleep_until(struct timespec from, long us)
{
	from.tv_nsec += us * 1000;
	from.tv_sec += from.tv_nsec / 1000000000;
	from.tv_nsec %= 1000000000;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &from, NULL);
}

/*
 * The page is out of the device's reach as soon as it is said to be, also where
 * the kernel flushes the IOTLB late (after 10 ms). What stops the device is not
 * what is tested here: its bus mastering is turned on again.
 */
TEST_F_TIMEOUT(access, ends, 200)
{
	struct edu *edu = &self->edu;
	struct timespec start;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, holder_start(&self->holder, edu->bdf, NULL,
					  self->page, PAGE));
		ASSERT_EQ(0, function_enable(edu->bdf, 1));
		memset(self->page, 0x11, PAGE);
		/* Let the device, and its IOTLB, learn the address */
		ASSERT_EQ(0, edu_read(edu, self->holder.dma_addr, EDU_BYTES));
		memset(self->page, 0x22, PAGE);
		ASSERT_EQ(0, edu_write(edu, self->holder.dma_addr, EDU_BYTES));
		ASSERT_EQ(0x11, self->page[0]);

		clock_gettime(CLOCK_MONOTONIC, &start);
		edu_start(edu, self->holder.dma_addr, EDU_BYTES, true);
		sleep_until(start, 90000 + i * 500);
		ASSERT_EQ(0, end_access(&self->holder, edu->bdf,
					variant->ending));
		memset(self->page, 0x22, PAGE);
		ASSERT_EQ(0, function_enable(edu->bdf, 1));
		ASSERT_EQ(0, edu_wait(edu));
		ASSERT_EQ(0x22, self->page[0]);
		ASSERT_EQ(0x22, self->page[EDU_BYTES - 1]);
		ASSERT_EQ(0, clean_up(&self->holder, edu->bdf,
				      variant->ending));
	}
}

/* A device that may only read is given no more */
TEST(read_only)
{
	char *page = pages_map(2 * PAGE);
	int fd, region, copy;
	struct edu edu;
	uint64_t addr;

	if (edu_open(&edu, "dmamem"))
		SKIP(return, "no edu device");
	if (!function_is_translated(edu.bdf))
		SKIP(return, "nothing translates: nothing can keep it out");
	fd = uapi_open(edu.bdf);
	memset(page, 0x11, PAGE);
	region = uapi_pin_id(fd, page, PAGE, 0);
	ASSERT_LT(0, region);
	addr = uapi_dma_addr(fd, region, 0);
	ASSERT_EQ(0, edu_read(&edu, addr, EDU_BYTES));
	memset(page, 0x22, PAGE);
	edu_write(&edu, addr, EDU_BYTES);
	EXPECT_EQ(0x22, page[0]);

	/* It did read, and it can write */
	copy = uapi_pin_id(fd, page + PAGE, PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, copy);
	ASSERT_EQ(0, edu_write(&edu, uapi_dma_addr(fd, copy, 0), EDU_BYTES));
	EXPECT_EQ(0x11, page[PAGE]);
	EXPECT_EQ(0, uapi_unpin(fd, copy));
	EXPECT_EQ(0, uapi_unpin(fd, region));
	close(fd);
}

TEST_HARNESS_MAIN
