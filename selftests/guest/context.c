// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A pin belongs to the file: it outlives the process, is shared by fork, goes
 * where the descriptor goes, and ends with the last close.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/function.h"
#include "selftests/lib/holder.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 32

FIXTURE(context)
{
	char bdf[FUNCTION_NAME];
	const char *node;
	char *addr;
	long pinned;
};

FIXTURE_VARIANT(context)
{
	int node;
};

FIXTURE_VARIANT_ADD(context, memory)
{
	.node = 0,
};

FIXTURE_VARIANT_ADD(context, node)
{
	.node = 1,
};

FIXTURE_SETUP(context)
{
	if (variant->node) {
		if (function_find(FUNCTION_NVME, self->bdf))
			SKIP(return, "no NVMe controller of QEMU");
		ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
		self->node = self->bdf;
	}
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(context)
{
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(context, passed_over_a_socket)
{
	struct holder holder;
	struct dmamem_pin pin;
	int fd;

	ASSERT_EQ(0, holder_start(&holder, self->node, NULL, self->addr,
				  NR * PAGE));
	fd = holder_share(&holder);
	ASSERT_LE(0, fd);
	EXPECT_NE(0, holder.dma_addr);

	holder_kill(&holder);
	EXPECT_EQ(holder.dma_addr, uapi_dma_addr(fd, holder.region, 0));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	if (self->node) {
		EXPECT_EQ(1, function_is_master(self->bdf));
		EXPECT_EQ(-EBUSY, uapi_open(self->node));
	}
	/* New pins are for the process that opened */
	EXPECT_EQ(-EIO, uapi_pin(fd, self->addr, PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_OWNER, pin.cause);
	EXPECT_EQ(-EIO, uapi_verify(fd, holder.region, 0, PAGE, NULL));
	EXPECT_EQ(0, uapi_unpin(fd, holder.region));
	EXPECT_EQ(self->pinned, pages_pinned());
	close(fd);
}

TEST_F(context, dies_with_the_last_reference)
{
	struct holder holder;
	int fd;

	ASSERT_EQ(0, holder_start(&holder, self->node, NULL, self->addr,
				  NR * PAGE));
	fd = holder_share(&holder);
	ASSERT_LE(0, fd);
	holder_kill(&holder);
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(fd);
	EXPECT_EQ(self->pinned, pages_pinned());
	if (self->node)
		EXPECT_EQ(0, function_is_master(self->bdf));
}

TEST_F(context, killed_without_heirs)
{
	struct holder holder;

	ASSERT_EQ(0, holder_start(&holder, self->node, NULL, self->addr,
				  NR * PAGE));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	holder_kill(&holder);
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(context, survives_fork)
{
	int status, fd = uapi_open(self->node);
	int region = uapi_pin_id(fd, self->addr, NR * PAGE, DMAMEM_PIN_WRITE);
	uint64_t before = uapi_dma_addr(fd, region, 0);
	uint64_t phys = pages_phys(self->addr);
	pid_t child;

	ASSERT_LT(0, region);
	child = fork();
	if (!child) {
		self->addr[0] = 2;
		_exit(uapi_pin(fd, self->addr, PAGE, 0, NULL) != -EIO ||
		      uapi_dma_addr(fd, region, 0) != before ||
		      pages_phys(self->addr) == phys);
	}
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	self->addr[0] = 1;
	EXPECT_EQ(phys, pages_phys(self->addr));
	EXPECT_EQ(before, uapi_dma_addr(fd, region, 0));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(fd);
}

/* The memory goes with exec, the file and its pages stay until it is closed */
TEST_F(context, survives_exec)
{
	int status, sockets[2];
	pid_t child;
	char byte;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	if (!child) {
		int fd = uapi_open(self->node);

		if (fcntl(fd, F_SETFD, 0) ||
		    uapi_pin_id(fd, self->addr, NR * PAGE, 0) < 0)
			_exit(1);
		dup2(sockets[1], 0);
		dup2(sockets[1], 1);
		execlp("sh", "sh", "-c", "echo; read line", NULL);
		_exit(1);
	}
	ASSERT_EQ(1, read(sockets[0], &byte, 1));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	ASSERT_EQ(1, write(sockets[0], "\n", 1));
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_F(context, two_contexts_pin_a_page)
{
	int one = uapi_open(self->node), two = uapi_open(NULL);
	int region1 = uapi_pin_id(one, self->addr, NR * PAGE, DMAMEM_PIN_WRITE);
	int region2 = uapi_pin_id(two, self->addr, NR * PAGE, 0);

	ASSERT_LT(0, region1);
	ASSERT_LT(0, region2);
	EXPECT_EQ(pages_phys(self->addr), uapi_dma_addr(two, region2, 0));
	if (!self->node || !function_is_translated(self->bdf))
		EXPECT_EQ(pages_phys(self->addr),
			  uapi_dma_addr(one, region1, 0));
	EXPECT_EQ(self->pinned + 2 * NR, pages_pinned());
	close(one);
	EXPECT_EQ(0, uapi_verify(two, region2, 0, NR * PAGE, NULL));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(two);
}

TEST_F(context, regions_are_the_files_own)
{
	int one = uapi_open(self->node), two = uapi_open(NULL);
	int region = uapi_pin_id(one, self->addr, PAGE, 0);

	ASSERT_LT(0, region);
	EXPECT_EQ(-ENOENT, uapi_unpin(two, region));
	EXPECT_EQ(0, uapi_unpin(one, region));
	EXPECT_EQ(-ENOENT, uapi_unpin(one, region));
	close(one);
	close(two);
}

/* The last close gives a pin's pages back, though the memory is long gone */
TEST_F(context, unmapped_before_close)
{
	int fd = uapi_open(self->node);

	ASSERT_LT(0, uapi_pin_id(fd, self->addr, NR * PAGE, DMAMEM_PIN_WRITE));
	ASSERT_EQ(0, munmap(self->addr, NR * PAGE));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(fd);
}

TEST_F(context, module_stays_while_open)
{
	int fd = uapi_open(self->node);

	ASSERT_EQ(-1, syscall(SYS_delete_module, "dmamem", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	close(fd);
}

TEST_HARNESS_MAIN
