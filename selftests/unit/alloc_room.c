// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How much memory there is to take, in trees that look like /proc and /sys.
 */
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include <dmamem/alloc.h>

#include "libdmamem/alloc_room.h"
#include "selftests/lib/fake_tree.h"

#define KIB(n) (UINT64_C(n) << 10)
#define NODE "sys/devices/system/node/node"
#define V1 "sys/fs/cgroup/memory/"
#define V2 "sys/fs/cgroup/"
#define NAMESPACE "cgroup:[4026531835]"

FIXTURE(room)
{
	char root[FAKE_TREE_ROOT];
};

/* Two nodes, and a process in no cgroup */
FIXTURE_SETUP(room)
{
	ASSERT_EQ(0, fake_tree_create(self->root));
	ASSERT_EQ(0, fake_tree_file("proc/meminfo", "MemTotal:  9000 kB\n"
				    "MemFree:   6000 kB\n"));
	ASSERT_EQ(0, fake_tree_file("proc/thread-self/status", "Name:\tx\n"
				    "Mems_allowed:\t3\n"
				    "Mems_allowed_list:\t0-1\n"));
	ASSERT_EQ(0, fake_tree_file(NODE "0/meminfo",
				    "Node 0 MemTotal:  5000 kB\n"
				    "Node 0 MemFree:   4000 kB\n"));
	ASSERT_EQ(0, fake_tree_file(NODE "1/meminfo",
				    "Node 1 MemFree:   2000 kB\n"));
	ASSERT_EQ(0, fake_tree_file("proc/self/cgroup", "0::/\n"));
	ASSERT_EQ(0, fake_tree_link("proc/self/ns/cgroup", NAMESPACE));
}

FIXTURE_TEARDOWN(room)
{
	ASSERT_EQ(0, fake_tree_remove(self->root));
}

static uint64_t room(FIXTURE_DATA(room) *self)
{
	return dmamem_room(self->root, DMAMEM_ANY_NODE);
}

TEST_F(room, of_a_node)
{
	EXPECT_EQ(KIB(4000), dmamem_room(self->root, 0));
	EXPECT_EQ(KIB(2000), dmamem_room(self->root, 1));
	EXPECT_EQ(0, dmamem_room(self->root, 2));
	EXPECT_EQ(KIB(6000), room(self));
}

TEST_F(room, of_the_nodes_that_a_cpuset_has)
{
	ASSERT_EQ(0, fake_tree_file("proc/thread-self/status",
				    "Mems_allowed_list:\t1,7\n"));
	EXPECT_EQ(KIB(2000), room(self));
}

TEST_F(room, of_a_thread_that_binds_its_memory)
{
	unsigned long mask = 1;

	if (syscall(SYS_set_mempolicy, MPOL_BIND, &mask, 8 * sizeof(mask)))
		SKIP(return, "this kernel does not bind memory");
	EXPECT_EQ(0, room(self));
	EXPECT_EQ(KIB(2000), dmamem_room(self->root, 1));
	EXPECT_EQ(0, syscall(SYS_set_mempolicy, MPOL_DEFAULT, NULL, 0));
	EXPECT_EQ(KIB(6000), room(self));
}

TEST_F(room, in_a_cgroup_and_those_above)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/cgroup", "0::/a/b\n"));
	/* It is said to be there, and is not */
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, fake_tree_file(V2 "a/b/cgroup.procs", ""));
	ASSERT_EQ(0, fake_tree_file(V2 "a/cgroup.procs", ""));
	EXPECT_EQ(KIB(6000), room(self));
	ASSERT_EQ(0, fake_tree_file(V2 "a/b/memory.max", "max\n"));
	ASSERT_EQ(0, fake_tree_file(V2 "a/b/memory.current", "4096\n"));
	EXPECT_EQ(KIB(6000), room(self));
	ASSERT_EQ(0, fake_tree_file(V2 "a/memory.max", "1048576\n"));
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, fake_tree_file(V2 "a/memory.current", "4096\n"));
	EXPECT_EQ(KIB(1020), room(self));
	EXPECT_EQ(KIB(1020), dmamem_room(self->root, 0));
	ASSERT_EQ(0, fake_tree_file(V2 "a/b/memory.max", "8192\n"));
	EXPECT_EQ(KIB(4), room(self));
	ASSERT_EQ(0, fake_tree_file(V2 "a/memory.current", "2097152\n"));
	EXPECT_EQ(0, room(self));
}

TEST_F(room, in_a_cgroup_of_version_1)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/cgroup", "9:name=systemd:/x\n"
				    "4:cpu,memory:/a\n0::/y\n"));
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, fake_tree_file(V1 "a/cgroup.procs", ""));
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, fake_tree_file(V1 "a/memory.limit_in_bytes", "65536\n"));
	ASSERT_EQ(0, fake_tree_file(V1 "a/memory.usage_in_bytes", "4096\n"));
	EXPECT_EQ(KIB(60), room(self));
	ASSERT_EQ(0, fake_tree_file(V1 "a/memory.limit_in_bytes",
				    "9223372036854771712\n"));
	EXPECT_EQ(KIB(6000), room(self));
}

/* Above its root there may be limits that are not shown */
TEST_F(room, in_a_namespace)
{
	ASSERT_EQ(0, unlink("proc/self/ns/cgroup"));
	ASSERT_EQ(0, fake_tree_link("proc/self/ns/cgroup",
				    "cgroup:[4026532000]"));
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, unlink("proc/self/ns/cgroup"));
	EXPECT_EQ(0, room(self));
}

TEST_F(room, of_a_kernel_without_any_of_it)
{
	ASSERT_EQ(0, fake_tree_remove(self->root));
	ASSERT_EQ(0, fake_tree_create(self->root));
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, fake_tree_file("proc/meminfo", "MemFree: 6000 kB\n"));
	EXPECT_EQ(0, room(self));
	ASSERT_EQ(0, fake_tree_file("proc/thread-self/status", "Name:\tx\n"));
	EXPECT_EQ(KIB(6000), room(self));
	EXPECT_EQ(KIB(6000), dmamem_room(self->root, 0));
	EXPECT_EQ(0, dmamem_room(self->root, 1));
}

TEST_HARNESS_MAIN
