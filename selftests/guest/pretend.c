// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Machines that there are none of here: with encrypted memory, and with a
 * function that takes no 64-bit addresses, or whose writes the processor's
 * caches do not see. The module pretend has dmamem see them.
 */
#include <errno.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define PRETEND "/sys/module/pretend/parameters/"

FIXTURE(pretend)
{
	char bdf[FUNCTION_NAME];
	char *addr;
	int fd;
};

FIXTURE_SETUP(pretend)
{
	self->fd = -1;
	if (access(PRETEND, F_OK))
		SKIP(return, "needs the module pretend");
	ASSERT_EQ(0, function_find(FUNCTION_EDU, self->bdf));
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	self->addr = pages_map(PAGE);
	ASSERT_NE(NULL, self->addr);
}

FIXTURE_TEARDOWN(pretend)
{
	close(self->fd);
	pages_write(PRETEND "encrypted", "0");
	pages_write(PRETEND "narrow", "0");
	pages_write(PRETEND "incoherent", "0");
}

static int encrypt(void)
{
	return pages_write(PRETEND "encrypted", "1");
}

/* An address in the kernel's tables is not what a device would have to send */
TEST_F(pretend, no_physical_addresses_of_encrypted_memory)
{
	struct dmamem_pin pin;
	int region;

	self->fd = uapi_open(NULL);
	region = uapi_pin_id(self->fd, self->addr, PAGE, 0);
	ASSERT_LT(0, region);

	if (encrypt() == -EOPNOTSUPP)
		SKIP(return, "this kernel cannot be misled");
	EXPECT_EQ(-EOPNOTSUPP, uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_NOT_PHYSICAL, pin.cause);
	EXPECT_EQ(0, uapi_dma_addr(self->fd, region, 0));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
}

TEST_F(pretend, translated_addresses_of_encrypted_memory)
{
	struct dmamem_pin pin;

	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	self->fd = uapi_open(self->bdf);
	if (encrypt() == -EOPNOTSUPP)
		SKIP(return, "this kernel cannot be misled");
	if (!function_is_translated(self->bdf)) {
		EXPECT_EQ(-EOPNOTSUPP,
			  uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
		EXPECT_EQ(DMAMEM_CAUSE_NOT_PHYSICAL, pin.cause);
		return;
	}
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
	EXPECT_NE(0, uapi_dma_addr(self->fd, pin.region, 0));
	EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
}

TEST_F(pretend, takes_32_bits_when_64_are_not_had)
{
	struct dmamem_info info;
	int region;

	ASSERT_EQ(0, pages_write(PRETEND "narrow", "1"));
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	self->fd = uapi_open(self->bdf);
	ASSERT_EQ(0, uapi_info(self->fd, &info));
	EXPECT_EQ(0xffffffff, info.dma_mask);
	region = uapi_pin_id(self->fd, self->addr, PAGE, 0);
	EXPECT_LT(0, region);
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
}

/* The CPU would have to be told of each write */
TEST_F(pretend, refuses_what_must_be_synchronised)
{
	struct dmamem_pin pin;

#ifndef __aarch64__
	SKIP(return, "all functions are coherent on this machine");
#endif
	ASSERT_EQ(0, pages_write(PRETEND "incoherent", "1"));
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	self->fd = uapi_open(self->bdf);
	EXPECT_EQ(-EREMOTEIO, uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_BOUNCE, pin.cause);
	close(self->fd);

	ASSERT_EQ(0, pages_write(PRETEND "incoherent", "0"));
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	self->fd = uapi_open(self->bdf);
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
	EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
}

TEST_HARNESS_MAIN
