// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A pin of gigabytes through a node can be killed while its pages are mapped
 * for the function, which takes several times as long as to pin them; and
 * neither mapping nor releasing keeps a processor so long that the kernel
 * complains (which the guest's runner would report).
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/calls.h"
#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define LENGTH (2UL << 30)
#define NR (LENGTH / PAGE)
/* However the kernel module divides it: mapping is far from over after these */
#define FEW_PARTS 12

static const char *const watched[] = { "dma_map_sgtable", NULL };

FIXTURE(long_node)
{
	char bdf[FUNCTION_NAME];
	char *addr;
	long pinned;
};

/* Touched in an order that makes nearly each page a run of its own */
static char *map_scattered(void)
{
	char *addr = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (addr == MAP_FAILED)
		return NULL;
	madvise(addr, LENGTH, MADV_NOHUGEPAGE);
	for (i = 0; i < NR; i++)
		addr[i * 779 % NR * PAGE] = 1;
	return addr;
}

FIXTURE_SETUP(long_node)
{
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	if (!function_is_translated(self->bdf))
		SKIP(return, "nothing translates: nothing to map");
	if (pages_count("/proc/meminfo", "MemFree:") <
	    (long)(LENGTH / 1024) + 512 * 1024)
		SKIP(return, "needs more than 2 GiB of free memory");
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	self->pinned = pages_pinned();
	self->addr = map_scattered();
	ASSERT_NE(NULL, self->addr);
}

FIXTURE_TEARDOWN(long_node)
{
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F_TIMEOUT(long_node, killed_while_mapping, 300)
{
	const char *calls[CALLS_MAX];
	int fd, status, pipes[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	if (!child) {
		fd = uapi_open(self->bdf);
		if (read(pipes[0], &byte, 1) != 1)
			_exit(1);
		uapi_pin_id(fd, self->addr, LENGTH, DMAMEM_PIN_WRITE);
		_exit(0);
	}
	if (calls_watch(watched, child)) {
		kill(child, SIGKILL);
		SKIP(return, "no kprobe events");
	}
	ASSERT_EQ(1, write(pipes[1], "p", 1));
	ASSERT_EQ(0, calls_wait());
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_GT(FEW_PARTS, calls_read(calls));
	calls_end();
}

TEST_F_TIMEOUT(long_node, pinned_and_released, 300)
{
	int fd = uapi_open(self->bdf);
	struct dmamem_extent extent;
	struct dmamem_pin pin;
	uint32_t count = 1;

	ASSERT_EQ(0, uapi_pin(fd, self->addr, LENGTH, DMAMEM_PIN_WRITE, &pin));
	/* Few runs, however scattered the pages are */
	EXPECT_GT(NR / 1024, pin.nr_extents);
	EXPECT_EQ(0, uapi_extents(fd, pin.region, 0, &extent, &count));
	EXPECT_LE(8UL << 20, extent.length);
	EXPECT_EQ(self->pinned + (long)NR, pages_pinned());
	EXPECT_EQ(0, uapi_unpin(fd, pin.region));
	EXPECT_EQ(self->pinned, pages_pinned());

	ASSERT_EQ(0, uapi_pin(fd, self->addr, LENGTH, DMAMEM_PIN_WRITE, &pin));
	close(fd);
}

TEST_HARNESS_MAIN
