// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/memory/kinds.h"
#include "tools/memory/pages.h"

/* As <linux/mman.h> and <linux/memfd.h> have them, for both */
#define SIZE_2M (21 << 26)
#define SIZE_1G (30 << 26)

static void *map(size_t length, int prot, int flags, int fd)
{
	void *addr = pages_find_space(length);

	if (addr)
		addr = mmap(addr, length, prot, flags | MAP_FIXED, fd, 0);
	if (fd >= 0)
		close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

static int sized(int fd, size_t length)
{
	if (fd >= 0 && ftruncate(fd, (off_t)length)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int memfd(size_t length)
{
	return sized(memfd_create("kind", MFD_CLOEXEC), length);
}

static int unlinked_file(const char *folder, size_t length)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/dmamem-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return sized(fd, length);
}

static void *map_anon(size_t length, int prot)
{
	void *addr = map(length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (addr)
		madvise(addr, length, MADV_NOHUGEPAGE);
	return addr;
}

static void *map_thp(size_t length, int prot)
{
	void *addr = pages_map_thp(length);

	if (addr)
		mprotect(addr, length, prot);
	return addr;
}

static void *map_shared_anon(size_t length, int prot)
{
	return map(length, prot, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static void *map_memfd(size_t length, int prot)
{
	int fd = memfd(length);

	return fd < 0 ? NULL : map(length, prot, MAP_SHARED, fd);
}

static void *map_memfd_private(size_t length, int prot)
{
	int fd = memfd(length);

	return fd < 0 ? NULL : map(length, prot, MAP_PRIVATE, fd);
}

static void *map_shmem(size_t length, int prot)
{
	int fd = unlinked_file("/dev/shm", length);

	return fd < 0 ? NULL : map(length, prot, MAP_SHARED, fd);
}

/* On the root file system, whatever that is */
static void *map_file_private(size_t length, int prot)
{
	int fd = unlinked_file("/", length);

	return fd < 0 ? NULL : map(length, prot, MAP_PRIVATE, fd);
}

/* The kernel aligns them by itself */
static void *map_hugetlb(size_t length, int prot, int flags)
{
	void *addr = mmap(NULL, length, prot,
			  flags | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	return addr == MAP_FAILED ? NULL : addr;
}

static void *map_hugetlb_shared(size_t length, int prot)
{
	return map_hugetlb(length, prot, MAP_SHARED | SIZE_2M);
}

static void *map_hugetlb_private(size_t length, int prot)
{
	return map_hugetlb(length, prot, MAP_PRIVATE | SIZE_2M);
}

static void *map_gigantic_shared(size_t length, int prot)
{
	return map_hugetlb(length, prot, MAP_SHARED | SIZE_1G);
}

static void *map_gigantic_private(size_t length, int prot)
{
	return map_hugetlb(length, prot, MAP_PRIVATE | SIZE_1G);
}

/* Of a file that has the pages, which are the mapping's until it writes */
static void *map_hugetlb_file(size_t length, int prot, unsigned int size)
{
	int fd = sized(memfd_create("kind", MFD_CLOEXEC | MFD_HUGETLB | size),
		       length);
	void *addr = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (!fallocate(fd, 0, 0, (off_t)length))
		addr = mmap(NULL, length, prot, MAP_PRIVATE, fd, 0);
	close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

static void *map_hugetlb_copy(size_t length, int prot)
{
	return map_hugetlb_file(length, prot, SIZE_2M);
}

static void *map_gigantic_copy(size_t length, int prot)
{
	return map_hugetlb_file(length, prot, SIZE_1G);
}

const struct kind kinds[] = {
	{ "anonymous", false, PAGE, map_anon },
	{ "THP", false, HUGE, map_thp },
	{ "shared anonymous", true, PAGE, map_shared_anon },
	{ "memfd", true, PAGE, map_memfd },
	{ "private memfd", false, PAGE, map_memfd_private },
	{ "shmem", true, PAGE, map_shmem },
	{ "private file", false, PAGE, map_file_private },
	{ "shared hugetlb", true, HUGE, map_hugetlb_shared },
	{ "private hugetlb", false, HUGE, map_hugetlb_private },
	{ "private hugetlb file", false, HUGE, map_hugetlb_copy },
	{ "shared hugetlb 1G", true, GIGANTIC, map_gigantic_shared },
	{ "private hugetlb 1G", false, GIGANTIC, map_gigantic_private },
	{ "private hugetlb 1G file", false, GIGANTIC, map_gigantic_copy },
};

const unsigned int nr_kinds = sizeof(kinds) / sizeof(*kinds);

size_t kind_length(const struct kind *kind)
{
	return kind->unit < HUGE ? HUGE : kind->unit;
}
