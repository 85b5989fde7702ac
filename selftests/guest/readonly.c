// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pins for reading: the device must see what the CPU writes afterwards, also
 * where the kernel would have moved the writer to a copy (6.1 does with
 * untouched anonymous memory, private file mappings and private memfd).
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/uapi.h"
#include "tools/memory/kinds.h"
#include "tools/memory/pages.h"

/* Hugepages of 1 GiB take seconds each */
#define TIMEOUT 300

FIXTURE(readonly)
{
	int fd;
};

FIXTURE_SETUP(readonly)
{
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
	pages_reserve_hugetlb(8);
}

FIXTURE_TEARDOWN(readonly)
{
	close(self->fd);
}

/* Is the byte at @offset where the device was told to read it? */
static int is_same(int fd, int region, const char *addr, size_t offset)
{
	return pages_phys(addr + offset) == uapi_dma_addr(fd, region, offset);
}

static void look_at(const volatile char *addr, size_t length)
{
	for (size_t i = 0; i < length; i += PAGE)
		(void)addr[i];
}

/* Memory of a kind that is mapped so, looked at or not, pinned, and written */
static void expect_same(struct __test_metadata *_metadata, int fd,
			const struct kind *kind, int prot, bool looked_at)
{
	size_t length = kind_length(kind);
	char *addr = kind->map(length, prot);
	int region;

	if (!addr)
		return;
	if (looked_at)
		look_at(addr, length);
	region = uapi_pin_id(fd, addr, length, 0);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, mprotect(addr, length, PROT_READ | PROT_WRITE));
	pages_touch(addr, length);
	EXPECT_TRUE(is_same(fd, region, addr, 0) &&
		    is_same(fd, region, addr, length - 1))
		TH_LOG("%s: the device reads a copy", kind->name);
	EXPECT_EQ(0, uapi_verify(fd, region, 0, length, NULL))
		TH_LOG("%s: the device reads a copy", kind->name);
	EXPECT_EQ(0, uapi_unpin(fd, region));
	munmap(addr, length);
}

TEST_F_TIMEOUT(readonly, written_after_the_pin, TIMEOUT)
{
	for (unsigned int i = 0; i < nr_kinds; i++)
		expect_same(_metadata, self->fd, &kinds[i],
			    PROT_READ | PROT_WRITE, false);
}

/* Read first, so that the zero page or a page of the file is there */
TEST_F_TIMEOUT(readonly, read_then_pinned_then_written, TIMEOUT)
{
	for (unsigned int i = 0; i < nr_kinds; i++)
		expect_same(_metadata, self->fd, &kinds[i],
			    PROT_READ | PROT_WRITE, true);
}

/* The copy that a later write would make must be made before the pin */
TEST_F_TIMEOUT(readonly, read_only_then_written, TIMEOUT)
{
	for (unsigned int i = 0; i < nr_kinds; i++)
		expect_same(_metadata, self->fd, &kinds[i], PROT_READ, false);
}

/* The pages are shared with a child when they are pinned */
TEST_F(readonly, pinned_after_fork)
{
	char *addr = pages_map(16 * PAGE);
	int pipes[2], region;
	pid_t child;

	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	if (!child) {
		close(pipes[1]);
		_exit(read(pipes[0], addr, 1) != 0);
	}
	region = uapi_pin_id(self->fd, addr, 16 * PAGE, 0);
	ASSERT_LT(0, region);
	memset(addr, 1, 16 * PAGE);
	EXPECT_TRUE(is_same(self->fd, region, addr, 0));
	EXPECT_EQ(0, uapi_verify(self->fd, region, 0, 16 * PAGE, NULL));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
	close(pipes[1]);
	waitpid(child, NULL, 0);
}

/* Mapped without write permission: fit for reading, not for writing */
TEST_F_TIMEOUT(readonly, read_only_mapping, TIMEOUT)
{
	struct dmamem_pin pin;
	unsigned int i;
	size_t length;
	char *addr;

	for (i = 0; i < nr_kinds; i++) {
		length = kind_length(&kinds[i]);
		addr = kinds[i].map(length, PROT_READ);
		if (!addr)
			continue;
		EXPECT_EQ(-EFAULT, uapi_pin(self->fd, addr, length,
					    DMAMEM_PIN_WRITE, &pin));
		EXPECT_EQ(DMAMEM_CAUSE_READ_ONLY, pin.cause);
		EXPECT_EQ((uintptr_t)addr, pin.bad_addr);
		ASSERT_EQ(0, uapi_pin(self->fd, addr, length, 0, &pin))
			TH_LOG("%s: cause %u", kinds[i].name, pin.cause);
		EXPECT_EQ(0, uapi_verify(self->fd, pin.region, 0, length,
					 NULL))
			TH_LOG("%s", kinds[i].name);
		EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
		munmap(addr, length);
	}
}

TEST_HARNESS_MAIN
