// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Guards: which functions can be one, and when they are stopped.
 */
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/function.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

FIXTURE(guard)
{
	char bdf[FUNCTION_NAME];
	int fd;
};

FIXTURE_SETUP(guard)
{
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	ASSERT_EQ(0, function_enable(self->bdf, 1));
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(guard)
{
	close(self->fd);
}

TEST_F(guard, refused)
{
	struct dmamem_info info;
	int i;

	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:ee:00.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "ffffffff:00:00.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:100:00.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:00:24.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:00:04.8"));
	EXPECT_EQ(0, uapi_guard(self->fd, self->bdf));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(-EEXIST, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, uapi_info(self->fd, &info));
	EXPECT_LT(0, info.max_guards);
}

TEST_F(guard, refused_when_bound_to_dmamem)
{
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	EXPECT_EQ(-EBUSY, uapi_guard(self->fd, self->bdf));
	EXPECT_EQ(0, function_bind(self->bdf, NULL));
}

/* Its reset would be one of all that is behind it */
TEST_F(guard, refused_when_a_bridge)
{
	char bdf[FUNCTION_NAME];

	if (function_find(FUNCTION_BRIDGE, bdf))
		SKIP(return, "no PCI bridge of QEMU");
	EXPECT_EQ(-EINVAL, uapi_guard(self->fd, bdf));
}

TEST_F(guard, needs_privilege)
{
	ASSERT_EQ(0, privilege_drop(CAP_SYS_RAWIO));
	EXPECT_EQ(-EPERM, uapi_guard(self->fd, self->bdf));
}

TEST_F(guard, stopped_when_regions_are_left)
{
	char *pages = pages_map(PAGE);

	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_LT(0, uapi_pin_id(self->fd, pages, PAGE, DMAMEM_PIN_WRITE));
	ASSERT_EQ(1, function_is_master(self->bdf));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, function_is_master(self->bdf));
}

/*
 * Out of the kernel's sight but not out of the machine: nobody can say what it
 * does, so the pages stay.
 */
TEST_F(guard, removed_while_open)
{
	long pinned = pages_pinned();
	char *pages = pages_map(PAGE);

	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_LT(0, uapi_pin_id(self->fd, pages, PAGE, DMAMEM_PIN_WRITE));
	ASSERT_EQ(0, function_write(self->bdf, "remove", "1"));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(pinned + 1, pages_pinned());
	EXPECT_EQ(0, function_vouch(self->bdf));
	EXPECT_EQ(pinned, pages_pinned());
	EXPECT_EQ(0, pages_write("/sys/bus/pci/rescan", "1"));
}

/* An orderly program is not punished */
TEST_F(guard, left_alone_when_none_are)
{
	char *pages = pages_map(PAGE);
	int region;

	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	region = uapi_pin_id(self->fd, pages, PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, uapi_unpin(self->fd, region));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, function_is_master(self->bdf));
}

TEST_HARNESS_MAIN
