// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/memory/pages.h"

#define POOL "hugepages-2048kB"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

void *pages_map(size_t length)
{
	void *addr = mmap(NULL, length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (addr == MAP_FAILED)
		return NULL;
	madvise(addr, length, MADV_NOHUGEPAGE);
	memset(addr, 0x5a, length);
	return addr;
}

void pages_touch(void *addr, size_t length)
{
	volatile char *bytes = addr;

	for (size_t i = 0; i < length; i += PAGE)
		bytes[i]++;
}

void *pages_find_space(size_t length)
{
	char *addr = mmap(NULL, length + HUGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before = -(uintptr_t)addr & (HUGE - 1);

	if (addr == MAP_FAILED)
		return NULL;
	if (before)
		munmap(addr, before);
	addr += before;
	munmap(addr + length, HUGE - before);
	return addr;
}

void *pages_map_thp(size_t length)
{
	char *addr = pages_find_space(length);

	if (!addr || mprotect(addr, length, PROT_READ | PROT_WRITE))
		return NULL;
	memset(addr, 0x5a, length);
	if (madvise(addr, length, MADV_COLLAPSE)) {
		munmap(addr, length);
		return NULL;
	}
	return addr;
}

static int reserve(const char *pool, long nr)
{
	char free_file[128], nr_file[128], text[32];
	long free, all;
	int ret;

	snprintf(free_file, sizeof(free_file), "%s/free_hugepages", pool);
	snprintf(nr_file, sizeof(nr_file), "%s/nr_hugepages", pool);
	free = pages_count(free_file, "");
	all = pages_count(nr_file, "");
	if (free < 0 || all < 0)
		return -ENOENT;
	if (free >= nr)
		return 0;
	snprintf(text, sizeof(text), "%ld", all + nr - free);
	ret = pages_write(nr_file, text);
	if (ret)
		return ret;
	return pages_count(free_file, "") >= nr ? 0 : -ENOMEM;
}

int pages_reserve_hugetlb(long nr)
{
	return reserve("/sys/kernel/mm/hugepages/" POOL, nr);
}

int pages_reserve_hugetlb_each(long nr)
{
	glob_t pools;
	int ret = 0;

	if (glob("/sys/devices/system/node/node*/hugepages/" POOL, 0, NULL,
		 &pools))
		return pages_reserve_hugetlb(nr);
	for (size_t i = 0; i < pools.gl_pathc && !ret; i++)
		ret = reserve(pools.gl_pathv[i], nr);
	globfree(&pools);
	return ret;
}

void pages_phys_of(const void *addr, size_t nr, uint64_t *phys)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t got = -1;
	size_t i;

	if (fd >= 0) {
		got = pread(fd, phys, nr * 8, (uintptr_t)addr / PAGE * 8);
		close(fd);
	}
	for (i = 0; i < nr; i++) {
		if ((ssize_t)(i * 8) >= got || !(phys[i] >> 63))
			phys[i] = 0;
		else
			phys[i] = (phys[i] & ((1ULL << 55) - 1)) * PAGE;
	}
}

uint64_t pages_phys(const void *addr)
{
	uint64_t phys;

	pages_phys_of(addr, 1, &phys);
	return phys ? phys + (uintptr_t)addr % PAGE : 0;
}

long pages_count(const char *file, const char *key)
{
	FILE *stream = fopen(file, "re");
	char line[256];
	long value = -1;

	if (!stream)
		return -1;
	while (fgets(line, sizeof(line), stream))
		if (!strncmp(line, key, strlen(key)) &&
		    sscanf(line + strlen(key), "%ld", &value) == 1)
			break;
	fclose(stream);
	return value;
}

int pages_write(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

long pages_pinned(void)
{
	char line[16];
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);

	/* The counts of all processors come together when this is read */
	if (fd >= 0) {
		if (read(fd, line, sizeof(line)) < 0)
			line[0] = 0;
		close(fd);
	}
	return pages_count("/proc/vmstat", "nr_foll_pin_acquired") -
	       pages_count("/proc/vmstat", "nr_foll_pin_released");
}
