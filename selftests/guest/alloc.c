// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Allocation with a kernel behind it: in what shape memory is before it is
 * pinned, and what of it goes back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"

#include <dmamem/alloc.h>
#include <dmamem/memory.h>

#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define THP "/sys/kernel/mm/transparent_hugepage/enabled"
#define POOL_1G "/sys/kernel/mm/hugepages/hugepages-1048576kB/"
#define MIB(n) ((size_t)(n) << 20)
#define NR_POOL 64
#define GIB(n) ((size_t)(n) << 30)

FIXTURE(alloc)
{
	struct dmamem_context *ctx;
	long pinned;
};

FIXTURE_SETUP(alloc)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.node = "/dev/dmamem",
	};

	self->pinned = pages_pinned();
	if (dmamem_open(&options, &self->ctx))
		SKIP_SETUP("no /dev/dmamem");
	ASSERT_EQ(0, pages_write("/proc/sys/vm/nr_hugepages", "0"));
}

FIXTURE_TEARDOWN(alloc)
{
	EXPECT_EQ(0, dmamem_close(self->ctx));
	EXPECT_EQ(self->pinned, pages_pinned());
	pages_write(THP, "madvise");
}

static int get(FIXTURE_DATA(alloc) *self, size_t size, uint64_t flags,
	       void **addr, struct dmamem_histogram *histogram)
{
	int ret;

	ret = dmamem_alloc(self->ctx, size, flags, DMAMEM_ANY_NODE, addr);
	return ret ? ret : dmamem_get_histogram(self->ctx, *addr, histogram);
}

/* MADV_HUGEPAGE would do nothing here: MADV_COLLAPSE does */
TEST_F(alloc, huge_pages_where_they_are_switched_off)
{
	struct dmamem_histogram histogram;
	void *addr;

	ASSERT_EQ(0, pages_write(THP, "never"));
	ASSERT_EQ(0, get(self, MIB(64), 0, &addr, &histogram));
	EXPECT_GE(32, histogram.nr_runs);
	for (size_t i = 0; i < 9; i++)
		EXPECT_EQ(0, histogram.runs[i]);
	EXPECT_LE(HUGE, histogram.longest);
}

TEST_F(alloc, huge_pages_by_advice)
{
	struct dmamem_histogram histogram;
	void *addr;

	ASSERT_EQ(0, pages_write(THP, "madvise"));
	ASSERT_EQ(0, get(self, MIB(64), 0, &addr, &histogram));
	EXPECT_GE(32, histogram.nr_runs);
}

TEST_F(alloc, shared_memory_is_shaped_too)
{
	struct dmamem_histogram histogram;
	void *addr;

	ASSERT_EQ(0, get(self, MIB(16), DMAMEM_ALLOC_SHARED, &addr,
			 &histogram));
	EXPECT_GE(8, histogram.nr_runs);
}

TEST_F(alloc, contiguous_within_one_huge_page)
{
	struct dmamem_histogram histogram;
	void *addrs[8];

	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++) {
		ASSERT_EQ(0, get(self, (i + 1) * 64 * 1024,
				 DMAMEM_ALLOC_CONTIGUOUS, &addrs[i],
				 &histogram));
		EXPECT_EQ(1, histogram.nr_runs);
		EXPECT_EQ((i + 1) * 64 * 1024, histogram.longest);
	}
	for (size_t i = 0; i < ARRAY_SIZE(addrs); i++)
		EXPECT_EQ(0, dmamem_free(self->ctx, addrs[i]));
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Of the huge pages in the pool, how many follow each other at most? */
static size_t longest_run_of_pool(size_t nr)
{
	uint64_t phys[NR_POOL];
	size_t run = 1, longest = 0;
	char *mem;

	mem = mmap(NULL, nr * HUGE, PROT_READ | PROT_WRITE, MAP_SHARED |
		   MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED)
		return 0;
	for (size_t i = 0; i < nr; i++)
		phys[i] = pages_phys(mem + i * HUGE);
	munmap(mem, nr * HUGE);
	qsort(phys, nr, sizeof(phys[0]), compare);
	for (size_t i = 1; i < nr; i++) {
		run = phys[i] == phys[i - 1] + HUGE ? run + 1 : 1;
		if (run > longest)
			longest = run;
	}
	return longest;
}

