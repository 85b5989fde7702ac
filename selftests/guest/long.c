// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pins of gigabytes: they can be killed on the way, and neither pinning nor
 * releasing keeps a processor so long that the kernel complains (which the
 * guest's runner would report).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/events.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define LENGTH (4UL << 30)

static char *map_untouched(void)
{
	char *addr = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr != MAP_FAILED)
		madvise(addr, LENGTH, MADV_NOHUGEPAGE);
	return addr == MAP_FAILED ? NULL : addr;
}

static int have_memory(void)
{
	return pages_count("/proc/meminfo", "MemFree:") >
	       (long)(LENGTH / 1024) + 512 * 1024;
}

static void pin_child(int out)
{
	int fd = uapi_open(NULL);
	char *addr = map_untouched();

	if (fd < 0 || !addr || write(out, "p", 1) != 1)
		_exit(1);
	uapi_pin_id(fd, addr, LENGTH, DMAMEM_PIN_WRITE);
	_exit(0);
}

/* Cause and pages of the last pin that the tracepoint saw */
static int last_pin(unsigned long *pages, unsigned int *cause)
{
	char text[EVENT_TEXT];
	int ret = events_last("dmamem_pin", text);

	if (ret)
		return ret;
	return sscanf(text, "%*s %*s %*s pages=%lu extents=%*u cause=%u", pages,
		      cause) == 2 ? 0 : -ENODATA;
}

FIXTURE(pin_long)
{
	long pinned;
};

FIXTURE_SETUP(pin_long)
{
	if (!have_memory())
		SKIP(return, "needs more than 4 GiB of free memory");
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(pin_long)
{
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F_TIMEOUT(pin_long, killed_on_the_way, 120)
{
	unsigned int cause = 0;
	unsigned long pages;
	int pipes[2], status;
	pid_t child;
	char byte;

	if (events_start())
		SKIP(return, "no tracepoints");
	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	if (!child)
		pin_child(pipes[1]);
	ASSERT_EQ(1, read(pipes[0], &byte, 1));
	usleep(200000);
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status))
		TH_LOG("it was too fast");
	ASSERT_EQ(0, last_pin(&pages, &cause));
	EXPECT_EQ(DMAMEM_CAUSE_SIGNAL, cause);
	EXPECT_GT(LENGTH / PAGE, pages);
	events_stop();
}

TEST_F_TIMEOUT(pin_long, pinned_and_released, 300)
{
	int fd = uapi_open(NULL);
	struct dmamem_pin pin;
	char *addr;

	ASSERT_LE(0, fd);
	addr = map_untouched();
	ASSERT_NE(NULL, addr);
	ASSERT_EQ(0, uapi_pin(fd, addr, LENGTH, DMAMEM_PIN_WRITE, &pin));
	EXPECT_EQ(self->pinned + (long)(LENGTH / PAGE), pages_pinned());
	EXPECT_EQ(0, uapi_verify(fd, pin.region, 0, LENGTH, NULL));
	EXPECT_EQ(0, uapi_unpin(fd, pin.region));
	EXPECT_EQ(self->pinned, pages_pinned());

	ASSERT_EQ(0, uapi_pin(fd, addr, LENGTH, DMAMEM_PIN_WRITE, &pin));
	close(fd);
}

TEST_HARNESS_MAIN
