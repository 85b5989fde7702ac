// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Reading facts from a tree that looks like /proc, /sys and /dev.
 */
#include <errno.h>
#include <string.h>

#include "kselftest_harness.h"

#include "libdmamem/explain.h"
#include "libdmamem/facts.h"
#include "libdmamem/vfio_group.h"
#include "selftests/lib/fake_tree.h"

#define BDF "0000:00:04.0"
#define DEVICE "sys/bus/pci/devices/" BDF
#define OTHER "sys/bus/pci/devices/0000:00:05.0"

FIXTURE(facts)
{
	char root[FAKE_TREE_ROOT];
	struct dmamem_facts facts;
};

FIXTURE_SETUP(facts)
{
	ASSERT_EQ(0, fake_tree_create(self->root));
	ASSERT_EQ(0, fake_tree_file("proc/self/status",
				    "Name:\tx\nCapEff:\t0000000000220000\n"));
	ASSERT_EQ(0, fake_tree_file(DEVICE "/class", "0x010802\n"));
}

FIXTURE_TEARDOWN(facts)
{
	ASSERT_EQ(0, fake_tree_remove(self->root));
}

TEST_F(facts, an_empty_machine)
{
	ASSERT_EQ(0, dmamem_facts_read(self->root, NULL, &self->facts));
	EXPECT_FALSE(self->facts.node);
	EXPECT_EQ(0, self->facts.hugetlb_size);
	EXPECT_STREQ("", self->facts.device);
}

TEST_F(facts, capabilities)
{
	ASSERT_EQ(0, dmamem_facts_read(self->root, NULL, &self->facts));
	EXPECT_TRUE(dmamem_facts_capable(&self->facts, 17));
	EXPECT_TRUE(dmamem_facts_capable(&self->facts, 21));
	EXPECT_FALSE(dmamem_facts_capable(&self->facts, 14));
}

TEST_F(facts, huge_pages)
{
#define POOL "sys/kernel/mm/hugepages/hugepages-"
	ASSERT_EQ(0, fake_tree_file(POOL "1048576kB/free_hugepages", "1\n"));
	ASSERT_EQ(0, fake_tree_file(POOL "2048kB/free_hugepages", "3\n"));
	ASSERT_EQ(0, fake_tree_file(POOL "64kB/free_hugepages", "0\n"));
	ASSERT_EQ(0, fake_tree_file("proc/meminfo", "Hugepagesize:     2048 kB\n"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, NULL, &self->facts));
	EXPECT_EQ(2 << 20, self->facts.hugetlb_size);
	EXPECT_EQ(64 << 10, self->facts.hugetlb_unit);
	EXPECT_EQ((1 << 30) + (6 << 20), self->facts.hugetlb_free);
}

TEST_F(facts, where_memory_is)
{
	ASSERT_EQ(0, fake_tree_file("proc/iomem",
				    "00000000-00000fff : Reserved\n"
			       "00001000-0009fbff : System RAM\n"
			       "  00002000-00002fff : Kernel code\n"
			       "c0000000-febfffff : PCI Bus 0000:00\n"
			       "100000000-23fffffff : System RAM\n"
			       "240000000-2bfffffff : CXL Window 0\n"
			       "  240000000-27fffffff : System RAM (kmem)\n"
			       "8000000000-ffffffffff : PCI Bus 0000:00\n"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, NULL, &self->facts));
#ifdef __x86_64__
	/* What is below 1 MiB is never a process's */
	EXPECT_EQ(0x100000000, self->facts.memory_first);
#else
	EXPECT_EQ(0x1000, self->facts.memory_first);
#endif
	EXPECT_EQ(0x27fffffff, self->facts.memory_last);
}

/* As who has no privilege reads it */
TEST_F(facts, where_memory_is_may_be_secret)
{
	ASSERT_EQ(0, fake_tree_file("proc/iomem",
				    "00000000-00000000 : System RAM\n"
			       "00000000-00000000 : System RAM\n"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, NULL, &self->facts));
	EXPECT_EQ(0, self->facts.memory_last);
}

TEST_F(facts, nodes_of_the_module)
{
	ASSERT_EQ(0, fake_tree_file("dev/dmamem", ""));
	ASSERT_EQ(0, fake_tree_file("dev/dmamem-" BDF, ""));
	ASSERT_EQ(0, dmamem_facts_read(self->root, BDF, &self->facts));
	EXPECT_TRUE(self->facts.node);
	EXPECT_TRUE(self->facts.device_node);
}

