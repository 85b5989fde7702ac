// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_pool.h"
#include "tools/memory/kinds.h"
#include "tools/memory/pages.h"

const struct compare_kind compare_kinds[] = {
	{ "4 KiB", "anonymous", PAGE, false },
	{ "THP", "THP", HUGE, false },
	{ "hugetlb private", "private hugetlb", HUGE, true },
	{ "hugetlb shared", "shared hugetlb", HUGE, true },
	{ "memfd", "memfd", PAGE, false },
};

const unsigned int nr_compare_kinds =
	sizeof(compare_kinds) / sizeof(compare_kinds[0]);

const struct compare_kind *compare_kind_for(const struct compare_mode *mode)
{
	unsigned int i = 0;

	while (mode->hugetlb_only && !compare_kinds[i].hugetlb)
		i++;
	return &compare_kinds[i];
}

static void *map_kind(const char *name, size_t length)
{
	for (unsigned int i = 0; i < nr_kinds; i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].map(length, PROT_READ | PROT_WRITE);
	return NULL;
}

/* The kernel makes huge pages of it when it is touched, if it has them */
static void *map_untouched_thp(size_t length)
{
	void *addr = pages_find_space(length);

	if (!addr || mprotect(addr, length, PROT_READ | PROT_WRITE))
		return NULL;
	madvise(addr, length, MADV_HUGEPAGE);
	return addr;
}

int compare_map(const struct compare *compare, const struct compare_kind *kind,
		size_t length, bool touched, struct iovec *memory, char *why)
{
	void *addr;
	int ret;

	if (kind->hugetlb) {
		ret = compare_reserve(compare, (long)(length / HUGE), why);
		if (ret)
			return ret;
	}
	if (kind->unit == HUGE && !kind->hugetlb && !touched)
		addr = map_untouched_thp(length);
	else
		addr = map_kind(kind->of, length);
	if (!addr) {
		snprintf(why, COMPARE_WHY, "there is no %s memory here",
			 kind->name);
		return -ENOMEM;
	}
	*memory = (struct iovec){ addr, length };
	if (touched)
		compare_touch(memory);
	return 0;
}

void compare_unmap(const struct iovec *memory)
{
	munmap(memory->iov_base, memory->iov_len);
}

void compare_touch(const struct iovec *memory)
{
	volatile char *bytes = memory->iov_base;

	for (size_t i = 0; i < memory->iov_len; i += PAGE)
		bytes[i]++;
}

void compare_look(const struct iovec *memory)
{
	const volatile char *bytes = memory->iov_base;

	for (size_t i = 0; i < memory->iov_len; i += PAGE)
		(void)bytes[i];
}

int compare_reserve(const struct compare *compare, long nr, char *why)
{
	long free = pages_count(COMPARE_POOL "free_hugepages", "");

	if (free < nr && compare->hostile) {
		pages_reserve_hugetlb(nr);
		free = pages_count(COMPARE_POOL "free_hugepages", "");
	}
	if (free >= nr)
		return 0;
	snprintf(why, COMPARE_WHY, "%ld of %ld hugetlb pages are free%s",
		 free < 0 ? 0 : free, nr,
		 compare->hostile ? ", and no more could be had" :
				    ": reserve them, or say --hostile");
	return -ENOMEM;
}
