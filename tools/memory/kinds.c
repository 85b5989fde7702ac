// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/memory/kinds.h"
#include "tools/memory/pages.h"

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

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

static void *map_hugetlb(size_t length, int prot, int flags)
{
	return map(length, prot,
		   flags | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB, -1);
}

static void *map_hugetlb_shared(size_t length, int prot)
{
	return map_hugetlb(length, prot, MAP_SHARED);
}

static void *map_hugetlb_private(size_t length, int prot)
{
	return map_hugetlb(length, prot, MAP_PRIVATE);
}

const struct kind kinds[] = {
	{ "anonymous", false, map_anon },
	{ "THP", false, map_thp },
	{ "shared anonymous", true, map_shared_anon },
	{ "memfd", true, map_memfd },
	{ "private memfd", false, map_memfd_private },
	{ "shmem", true, map_shmem },
	{ "private file", false, map_file_private },
	{ "shared hugetlb", true, map_hugetlb_shared },
	{ "private hugetlb", false, map_hugetlb_private },
};

const unsigned int nr_kinds = sizeof(kinds) / sizeof(*kinds);
