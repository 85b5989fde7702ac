// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Every place at which a command can fail for want of memory, or because the
 * caller's structure cannot be copied, fails once: the command says so, has
 * changed nothing, and succeeds when it is tried again.
 *
 * Without fault injection in the kernel (no stock kernel has it) this is a SKIP.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dmamem.h>

#include "kselftest_harness.h"
#include "selftests/lib/fail_nth.h"
#include "selftests/lib/pages.h"

#define NODE "/dev/dmamem"

/* More places than any command has: the walk must end before */
#define MAX_PLACES 1000

FIXTURE(failures)
{
	int nth;
	int fd;
	long pinned_before;
};

FIXTURE_SETUP(failures)
{
	self->fd = -1;
	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	self->nth = fail_nth_open();
	if (self->nth == -ENOENT)
		SKIP(return, "the kernel has no fault injection");
	ASSERT_LE(0, self->nth);
	self->pinned_before = pages_pinned();
}

FIXTURE_TEARDOWN(failures)
{
	close(self->fd);
	close(self->nth);
	EXPECT_EQ(self->pinned_before, pages_pinned());
	EXPECT_EQ(0, pages_count("/proc/self/status", "VmLck:"));
}

TEST_F(failures, open)
{
	int happened = 1;

	for (unsigned int n = 1; happened; n++) {
		ASSERT_GT(MAX_PLACES, n);
		ASSERT_EQ(0, fail_nth_arm(self->nth, n));
		self->fd = open(NODE, O_RDWR | O_CLOEXEC);
		happened = fail_nth_disarm(self->nth);
		ASSERT_LE(0, happened);
		if (self->fd < 0) {
			ASSERT_EQ(1, happened);
			continue;
		}
		ASSERT_EQ(0, close(self->fd));
	}
}

TEST_HARNESS_MAIN
