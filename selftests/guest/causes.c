// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A PIN that fails says why, at which address, and how far it came; and leaves
 * nothing pinned or charged.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/function.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 1024
#define BAD 700		/* not in the first batch of the module */

FIXTURE(causes)
{
	int fd;
	long pinned;
	char *addr;
	struct dmamem_pin pin;
};

FIXTURE_SETUP(causes)
{
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(causes)
{
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(0, pages_count("/proc/self/status", "VmLck:"));
	close(self->fd);
}

static int pin_all(FIXTURE_DATA(causes) *self, uint32_t flags)
{
	return uapi_pin(self->fd, self->addr, NR * PAGE, flags, &self->pin);
}

#define EXPECT_CAUSE(_cause, _page)					\
	do {								\
		EXPECT_EQ(_cause, self->pin.cause);			\
		EXPECT_EQ((uintptr_t)self->addr + (_page) * PAGE,	\
			  self->pin.bad_addr);				\
		EXPECT_EQ(_page, self->pin.pages_done);			\
		EXPECT_EQ(0, self->pin.region);				\
	} while (0)

TEST_F(causes, unmapped)
{
	ASSERT_EQ(0, munmap(self->addr + BAD * PAGE, PAGE));
	EXPECT_EQ(-EFAULT, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_UNMAPPED, BAD);
	EXPECT_EQ(-EFAULT, pin_all(self, 0));
	EXPECT_CAUSE(DMAMEM_CAUSE_UNMAPPED, BAD);
}

TEST_F(causes, beyond_the_end_of_a_file)
{
	int memfd = memfd_create("causes", MFD_CLOEXEC);

	ASSERT_EQ(0, ftruncate(memfd, BAD * PAGE));
	ASSERT_NE(MAP_FAILED,
		  mmap(self->addr, NR * PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, memfd, 0));
	EXPECT_EQ(-EFAULT, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_UNMAPPED, BAD);
}

TEST_F(causes, no_access)
{
	ASSERT_EQ(0, mprotect(self->addr + BAD * PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(-EFAULT, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_NO_ACCESS, BAD);
	EXPECT_EQ(-EFAULT, pin_all(self, 0));
	EXPECT_CAUSE(DMAMEM_CAUSE_NO_ACCESS, BAD);
}

TEST_F(causes, read_only)
{
	ASSERT_EQ(0, mprotect(self->addr + BAD * PAGE, PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_READ_ONLY, BAD);
}

TEST_F(causes, device_memory)
{
	char path[128], bdf[FUNCTION_NAME];
	int fd;

	if (function_find(FUNCTION_EDU, bdf))
		SKIP(return, "no edu device");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", bdf);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_NE(MAP_FAILED,
		  mmap(self->addr + BAD * PAGE, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, fd, 0));
	EXPECT_EQ(-EFAULT, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_DEVICE_MEMORY, BAD);
}

TEST_F(causes, secret_memory)
{
	int fd = syscall(SYS_memfd_secret, 0);

	if (fd < 0)
		SKIP(return, "no memfd_secret()");
	ASSERT_EQ(0, ftruncate(fd, PAGE));
	ASSERT_NE(MAP_FAILED,
		  mmap(self->addr + BAD * PAGE, PAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_FIXED, fd, 0));
	EXPECT_EQ(-EFAULT, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_UNMAPPED, BAD);
}

/* A new file of a page in a file system that @make makes on @disk; -1 for none */
static int open_disk_file(const char *disk, const char *make, const char *type,
			  const char *options)
{
	int fd;

	mkdir("/tmp/disk", 0700);
	if (access(disk, F_OK) || system(make))
		return -1;
	if (mount(disk, "/tmp/disk", type, 0, options))
		return -1;
	fd = open("/tmp/disk/file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
		  0600);
	umount2("/tmp/disk", MNT_DETACH);
	if (fd >= 0 && ftruncate(fd, PAGE)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A file that is written back: on every kernel, though 6.1 would take it */
TEST_F(causes, shared_file)
{
	char *file = self->addr + BAD * PAGE;
	int fd = open_disk_file("/dev/ram0", "mkdosfs /dev/ram0 >/dev/null",
				"vfat", NULL);

	if (fd < 0)
		SKIP(return, "no RAM disk");
	ASSERT_NE(MAP_FAILED, mmap(file, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, fd, 0));
	EXPECT_EQ(-EOPNOTSUPP, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_FILE, BAD);
	file[0] = 1;
	EXPECT_EQ(-EOPNOTSUPP, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_FILE, BAD);

	/* For reading, and private, it is memory like any other */
	EXPECT_EQ(0, pin_all(self, 0));
	EXPECT_EQ(0, uapi_unpin(self->fd, self->pin.region));
	ASSERT_NE(MAP_FAILED, mmap(file, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_FIXED, fd, 0));
	EXPECT_EQ(0, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_EQ(0, uapi_unpin(self->fd, self->pin.region));
	munmap(file, PAGE);
	close(fd);
}

/* A file whose pages are the disk */
TEST_F(causes, dax_file)
{
	char *file = self->addr + BAD * PAGE;
	int fd = open_disk_file("/dev/pmem0",
				"mke2fs -b 4096 /dev/pmem0 >/dev/null", "ext4",
				"dax=always");

	if (fd < 0)
		SKIP(return, "no persistent memory");
	ASSERT_NE(MAP_FAILED, mmap(file, PAGE, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_FIXED, fd, 0));
	file[0] = 1;
	EXPECT_EQ(-EOPNOTSUPP, pin_all(self, DMAMEM_PIN_WRITE));
	EXPECT_CAUSE(DMAMEM_CAUSE_DAX, BAD);
	EXPECT_EQ(-EOPNOTSUPP, pin_all(self, 0));
	EXPECT_CAUSE(DMAMEM_CAUSE_DAX, BAD);
	munmap(file, PAGE);
	close(fd);
}

static void expect_range(struct __test_metadata *_metadata, int fd,
			 uint64_t addr, uint64_t length, int error,
			 uint32_t cause)
{
	struct dmamem_pin pin;

	EXPECT_EQ(error, uapi_pin(fd, (void *)(uintptr_t)addr, length,
				  DMAMEM_PIN_WRITE, &pin));
	EXPECT_EQ(cause, pin.cause);
	EXPECT_EQ(addr, pin.bad_addr);
	EXPECT_EQ(0, pin.pages_done);
}

TEST_F(causes, range)
{
	uint64_t addr = (uintptr_t)self->addr;
	struct dmamem_info info;

	ASSERT_EQ(0, uapi_info(self->fd, &info));
#define EXPECT_RANGE(...) expect_range(_metadata, self->fd, __VA_ARGS__)
	EXPECT_RANGE(addr + 1, PAGE, -EINVAL, DMAMEM_CAUSE_ALIGNMENT);
	EXPECT_RANGE(addr, PAGE + 1, -EINVAL, DMAMEM_CAUSE_ALIGNMENT);
	EXPECT_RANGE(addr, 0, -EINVAL, DMAMEM_CAUSE_EMPTY);
	EXPECT_RANGE(-PAGE, 2 * PAGE, -EINVAL, DMAMEM_CAUSE_WRAP);
	EXPECT_RANGE(PAGE, -PAGE, -EFBIG, DMAMEM_CAUSE_TOO_LONG);
	EXPECT_RANGE(addr, info.max_length + PAGE, -EFBIG,
		     DMAMEM_CAUSE_TOO_LONG);
	/* The kernel's half, and the hole in the middle */
	EXPECT_RANGE(-PAGE, PAGE, -EFAULT, DMAMEM_CAUSE_UNMAPPED);
	EXPECT_RANGE(UINT64_C(1) << 63, PAGE, -EFAULT, DMAMEM_CAUSE_UNMAPPED);
	EXPECT_RANGE(0, PAGE, -EFAULT, DMAMEM_CAUSE_UNMAPPED);
}

TEST_F(causes, unknown_flag)
{
	EXPECT_EQ(-EINVAL, pin_all(self, 2));
	EXPECT_EQ(-EINVAL, pin_all(self, 1U << 31));
}

TEST_F(causes, privilege)
{
	struct dmamem_extent extent;
	uint32_t count = 1;

	ASSERT_EQ(0, pin_all(self, 0));
	ASSERT_EQ(0, privilege_drop(CAP_SYS_RAWIO));
	/* Not even what was pinned with the privilege */
	EXPECT_EQ(-EPERM, uapi_extents(self->fd, self->pin.region, 0, &extent,
				       &count));
	EXPECT_EQ(0, uapi_unpin(self->fd, self->pin.region));
	EXPECT_EQ(-EPERM, pin_all(self, 0));
	EXPECT_CAUSE(DMAMEM_CAUSE_PRIVILEGE, 0);
}

TEST_HARNESS_MAIN