TEST_F(facts, an_unbound_device_without_an_iommu)
{
	ASSERT_EQ(0, dmamem_facts_read(self->root, "00:04.0", &self->facts));
	EXPECT_STREQ(BDF, self->facts.device);
	EXPECT_STREQ("", self->facts.driver);
	EXPECT_STREQ("", self->facts.group);
	EXPECT_EQ(DMAMEM_IOMMU_NONE, self->facts.iommu);
}

/* As on arm64, where groups come with drivers */
TEST_F(facts, an_iommu_that_waits_for_a_driver)
{
	ASSERT_EQ(0, fake_tree_file("sys/class/iommu/smmu3.0x9050000/uevent", ""));
	ASSERT_EQ(0, dmamem_facts_read(self->root, BDF, &self->facts));
	EXPECT_EQ(DMAMEM_IOMMU_UNDECIDED, self->facts.iommu);

	ASSERT_EQ(0, fake_tree_link(DEVICE "/driver",
				    "../../../../bus/pci/drivers/dmamem"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, BDF, &self->facts));
	EXPECT_EQ(DMAMEM_IOMMU_NONE, self->facts.iommu);
}

TEST_F(facts, a_bound_device_behind_an_iommu)
{
	ASSERT_EQ(0, fake_tree_link(DEVICE "/driver",
				    "../../../bus/pci/drivers/vfio-pci"));
	ASSERT_EQ(0, fake_tree_link(DEVICE "/iommu_group",
				    "../../../../kernel/iommu_groups/7"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/7/type", "DMA-FQ\n"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, BDF, &self->facts));
	EXPECT_STREQ("vfio-pci", self->facts.driver);
	EXPECT_STREQ("7", self->facts.group);
	EXPECT_EQ(DMAMEM_IOMMU_TRANSLATES, self->facts.iommu);
}

TEST_F(facts, an_iommu_that_lets_all_through)
{
	ASSERT_EQ(0, fake_tree_link(DEVICE "/iommu_group",
				    "../../../../kernel/iommu_groups/7"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/7/type",
				    "identity\n"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, BDF, &self->facts));
	EXPECT_EQ(DMAMEM_IOMMU_IDENTITY, self->facts.iommu);
}

TEST_F(facts, vfio_without_an_iommu)
{
	ASSERT_EQ(0, fake_tree_link(DEVICE "/iommu_group",
				    "../../../../kernel/iommu_groups/0"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/0/name",
				    "vfio-noiommu\n"));
	ASSERT_EQ(0, dmamem_facts_read(self->root, BDF, &self->facts));
	EXPECT_EQ(DMAMEM_IOMMU_PRETENDED, self->facts.iommu);
}

TEST_F(facts, no_such_device)
{
	EXPECT_EQ(-ENODEV,
		  dmamem_facts_read(self->root, "0000:00:06.0", &self->facts));
}

TEST_F(facts, not_an_address)
{
	static const char * const wrong[] = {
		"", "nvme0", "00:04", "0000:00:20.0", "00:04.8", "00:04.0 ",
		"../../../../etc", "0000:00:04.0/..",
	};

	for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
		EXPECT_EQ(-EINVAL, dmamem_facts_read(self->root, wrong[n],
						     &self->facts)) {
			TH_LOG("\"%s\"", wrong[n]);
		}
	}
}

TEST_F(facts, who_makes_a_group_not_viable)
{
#define MEMBERS "sys/kernel/iommu_groups/7/devices/"
	char why[DMAMEM_EXPLANATION_SIZE];

	ASSERT_EQ(0, fake_tree_file(MEMBERS BDF, ""));
	ASSERT_EQ(0, fake_tree_file(MEMBERS "0000:00:05.0", ""));
	ASSERT_EQ(0, fake_tree_link(DEVICE "/driver", "drivers/vfio-pci"));
	ASSERT_EQ(0, fake_tree_link(OTHER "/driver", "drivers/e1000e"));
	EXPECT_EQ(-EBUSY, dmamem_vfio_group_explain_viability(self->root, "7",
							      why));
	EXPECT_NE(NULL, strstr(why, "0000:00:05.0"));
	EXPECT_NE(NULL, strstr(why, "e1000e"));
	EXPECT_EQ(NULL, strstr(why, BDF));
}

TEST_HARNESS_MAIN
