// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory that a function cannot reach by itself is refused, also where the DMA
 * API would quietly lend it a buffer. Which case it is, the guest's
 * configuration decides: swiotlb=force, or addresses of 32 bits and more memory
 * than that.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/cmdline.h"
#include "selftests/lib/edu.h"
#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define FOUR_GIB (UINT64_C(1) << 32)
#define NR 16

FIXTURE(reach)
{
	struct edu edu;
	struct dmamem_info info;
	int fd;
	long pinned;
};

FIXTURE_SETUP(reach)
{
	if (edu_open(&self->edu, "dmamem"))
		SKIP(return, "no edu device");
	self->fd = uapi_open(self->edu.bdf);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, uapi_info(self->fd, &self->info));
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(reach)
{
	EXPECT_EQ(self->pinned, pages_pinned());
	close(self->fd);
}

TEST_F(reach, bounce_refused)
{
	char *addr = pages_map(NR * PAGE);
	struct dmamem_pin pin;

	if (!cmdline_has("swiotlb=force"))
		SKIP(return, "needs swiotlb=force on the command line");
	if (self->info.address_type == DMAMEM_ADDRESS_TRANSLATED) {
		/* The IOMMU lends no buffer for whole pages */
		ASSERT_EQ(0, uapi_pin(self->fd, addr, NR * PAGE,
				      DMAMEM_PIN_WRITE, &pin));
		EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
		return;
	}
	EXPECT_EQ(-EREMOTEIO, uapi_pin(self->fd, addr, NR * PAGE,
				       DMAMEM_PIN_WRITE, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_BOUNCE, pin.cause);
}

/* Memory whose page @index is the first above 4 GiB; NULL if there is none */
static char *map_across(size_t length, size_t *index)
{
	char *addr = pages_map(length);
	size_t i;

	for (i = 0; addr && i < length; i += PAGE) {
		if (pages_phys(addr + i) < FOUR_GIB)
			continue;
		*index = i / PAGE;
		return addr;
	}
	return NULL;
}

/* A page below 4 GiB in memory that is mostly above; NULL if there is none */
static char *find_low(char *addr, size_t length)
{
	size_t i;

	for (i = 0; i < length; i += PAGE)
		if (pages_phys(addr + i) < FOUR_GIB)
			return addr + i;
	return NULL;
}

TEST_F_TIMEOUT(reach, mask, 120)
{
	struct dmamem_pin pin;
	char *addr, *low;
	size_t index;

	if (self->info.dma_mask != FOUR_GIB - 1)
		SKIP(return, "needs dma_bits=32");
	addr = map_across(64UL << 20, &index);
	if (!addr)
		SKIP(return, "needs memory above 4 GiB");

	if (self->info.address_type == DMAMEM_ADDRESS_TRANSLATED) {
		/* Any page has an address that the function can use */
		ASSERT_EQ(0, uapi_pin(self->fd, addr, 64UL << 20,
				      DMAMEM_PIN_WRITE, &pin));
		EXPECT_GT(FOUR_GIB, uapi_dma_addr(self->fd, pin.region, 0));
		EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
		return;
	}
	EXPECT_EQ(-ERANGE, uapi_pin(self->fd, addr, 64UL << 20,
				    DMAMEM_PIN_WRITE, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_MASK, pin.cause);
	EXPECT_EQ((uintptr_t)addr + index * PAGE, pin.bad_addr);

	low = find_low(addr, 64UL << 20);
	if (low) {
		ASSERT_EQ(0, uapi_pin(self->fd, low, PAGE, DMAMEM_PIN_WRITE,
				      &pin));
		EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
	}
}

/* Addresses run out: the refusal names them, not memory */
TEST_F_TIMEOUT(reach, addresses_run_out, 120)
{
	const size_t length = 1UL << 30;
	struct dmamem_pin pin;
	int i, ret = 0;
	char *addr;

	if (self->info.dma_mask != FOUR_GIB - 1 ||
	    self->info.address_type != DMAMEM_ADDRESS_TRANSLATED)
		SKIP(return, "needs dma_bits=32 and an IOMMU");
	addr = mmap(NULL, length, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, addr);
	madvise(addr, length, MADV_HUGEPAGE);
	for (i = 0; i < 5 && !ret; i++)
		ret = uapi_pin(self->fd, addr, length, DMAMEM_PIN_WRITE, &pin);
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_EQ(DMAMEM_CAUSE_IOVA, pin.cause);
	EXPECT_LT(1, i);
	while (--i > 0)
		EXPECT_EQ(0, uapi_unpin(self->fd, i));
}

TEST_HARNESS_MAIN
