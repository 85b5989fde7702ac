// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a map's address space costs where the kernel counts all memory that is
 * promised (vm.overcommit_memory=2), and in a core dump. Both are settings of
 * the whole machine.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "libdmamem/map_private.h"
#include "tools/memory/pages.h"

#define MODE "/proc/sys/vm/overcommit_memory"
#define LIMIT "/proc/sys/vm/overcommit_kbytes"
#define RESERVE "/proc/sys/vm/user_reserve_kbytes"
#define PATTERN "/proc/sys/kernel/core_pattern"
#define CORE "/tmp/map_commit.core"
#define MIB_KB 1024
#define BASE UINT64_C(0x100000000000)
#define TIB (UINT64_C(1) << 40)

static int create(struct dmamem_map **map)
{
	return dmamem_map_create(DMAMEM_MAP_LINEAR, 0x123, map);
}

static long committed(void)
{
	return pages_count("/proc/meminfo", "Committed_AS:");
}

FIXTURE(commit) {
	struct dmamem_map *map;
	struct dmamem_map *other;
};

FIXTURE_SETUP(commit)
{
	ASSERT_EQ(0, pages_write(RESERVE, "0"));
	ASSERT_EQ(0, pages_write(MODE, "2"));
}

FIXTURE_TEARDOWN(commit)
{
	EXPECT_EQ(0, pages_write(MODE, "0"));
	dmamem_map_free(self->map);
	dmamem_map_free(self->other);
}

static int limit_commit(long more)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", committed() + more);
	return pages_write(LIMIT, text);
}

TEST_F(commit, counts_what_is_in_use)
{
	long before = committed(), created, set;

	ASSERT_EQ(0, create(&self->map));
	created = committed();
	EXPECT_GT(4 * MIB_KB, created - before);
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK_SIZE, 0));
	set = committed();
	EXPECT_GT(6 * MIB_KB, set - created);
	EXPECT_LT(4 * MIB_KB, set - created);
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + TIB / 2 - CHUNK_SIZE,
				    CHUNK_SIZE, 0));
	EXPECT_GT(MIB_KB, committed() - set);
}

TEST_F(commit, nothing_changes_where_nothing_is_left)
{
	ASSERT_EQ(0, create(&self->map));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK_SIZE, GIB_SIZE));
	ASSERT_EQ(0, limit_commit(MIB_KB));

	EXPECT_EQ(-ENOMEM, create(&self->other));
	EXPECT_EQ(NULL, self->other);
	EXPECT_EQ(-ENOMEM, dmamem_map_set(self->map, BASE + TIB, CHUNK_SIZE,
					  0));
	EXPECT_EQ(-ENOMEM, dmamem_map_set(self->map, BASE, PAGE_BYTES, 0));
	EXPECT_EQ(GIB_SIZE, dmamem_map_translate(self->map, BASE, NULL));
	EXPECT_EQ(0, dmamem_map_set(self->map, BASE + CHUNK_SIZE, CHUNK_SIZE,
				    0));

	ASSERT_EQ(0, pages_write(LIMIT, "0"));
	ASSERT_EQ(0, pages_write(MODE, "0"));
	EXPECT_EQ(0, dmamem_map_set(self->map, BASE + TIB, CHUNK_SIZE, 0));
	EXPECT_EQ(0, dmamem_map_set(self->map, BASE, PAGE_BYTES, 0));
}

/* Tables of 6 MiB: the root's, and one for every other of 2048 GiB */
static void die_with_map(void)
{
	const struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct dmamem_map *map;

	if (setrlimit(RLIMIT_CORE, &limit) || create(&map))
		_exit(1);
	for (uint64_t i = 0; i < 2 * TIB; i += 2 * GIB_SIZE)
		if (dmamem_map_set(map, BASE + i, CHUNK_SIZE, 0))
			_exit(2);
	for (uint64_t i = 0; i < NR_GIBS; i += 512)
		if (!map->root[i] &&
		    dmamem_map_set(map, i * GIB_SIZE, GIB_SIZE, 0))
			_exit(3);
	if (pages_count("/proc/self/status", "VmRSS:") < 6 * MIB_KB)
		_exit(4);
	abort();
}

TEST(core_dump)
{
	struct stat core;
	int status;
	pid_t pid;

	if (access(PATTERN, F_OK))
		SKIP(return, "this kernel dumps no cores");
	ASSERT_EQ(0, pages_write(PATTERN, CORE));
	ASSERT_EQ(0, pages_write("/proc/sys/kernel/core_uses_pid", "0"));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		die_with_map();
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status)) {
		TH_LOG("exit status %d", WEXITSTATUS(status));
	}
	ASSERT_TRUE(WCOREDUMP(status));
	ASSERT_EQ(0, stat(CORE, &core));
	TH_LOG("%ld KiB", (long)core.st_blocks / 2);
	EXPECT_GT(3 * MIB_KB * 2, core.st_blocks);
	EXPECT_LT(0, core.st_blocks);
	EXPECT_EQ(0, unlink(CORE));
}

TEST_HARNESS_MAIN
