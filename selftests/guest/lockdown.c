// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Under lockdown nobody gets physical addresses; translated ones go on. There
 * is no way back from lockdown: only a guest whose command line has lsm=lockdown
 * is locked down.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/cmdline.h"
#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"

static int lock_down(void)
{
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	return pages_write(LOCKDOWN, "integrity");
}

TEST(no_physical_addresses)
{
	int fd = uapi_open(NULL), node, region;
	char bdf[FUNCTION_NAME], *addr = pages_map(PAGE);
	struct dmamem_info info;
	struct dmamem_pin pin;

	if (!cmdline_has("lsm=lockdown"))
		SKIP(return, "needs lsm=lockdown on the command line");
	ASSERT_LE(0, fd);
	region = uapi_pin_id(fd, addr, PAGE, 0);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, function_find(FUNCTION_EDU, bdf));
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	node = uapi_open(bdf);
	ASSERT_LE(0, node);

	ASSERT_EQ(0, lock_down());
	EXPECT_EQ(-EPERM, uapi_pin(fd, addr, PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_LOCKDOWN, pin.cause);
	EXPECT_EQ(0, uapi_dma_addr(fd, region, 0));
	EXPECT_EQ(0, uapi_unpin(fd, region));

	ASSERT_EQ(0, uapi_info(node, &info));
	if (info.address_type == DMAMEM_ADDRESS_PHYSICAL) {
		EXPECT_EQ(-EPERM, uapi_pin(node, addr, PAGE, 0, &pin));
		EXPECT_EQ(DMAMEM_CAUSE_LOCKDOWN, pin.cause);
	} else {
		EXPECT_EQ(0, uapi_pin(node, addr, PAGE, 0, &pin));
		EXPECT_NE(0, uapi_dma_addr(node, pin.region, 0));
		EXPECT_EQ(0, uapi_unpin(node, pin.region));
	}
	close(node);
	close(fd);
}

TEST_HARNESS_MAIN
