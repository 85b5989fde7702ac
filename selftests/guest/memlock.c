// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * RLIMIT_MEMLOCK: what is charged, to whom, and what a refusal says.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/privilege.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 64

FIXTURE(memlock)
{
	int fd;
	char *addr;
	long pinned;
};

static int set_limit(size_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = bytes };

	return setrlimit(RLIMIT_MEMLOCK, &limit);
}

static long locked_bytes(void)
{
	return pages_count("/proc/self/status", "VmLck:") * 1024;
}

FIXTURE_SETUP(memlock)
{
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
	self->pinned = pages_pinned();
	ASSERT_EQ(0, set_limit(NR * PAGE));
	ASSERT_EQ(0, privilege_drop(CAP_IPC_LOCK));
}

FIXTURE_TEARDOWN(memlock)
{
	close(self->fd);
}

TEST_F(memlock, charged_and_given_back)
{
	int region = uapi_pin_id(self->fd, self->addr, NR * PAGE, 0);

	ASSERT_LT(0, region);
	EXPECT_EQ(NR * PAGE, locked_bytes());
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
	EXPECT_EQ(0, locked_bytes());

	ASSERT_LT(0, uapi_pin_id(self->fd, self->addr, NR * PAGE, 0));
	close(self->fd);
	EXPECT_EQ(0, locked_bytes());
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(memlock, refusal_explains)
{
	struct dmamem_pin pin;

	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, 10 * PAGE, 0, NULL));
	EXPECT_EQ(-ENOMEM, uapi_pin(self->fd, self->addr, (NR - 9) * PAGE, 0,
				    &pin));
	EXPECT_EQ(DMAMEM_CAUSE_MEMLOCK, pin.cause);
	EXPECT_EQ((NR - 9) * PAGE, pin.memlock_needed);
	EXPECT_EQ(NR * PAGE, pin.memlock_limit);
	EXPECT_EQ(10 * PAGE, pin.memlock_used);
	EXPECT_EQ(10 * PAGE, locked_bytes());
	EXPECT_EQ(self->pinned + 10, pages_pinned());
	EXPECT_EQ(0, uapi_pin(self->fd, self->addr, (NR - 10) * PAGE, 0, NULL));
}

/* Pinned twice is charged twice */
TEST_F(memlock, counted_by_pin)
{
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, NR / 2 * PAGE, 0, NULL));
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, NR / 2 * PAGE, 0, NULL));
	EXPECT_EQ(-ENOMEM, uapi_pin(self->fd, self->addr, PAGE, 0, NULL));
}

TEST_F(memlock, failure_gives_back)
{
	ASSERT_EQ(0, munmap(self->addr + (NR - 1) * PAGE, PAGE));
	EXPECT_EQ(-EFAULT, uapi_pin(self->fd, self->addr, NR * PAGE, 0, NULL));
	EXPECT_EQ(0, locked_bytes());
	EXPECT_EQ(self->pinned, pages_pinned());
}

/* The limit is the owner's, whoever releases */
TEST_F(memlock, charge_stays_with_the_owner)
{
	int status, region = uapi_pin_id(self->fd, self->addr, NR * PAGE, 0);
	pid_t child;

	ASSERT_LT(0, region);
	child = fork();
	if (!child)
		_exit(uapi_unpin(self->fd, region) || locked_bytes());
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, locked_bytes());
}

/* Nobody with CAP_IPC_LOCK is limited */
TEST(exempt)
{
	int fd = uapi_open(NULL);
	char *addr = pages_map(NR * PAGE);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_limit(PAGE));
	EXPECT_EQ(0, uapi_pin(fd, addr, NR * PAGE, 0, NULL));
	EXPECT_EQ(NR * PAGE, locked_bytes());
	close(fd);
}

TEST_HARNESS_MAIN
