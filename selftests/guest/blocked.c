// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A pin that user space blocks (by a userfaultfd or a FUSE file that is not
 * served) stops nobody else, can be killed, and succeeds once it is served.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/silent_fuse.h"
#include "selftests/lib/uapi.h"
#include "selftests/lib/unserved.h"
#include "tools/memory/pages.h"

#define NR 8

struct pinner {
	int fd;
	char *addr;
	uint32_t flags;
	int result;
};

static void *pin_thread(void *arg)
{
	struct pinner *pinner = arg;

	pinner->result = uapi_pin_id(pinner->fd, pinner->addr, NR * PAGE,
				     pinner->flags);
	return NULL;
}

TEST(others_go_on)
{
	struct pinner pinner = {
		.fd = uapi_open(NULL),
		.flags = DMAMEM_PIN_WRITE,
	};
	struct dmamem_info info;
	int i, uffd, region;
	pthread_t thread;
	char *other;

	ASSERT_LE(0, pinner.fd);
	uffd = unserved_map(&pinner.addr, NR * PAGE);
	if (uffd < 0)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, pthread_create(&thread, NULL, pin_thread, &pinner));
	ASSERT_EQ(0, unserved_wait(uffd));

	/* The same file, and the same memory */
	other = pages_map(NR * PAGE);
	region = uapi_pin_id(pinner.fd, other, NR * PAGE, DMAMEM_PIN_WRITE);
	EXPECT_LT(0, region);
	EXPECT_EQ(0, uapi_info(pinner.fd, &info));
	EXPECT_NE(0, uapi_dma_addr(pinner.fd, region, 0));
	EXPECT_EQ(0, uapi_verify(pinner.fd, region, 0, NR * PAGE, NULL));
	EXPECT_EQ(0, uapi_unpin(pinner.fd, region));

	for (i = 0; i < NR; i++)
		ASSERT_EQ(0, unserved_serve(uffd));
	pthread_join(thread, NULL);
	EXPECT_LT(0, pinner.result);
	EXPECT_EQ(UNSERVED_BYTE, pinner.addr[0]);
	EXPECT_EQ(0, uapi_verify(pinner.fd, pinner.result, 0, NR * PAGE, NULL));
	close(pinner.fd);
}

static void blocked_child(int out)
{
	struct pinner pinner = {
		.fd = uapi_open(NULL),
		.flags = DMAMEM_PIN_WRITE,
	};
	pthread_t thread;
	int uffd;

	uffd = unserved_map(&pinner.addr, NR * PAGE);
	if (uffd < 0)
		_exit(1);
	pthread_create(&thread, NULL, pin_thread, &pinner);
	if (unserved_wait(uffd) || write(out, "b", 1) != 1)
		_exit(1);
	pause();
}

TEST(killed)
{
	long pinned = pages_pinned();
	int pipes[2], status;
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	child = fork();
	if (!child)
		blocked_child(pipes[1]);
	close(pipes[1]);
	if (read(pipes[0], &byte, 1) != 1)
		SKIP(return, "no userfaultfd");
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(pinned, pages_pinned());
}

FIXTURE(file)
{
	struct silent_fuse fuse;
	long pinned;
};

/* How the file is mapped and pinned */
FIXTURE_VARIANT(file)
{
	int sharing;
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(file, private_to_write)
{
	.sharing = MAP_PRIVATE,
	.flags = DMAMEM_PIN_WRITE,
};

FIXTURE_VARIANT_ADD(file, private_to_read)
{
	.sharing = MAP_PRIVATE,
};

FIXTURE_VARIANT_ADD(file, shared_to_read)
{
	.sharing = MAP_SHARED,
};

FIXTURE_SETUP(file)
{
	int ret = silent_fuse_start(&self->fuse);

	if (ret == -ENOENT)
		SKIP(return, "no FUSE");
	ASSERT_EQ(0, ret);
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(file)
{
	silent_fuse_stop(&self->fuse);
	EXPECT_EQ(self->pinned, pages_pinned());
}

/* One thread pins; when the file is asked for, another uses its memory */
static void file_child(const FIXTURE_VARIANT(file) *variant, int asked, int out)
{
	struct pinner pinner = {
		.fd = uapi_open(NULL),
		.flags = variant->flags,
	};
	int file = open(SILENT_FUSE_FILE, O_RDWR | O_CLOEXEC);
	pthread_t thread;
	char byte;

	pinner.addr = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE,
			   variant->sharing, file, 0);
	if (pinner.addr == MAP_FAILED)
		_exit(1);
	pthread_create(&thread, NULL, pin_thread, &pinner);
	if (read(asked, &byte, 1) != 1 || munmap(pages_map(PAGE), PAGE) ||
	    write(out, "b", 1) != 1)
		_exit(1);
	pause();
}

/* What is mapped is not lost to the process, nor the process to its owner */
TEST_F(file, blocks_neither_mmap_nor_kill)
{
	int pipes[2], status;
	pid_t child;
	char byte;

	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	child = fork();
	if (!child)
		file_child(variant, self->fuse.asked, pipes[1]);
	close(pipes[1]);
	EXPECT_EQ(1, read(pipes[0], &byte, 1));
	kill(child, SIGKILL);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

TEST_HARNESS_MAIN
