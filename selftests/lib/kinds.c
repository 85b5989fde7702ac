// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/lib/kinds.h"
#include "selftests/lib/pages.h"

#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB (21 << 26)
#endif

static void *map(int prot, int flags, int fd)
{
	void *addr = mmap(NULL, KIND_BYTES, prot, flags, fd, 0);

	if (fd >= 0)
		close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

static int sized(int fd)
{
	if (fd >= 0 && ftruncate(fd, KIND_BYTES)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int memfd(unsigned int flags)
{
	return sized(memfd_create("kind", flags | MFD_CLOEXEC));
}

static int unlinked_file(const char *folder)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/dmamem-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return sized(fd);
}

static void *map_anon(int prot)
{
	void *addr = map(prot, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (addr)
		madvise(addr, KIND_BYTES, MADV_NOHUGEPAGE);
	return addr;
}

static void *map_thp(int prot)
{
	void *addr = pages_map_thp(KIND_BYTES);

	if (addr)
		mprotect(addr, KIND_BYTES, prot);
	return addr;
}

static void *map_shared_anon(int prot)
{
	return map(prot, MAP_SHARED | MAP_ANONYMOUS, -1);
}

static void *map_memfd(int prot)
{
	int fd = memfd(0);

	return fd < 0 ? NULL : map(prot, MAP_SHARED, fd);
}

static void *map_memfd_private(int prot)
{
	int fd = memfd(0);

	return fd < 0 ? NULL : map(prot, MAP_PRIVATE, fd);
}

static void *map_shmem(int prot)
{
	int fd = unlinked_file("/dev/shm");

	return fd < 0 ? NULL : map(prot, MAP_SHARED, fd);
}

/* On the root file system, whatever that is */
static void *map_file_private(int prot)
{
	int fd = unlinked_file("/");

	return fd < 0 ? NULL : map(prot, MAP_PRIVATE, fd);
}

static void *map_hugetlb(int prot, int flags)
{
	if (pages_count(POOL, "") < 8)
		pages_write(POOL, "8");
	return map(prot, flags | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB,
		   -1);
}

static void *map_hugetlb_shared(int prot)
{
	return map_hugetlb(prot, MAP_SHARED);
}

static void *map_hugetlb_private(int prot)
{
	return map_hugetlb(prot, MAP_PRIVATE);
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