/* Pages of 2 MiB come from a pool in no order */
TEST_F_TIMEOUT(alloc, contiguous_out_of_many_huge_pages, 120)
{
	struct dmamem_histogram histogram;
	unsigned char *mem;
	void *addr, *other;

	ASSERT_EQ(0, pages_reserve_hugetlb(NR_POOL));
	if (longest_run_of_pool(NR_POOL) < 16)
		SKIP(return, "memory is in pieces");
	/* So that those that are left are not in order, either */
	ASSERT_EQ(0, get(self, HUGE, DMAMEM_ALLOC_HUGE_2M, &other, &histogram));
	ASSERT_EQ(0, get(self, MIB(16), DMAMEM_ALLOC_HUGE_2M |
					DMAMEM_ALLOC_CONTIGUOUS, &addr,
			 &histogram));
	EXPECT_EQ(1, histogram.nr_runs);
	EXPECT_EQ(MIB(16), histogram.longest);
	mem = addr;
	for (size_t i = 0; i < MIB(16); i += PAGE)
		ASSERT_EQ(0, mem[i]);
	for (size_t i = 0; i < MIB(16); i += HUGE)
		ASSERT_EQ(pages_phys(mem) + i, pages_phys(mem + i));
	EXPECT_EQ(0, dmamem_free(self->ctx, addr));
	EXPECT_EQ(0, dmamem_free(self->ctx, other));
	EXPECT_EQ(NR_POOL, pages_count("/proc/meminfo", "HugePages_Free:"));
}

/* On a machine that has memory enough, after the kernel has tidied up */
TEST_F_TIMEOUT(alloc, contiguous_out_of_ordinary_memory, 120)
{
	struct dmamem_histogram histogram;
	void *addr;

	if (pages_count("/proc/meminfo", "MemFree:") < (1 << 20))
		SKIP(return, "less than 1 GiB is free");
	ASSERT_EQ(0, pages_write("/proc/sys/vm/compact_memory", "1"));
	for (size_t size = MIB(4); size <= MIB(16); size *= 2) {
		ASSERT_EQ(0, get(self, size - PAGE, DMAMEM_ALLOC_CONTIGUOUS,
				 &addr, &histogram));
		EXPECT_EQ(1, histogram.nr_runs);
		EXPECT_EQ(size - PAGE, histogram.longest);
		memset(addr, 1, size - PAGE);
		EXPECT_EQ(0, dmamem_free(self->ctx, addr));
	}
}

TEST_F_TIMEOUT(alloc, contiguous_and_too_long, 120)
{
	struct dmamem_histogram histogram;
	char why[512] = "";
	void *addr = NULL;

	if (pages_count(POOL_1G "free_hugepages", "") > 0)
		SKIP(return, "a page of 1 GiB is free");
	EXPECT_EQ(-ENOBUFS, get(self, MIB(512), DMAMEM_ALLOC_CONTIGUOUS, &addr,
				&histogram));
	EXPECT_EQ(NULL, addr);
	dmamem_explain(self->ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "too little memory to choose from"))
		TH_LOG("%s", why);
}

TEST_F_TIMEOUT(alloc, hugetlb_1g, 120)
{
	struct dmamem_histogram histogram;
	unsigned char *mem;
	void *addr;

	if (pages_count(POOL_1G "free_hugepages", "") < 1)
		SKIP(return, "no page of 1 GiB is free");
	ASSERT_EQ(0, get(self, MIB(3), DMAMEM_ALLOC_HUGE_1G, &addr,
			 &histogram));
	EXPECT_EQ(1, histogram.nr_runs);
	EXPECT_EQ(GIB(1), histogram.longest);
	EXPECT_EQ(0, (uintptr_t)addr % GIB(1));
	mem = addr;
	EXPECT_EQ(pages_phys(mem) + GIB(1) - PAGE,
		  dmamem_translate(self->ctx, mem + GIB(1) - PAGE, NULL));
	EXPECT_EQ(0, dmamem_free(self->ctx, addr));

	/* The last resort for what must be one run */
	ASSERT_EQ(0, get(self, MIB(256), DMAMEM_ALLOC_CONTIGUOUS, &addr,
			 &histogram));
	EXPECT_EQ(1, histogram.nr_runs);
}

static int watch(void *arg, size_t done, size_t total)
{
	size_t *last = arg;

	if (done < *last)
		return -1;
	*last = done;
	return done == total / 2;
}

TEST_F(alloc, progress_over_memory_that_was_never_touched)
{
	size_t last = 0, len = MIB(256);
	void *mem;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	EXPECT_EQ(-ECANCELED, dmamem_register_progress(self->ctx, mem, len,
						       watch, &last));
	EXPECT_EQ(len / 2, last);
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_HARNESS_MAIN
