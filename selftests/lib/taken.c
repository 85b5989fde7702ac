// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <sched.h>
#include <sys/mman.h>

#include "selftests/lib/taken.h"
#include "tools/memory/pages.h"

#define PATTERN UINT64_C(0xa5c3f00d5eed1234)
#define AT_ONCE 512

int taken_prepare(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int taken_fill(struct taken *taken)
{
	long free_kb = pages_count("/proc/meminfo", "MemFree:");
	size_t i;

	taken->length = (size_t)free_kb * 3 / 4 * 1024 / PAGE * PAGE;
	taken->memory = mmap(NULL, taken->length, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			     0);
	if (taken->memory == MAP_FAILED)
		return -ENOMEM;
	/* Huge pages would come from anywhere but where single ones were freed */
	madvise(taken->memory, taken->length, MADV_NOHUGEPAGE);
	for (i = 0; i < taken->length / sizeof(*taken->memory); i++)
		taken->memory[i] = PATTERN ^ i;
	return 0;
}

static size_t count_equal(const uint64_t *a, size_t nr_a, const uint64_t *b,
			  size_t nr_b)
{
	size_t i, j, equal = 0;

	for (i = 0; i < nr_a; i++)
		for (j = 0; j < nr_b; j++)
			equal += a[i] == b[j];
	return equal;
}

size_t taken_count(const struct taken *taken, const uint64_t *phys, size_t nr)
{
	const size_t pages = taken->length / PAGE;
	uint64_t some[AT_ONCE];
	size_t page, count = 0, chunk;

	for (page = 0; page < pages; page += chunk) {
		chunk = pages - page < AT_ONCE ? pages - page : AT_ONCE;
		pages_phys_of((char *)taken->memory + page * PAGE, chunk, some);
		count += count_equal(some, chunk, phys, nr);
	}
	return count;
}

size_t taken_changed(const struct taken *taken)
{
	size_t i, changed = 0;

	for (i = 0; i < taken->length / sizeof(*taken->memory); i++)
		changed += taken->memory[i] != (PATTERN ^ i);
	return changed;
}

void taken_free(struct taken *taken)
{
	munmap(taken->memory, taken->length);
}
