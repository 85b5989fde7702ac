// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * VERIFY: what makes an address stop meaning the pinned page, and what does
 * not.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/uapi.h"
#include "tools/memory/migrate.h"
#include "tools/memory/pages.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define NR 64
#define BAD 37		/* the page that tests take away */

FIXTURE(verify)
{
	int fd;
	int region;
	char *addr;
	uint64_t stale;
};

static int verify_all(FIXTURE_DATA(verify) *self)
{
	return uapi_verify(self->fd, self->region, 0, NR * PAGE, &self->stale);
}

FIXTURE_SETUP(verify)
{
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
	self->region = uapi_pin_id(self->fd, self->addr, NR * PAGE,
				   DMAMEM_PIN_WRITE);
	ASSERT_LT(0, self->region);
	ASSERT_EQ(0, verify_all(self));
	ASSERT_EQ(NR * PAGE, self->stale);
}

FIXTURE_TEARDOWN(verify)
{
	close(self->fd);
}

#define EXPECT_STALE()					\
	do {						\
		EXPECT_EQ(-ESTALE, verify_all(self));	\
		EXPECT_EQ(BAD * PAGE, self->stale);	\
	} while (0)

TEST_F(verify, munmap)
{
	ASSERT_EQ(0, munmap(self->addr + BAD * PAGE, PAGE));
	EXPECT_STALE();
}

