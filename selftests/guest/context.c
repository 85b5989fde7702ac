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

#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 32

FIXTURE(context)
{
	char *addr;
	long pinned;
};

FIXTURE_SETUP(context)
{
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(context)
{
	EXPECT_EQ(self->pinned, pages_pinned());
}

static void send_fd(int socket, int fd, int region)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec iov = { .iov_base = &region, .iov_len = sizeof(region) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) < 0)
		_exit(1);
}

static int receive_fd(int socket, int *region)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = region, .iov_len = sizeof(*region) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(socket, &message, 0) == sizeof(*region) &&
	    CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Open and pin in a child, send the descriptor, and be killed */
static pid_t owner(int socket, char *addr)
{
	pid_t child = fork();
	int fd;

	if (child)
		return child;
	memset(addr, 1, NR * PAGE);
	fd = uapi_open(NULL);
	send_fd(socket, fd, uapi_pin_id(fd, addr, NR * PAGE,
					DMAMEM_PIN_WRITE));
	pause();
	_exit(1);
}

TEST_F(context, passed_over_a_socket)
{
	int sockets[2], fd, region;
	struct dmamem_pin pin;
	uint64_t before;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = owner(sockets[1], self->addr);
	fd = receive_fd(sockets[0], &region);
	ASSERT_LE(0, fd);
	ASSERT_LT(0, region);
	before = uapi_dma_addr(fd, region, 0);
	EXPECT_NE(0, before);

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EXPECT_EQ(before, uapi_dma_addr(fd, region, 0));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	/* New pins are for the process that opened */
	EXPECT_EQ(-EIO, uapi_pin(fd, self->addr, PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_OWNER, pin.cause);
	EXPECT_EQ(-EIO, uapi_verify(fd, region, 0, PAGE, NULL));
	EXPECT_EQ(0, uapi_unpin(fd, region));
	EXPECT_EQ(self->pinned, pages_pinned());
	close(fd);
}

TEST_F(context, killed_without_heirs)
{
	int sockets[2], region;
	pid_t child;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = owner(sockets[1], self->addr);
	/* Without room for the descriptor it goes nowhere */
	ASSERT_EQ(sizeof(region), read(sockets[0], &region, sizeof(region)));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(context, survives_fork)
{
	int status, fd = uapi_open(NULL);
	int region = uapi_pin_id(fd, self->addr, NR * PAGE, DMAMEM_PIN_WRITE);
	uint64_t before = uapi_dma_addr(fd, region, 0);
	pid_t child;

	ASSERT_LT(0, region);
	child = fork();
	if (!child) {
		self->addr[0] = 2;
		_exit(uapi_pin(fd, self->addr, PAGE, 0, NULL) != -EIO ||
		      uapi_dma_addr(fd, region, 0) != before ||
		      pages_phys(self->addr) == before);
	}
	waitpid(child, &status, 0);
	EXPECT_EQ(0, status);
	self->addr[0] = 1;
	EXPECT_EQ(before, pages_phys(self->addr));
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
		int fd = open("/dev/dmamem", O_RDWR);

		if (uapi_pin_id(fd, self->addr, NR * PAGE, 0) < 0)
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
	int one = uapi_open(NULL), two = uapi_open(NULL);
	int region1 = uapi_pin_id(one, self->addr, NR * PAGE, DMAMEM_PIN_WRITE);
	int region2 = uapi_pin_id(two, self->addr, NR * PAGE, 0);

	ASSERT_LT(0, region1);
	ASSERT_LT(0, region2);
	EXPECT_EQ(uapi_dma_addr(one, region1, 0),
		  uapi_dma_addr(two, region2, 0));
	EXPECT_EQ(self->pinned + 2 * NR, pages_pinned());
	close(one);
	EXPECT_EQ(0, uapi_verify(two, region2, 0, NR * PAGE, NULL));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(two);
}

TEST_F(context, regions_are_the_files_own)
{
	int one = uapi_open(NULL), two = uapi_open(NULL);
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
	int fd = uapi_open(NULL);

	ASSERT_LT(0, uapi_pin_id(fd, self->addr, NR * PAGE, DMAMEM_PIN_WRITE));
	ASSERT_EQ(0, munmap(self->addr, NR * PAGE));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(fd);
}

TEST_F(context, module_stays_while_open)
{
	int fd = uapi_open(NULL);

	ASSERT_EQ(-1, syscall(SYS_delete_module, "dmamem", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	close(fd);
}

TEST_HARNESS_MAIN
