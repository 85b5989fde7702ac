// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A map reserves much more address space than it uses memory: what limits on
 * either make of it. Those of the whole machine are in guest/map_commit.c.
 */
#include <errno.h>
#include <kselftest_harness.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/privilege.h"
#include "tools/memory/pages.h"

#define MIB (UINT64_C(1) << 20)
#define BASE UINT64_C(0x1240000000)
#define DEFAULT 0x123

/* Sanitizers make mlockall() do nothing */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LOCKS false
#else
#define LOCKS true
#endif

FIXTURE(limits) {
	struct dmamem_map *map;
};

FIXTURE_SETUP(limits)
{
}

FIXTURE_TEARDOWN(limits)
{
	dmamem_map_free(self->map);
}

static int create(struct dmamem_map **map)
{
	return dmamem_map_create(DMAMEM_MAP_LINEAR, DEFAULT, map);
}

static int limit(int resource, uint64_t bytes)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return -errno;
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	return setrlimit(resource, &limit) ? -errno : 0;
}

/* Allow so much more address space than is in use */
static int limit_space(uint64_t more)
{
	long used = pages_count("/proc/self/status", "VmSize:");

	return used < 0 ? -EIO : limit(RLIMIT_AS, (uint64_t)used * 1024 + more);
}

TEST_F(limits, no_address_space_for_a_map)
{
	ASSERT_EQ(0, limit_space(GIB_SIZE));
	EXPECT_EQ(-ENOMEM, create(&self->map));
	EXPECT_EQ(NULL, self->map);
	ASSERT_EQ(0, limit_space(2 * sizeof(*self->map)));
	EXPECT_EQ(0, create(&self->map));
}

/* Tables are in what was reserved; leaves are not */
TEST_F(limits, no_address_space_for_leaves)
{
	uint64_t page = BASE + 512 * GIB_SIZE;

	ASSERT_EQ(0, create(&self->map));
	ASSERT_EQ(0, limit_space(MIB));
	EXPECT_EQ(0, dmamem_map_set(self->map, BASE, 3 * CHUNK_SIZE, 0));
	EXPECT_EQ(-ENOMEM, dmamem_map_set(self->map, page, PAGE_BYTES, 0));
	EXPECT_EQ(-ENOMEM, dmamem_map_reserve(self->map, page, PAGE_BYTES));
	EXPECT_EQ(DEFAULT, dmamem_map_translate(self->map, page, NULL));
	EXPECT_EQ(5, dmamem_map_translate(self->map, BASE + 5, NULL));

	ASSERT_EQ(0, limit(RLIMIT_AS, RLIM_INFINITY));
	ASSERT_EQ(0, dmamem_map_reserve(self->map, page, PAGE_BYTES));
	ASSERT_EQ(0, limit_space(0));
	EXPECT_EQ(0, dmamem_map_set(self->map, page, PAGE_BYTES, 0));
	EXPECT_EQ(0, dmamem_map_translate(self->map, page, NULL));
}

/* A process that locks all it maps gets a map, too */
TEST_F(limits, locked_memory)
{
	if (!LOCKS)
		SKIP(return, "sanitizers do not lock memory");
	if (mlockall(MCL_FUTURE))
		SKIP(return, "mlockall() is not permitted");
	ASSERT_EQ(0, create(&self->map));
	EXPECT_EQ(0, dmamem_map_set(self->map, BASE, PAGE_BYTES, 0));
	EXPECT_EQ(0, dmamem_map_translate(self->map, BASE, NULL));
	/* What is reserved is locked, but takes no memory */
	EXPECT_LT(pages_count("/proc/self/status", "VmRSS:"), 64 * 1024);
	EXPECT_GT(pages_count("/proc/self/status", "VmLck:"), 1024 * 1024);
}

TEST_F(limits, may_not_lock_as_much)
{
	if (!LOCKS)
		SKIP(return, "sanitizers do not lock memory");
	ASSERT_EQ(0, limit(RLIMIT_MEMLOCK, 8 * MIB));
	ASSERT_EQ(0, privilege_drop(CAP_IPC_LOCK));
	if (mlockall(MCL_FUTURE))
		SKIP(return, "mlockall() is not permitted");
	EXPECT_EQ(-ENOMEM, create(&self->map));
	EXPECT_EQ(NULL, self->map);
	ASSERT_EQ(0, munlockall());
	EXPECT_EQ(0, create(&self->map));
}

/* How many of the mappings of a map are in core dumps? */
static int nr_dumped(const struct dmamem_map *map, int *nr)
{
	uintptr_t start, end, addr = (uintptr_t)map;
	FILE *file = fopen("/proc/self/smaps", "r");
	bool ours = false;
	char line[4096];
	int nr_dumped = 0;

	*nr = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			ours = start < addr + sizeof(*map) && end > addr;
		if (!ours || strncmp(line, "VmFlags:", 8))
			continue;
		++*nr;
		nr_dumped += !strstr(line, " dd");
	}
	if (file)
		fclose(file);
	return nr_dumped;
}

TEST_F(limits, not_in_core_dumps)
{
	int nr;

	ASSERT_EQ(0, create(&self->map));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK_SIZE, 0));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + CHUNK_SIZE, PAGE_BYTES,
				    0));
	EXPECT_EQ(0, nr_dumped(self->map, &nr));
	/* Those in use, and the reservation around them */
	EXPECT_LE(4, nr);
}

TEST_HARNESS_MAIN