TEST_F(verify, mapped_again)
{
	ASSERT_NE(MAP_FAILED,
		  mmap(self->addr + BAD * PAGE, 2 * PAGE,
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_STALE();
	self->addr[BAD * PAGE] = 1;
	EXPECT_STALE();
}

TEST_F(verify, mremap)
{
	ASSERT_NE(MAP_FAILED, mremap(self->addr + BAD * PAGE, PAGE, PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED,
				     pages_map(PAGE)));
	EXPECT_STALE();
}

/* The pages go, the mapping stays */
TEST_F(verify, mremap_that_leaves_the_mapping)
{
	ASSERT_NE(MAP_FAILED,
		  mremap(self->addr + BAD * PAGE, PAGE, PAGE,
			 MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL));
	EXPECT_STALE();
}

TEST_F(verify, dontneed)
{
	ASSERT_EQ(0, madvise(self->addr + BAD * PAGE, PAGE, MADV_DONTNEED));
	EXPECT_STALE();
	self->addr[BAD * PAGE] = 1;
	EXPECT_STALE();
}

TEST_F(verify, part)
{
	ASSERT_EQ(0, munmap(self->addr + BAD * PAGE, PAGE));
	EXPECT_EQ(0, uapi_verify(self->fd, self->region, 0, BAD * PAGE, NULL));
	EXPECT_EQ(-ESTALE, uapi_verify(self->fd, self->region, BAD * PAGE, PAGE,
				       NULL));
	EXPECT_EQ(0, uapi_verify(self->fd, self->region, (BAD + 1) * PAGE,
				 (NR - BAD - 1) * PAGE, NULL));
}

TEST_F(verify, bad_ranges)
{
	uint64_t page = PAGE, end = NR * PAGE;

	EXPECT_EQ(-EINVAL, uapi_verify(self->fd, self->region, 1, page, NULL));
	EXPECT_EQ(-EINVAL, uapi_verify(self->fd, self->region, 0, 1, NULL));
	EXPECT_EQ(-EINVAL, uapi_verify(self->fd, self->region, 0, 0, NULL));
	EXPECT_EQ(-EINVAL, uapi_verify(self->fd, self->region, end, page, NULL));
	EXPECT_EQ(-EINVAL, uapi_verify(self->fd, self->region, page, end, NULL));
	EXPECT_EQ(-EINVAL, uapi_verify(self->fd, self->region, -page, 2 * page,
				       NULL));
	EXPECT_EQ(-ENOENT, uapi_verify(self->fd, 0, 0, page, NULL));
	EXPECT_EQ(-ENOENT, uapi_verify(self->fd, self->region + 1, 0, page,
				       NULL));
}

/* Things that look dangerous and change nothing */
TEST_F(verify, protection)
{
	ASSERT_EQ(0, mprotect(self->addr, NR * PAGE, PROT_NONE));
	EXPECT_EQ(0, verify_all(self));
	ASSERT_EQ(0, mprotect(self->addr, NR * PAGE, PROT_READ));
	EXPECT_EQ(0, verify_all(self));
}

TEST_F(verify, fork_and_write)
{
	pid_t child = fork();

	if (!child) {
		memset(self->addr, 2, NR * PAGE);
		_exit(uapi_verify(self->fd, self->region, 0, PAGE, NULL) !=
		      -EIO);
	}
	memset(self->addr, 1, NR * PAGE);
	EXPECT_EQ(0, verify_all(self));
	waitpid(child, &child, 0);
	EXPECT_EQ(0, child);
}

/* Tried for sure: memory beside it that is not pinned moves */
TEST_F(verify, failed_migration)
{
	const struct iovec pinned = { self->addr, NR * PAGE };
	const struct iovec other = { pages_map(NR * PAGE), NR * PAGE };
	long moved = migrate_pages_across(0, &other, PAGE);

	if (moved == -ENODEV)
		SKIP(return, "one memory node");
	ASSERT_EQ(NR, moved);
	EXPECT_EQ(0, migrate_pages_across(0, &pinned, PAGE));
	EXPECT_EQ(0, verify_all(self));
}

TEST_F(verify, compaction_and_reclaim)
{
	EXPECT_EQ(0, pages_write("/proc/sys/vm/compact_memory", "1"));
	EXPECT_EQ(0, verify_all(self));
	EXPECT_EQ(0, pages_write("/proc/sys/vm/drop_caches", "3"));
	EXPECT_EQ(0, madvise(self->addr, NR * PAGE, MADV_PAGEOUT));
	EXPECT_EQ(0, verify_all(self));
}

/* A page of a file is the same page when it comes back */
TEST(shared_file)
{
	int memfd = memfd_create("verify", MFD_CLOEXEC);
	int fd = uapi_open(NULL), region;
	uint64_t stale;
	char *addr;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(memfd, NR * PAGE));
	addr = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd,
		    0);
	ASSERT_NE(MAP_FAILED, addr);
	region = uapi_pin_id(fd, addr, NR * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);

	ASSERT_EQ(0, madvise(addr, NR * PAGE, MADV_DONTNEED));
	EXPECT_EQ(0, uapi_verify(fd, region, 0, NR * PAGE, NULL));
	ASSERT_EQ(0, madvise(addr, NR * PAGE, MADV_DONTNEED));
	ASSERT_EQ(0, mprotect(addr, NR * PAGE, PROT_NONE));
	EXPECT_EQ(0, uapi_verify(fd, region, 0, NR * PAGE, NULL));

	ASSERT_EQ(0, fallocate(memfd,
			       FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			       BAD * PAGE, PAGE));
	EXPECT_EQ(-ESTALE, uapi_verify(fd, region, 0, NR * PAGE, &stale));
	EXPECT_EQ(BAD * PAGE, stale);
	ASSERT_EQ(0, ftruncate(memfd, 5 * PAGE));
	EXPECT_EQ(-ESTALE, uapi_verify(fd, region, 0, NR * PAGE, &stale));
	EXPECT_EQ(5 * PAGE, stale);
	EXPECT_EQ(0, uapi_unpin(fd, region));
	close(fd);
}

TEST(huge_pages)
{
	int fd = uapi_open(NULL), region;
	char *addr = pages_map_thp(HUGE);
	uint64_t stale;

	ASSERT_LE(0, fd);
	if (!addr)
		SKIP(return, "no transparent huge pages");
	region = uapi_pin_id(fd, addr, HUGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	EXPECT_EQ(0, uapi_verify(fd, region, 0, HUGE, NULL));
	/* Splits the mapping of the huge page, not the page */
	ASSERT_EQ(0, mprotect(addr + PAGE, PAGE, PROT_READ));
	EXPECT_EQ(0, uapi_verify(fd, region, 0, HUGE, NULL));
	ASSERT_EQ(0, madvise(addr + BAD * PAGE, PAGE, MADV_DONTNEED));
	EXPECT_EQ(-ESTALE, uapi_verify(fd, region, 0, HUGE, &stale));
	EXPECT_EQ(BAD * PAGE, stale);
	EXPECT_EQ(0, uapi_unpin(fd, region));
	close(fd);
}

TEST_HARNESS_MAIN
