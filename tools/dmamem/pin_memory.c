// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory of a kind that is asked for by a word.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/dmamem/pin_memory.h"
#include "tools/memory/kinds.h"
#include "tools/memory/pages.h"
#include "tools/nvme/scatter.h"

#define GIB (512 * HUGE)

#ifndef MAP_HUGE_1GB
#define MAP_HUGE_1GB (30 << 26)
#endif

static void *map_kind(const char *name, uint64_t size)
{
	for (unsigned int i = 0; i < nr_kinds; i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].map(size, PROT_READ | PROT_WRITE);
	errno = ENOENT;
	return NULL;
}

static void *map_small(uint64_t size, const char *path)
{
	(void)path;
	return map_kind("anonymous", size);
}

static void *map_scattered(uint64_t size, const char *path)
{
	(void)path;
	return scatter_alloc(size / PAGE, 1);
}

static void *map_thp(uint64_t size, const char *path)
{
	(void)path;
	return map_kind("THP", size);
}

static void *map_hugetlb_2m(uint64_t size, const char *path)
{
	(void)path;
	return map_kind("private hugetlb", size);
}

static void *map_hugetlb_1g(uint64_t size, const char *path)
{
	void *addr = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			  MAP_HUGE_1GB, -1, 0);

	(void)path;
	return addr == MAP_FAILED ? NULL : addr;
}

static void *map_memfd(uint64_t size, const char *path)
{
	(void)path;
	return map_kind("memfd", size);
}

static void *map_shared(uint64_t size, const char *path)
{
	(void)path;
	return map_kind("shared anonymous", size);
}

/* Private: what a device writes there is not written to the file */
static void *map_file(uint64_t size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *addr;

	if (fd < 0)
		return NULL;
	addr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

const struct pin_kind pin_kinds[] = {
	{ "4k", "ordinary 4 KiB pages", PAGE, map_small },
	{ "scattered", "4 KiB pages that were touched in random order", PAGE,
	  map_scattered },
	{ "thp", "transparent huge pages", HUGE, map_thp },
	{ "hugetlb-2m", "hugetlb pages of 2 MiB", HUGE, map_hugetlb_2m },
	{ "hugetlb-1g", "hugetlb pages of 1 GiB", GIB, map_hugetlb_1g },
	{ "memfd", "a memory file", PAGE, map_memfd },
	{ "shared", "shared anonymous memory", PAGE, map_shared },
	{ "file", "a private mapping of a file", PAGE, map_file },
	{ 0 },
};

const struct pin_kind *pin_kind_find(const char *word)
{
	for (const struct pin_kind *kind = pin_kinds; kind->word; kind++)
		if (!strcmp(kind->word, word))
			return kind;
	return NULL;
}
