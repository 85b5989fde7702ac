// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem doctor reads from a tree that looks like /proc, /sys and /dev.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/fake_tree.h"
#include "tools/dmamem/machine.h"
#include "tools/dmamem/module.h"
#include "tools/dmamem/pci.h"

#define BDF "0000:00:04.0"
#define DEVICE "sys/bus/pci/devices/" BDF
#define SECURE_BOOT "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

FIXTURE(machine)
{
	char root[FAKE_TREE_ROOT];
	struct machine machine;
	struct pci_function function;
};

FIXTURE_SETUP(machine)
{
	ASSERT_EQ(0, fake_tree_create(self->root));
	ASSERT_EQ(0, fake_tree_file("proc/sys/kernel/osrelease",
				    "6.1.0-56-amd64\n"));
}

FIXTURE_TEARDOWN(machine)
{
	ASSERT_EQ(0, fake_tree_remove(self->root));
}

TEST_F(machine, an_empty_one)
{
	machine_read(self->root, &self->machine);
	EXPECT_STREQ("6.1.0-56-amd64", self->machine.release);
	EXPECT_STREQ("", self->machine.distribution);
	EXPECT_STREQ("", self->machine.lockdown);
	EXPECT_STREQ("", self->machine.iommu.names);
	EXPECT_EQ(MACHINE_NO_EFI, self->machine.secure_boot);
	EXPECT_EQ(0, self->machine.nr_nodes);
	EXPECT_EQ(0, self->machine.capabilities);
	EXPECT_FALSE(self->machine.sig_enforce);
}

TEST_F(machine, distribution)
{
	ASSERT_EQ(0, fake_tree_file("etc/os-release",
				    "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"));
	machine_read(self->root, &self->machine);
	EXPECT_STREQ("Debian GNU/Linux 12", self->machine.distribution);
}

TEST_F(machine, distribution_without_quotes)
{
	ASSERT_EQ(0, fake_tree_file("etc/os-release", "PRETTY_NAME=Alpine\n"));
	machine_read(self->root, &self->machine);
	EXPECT_STREQ("Alpine", self->machine.distribution);
}

TEST_F(machine, secure_boot)
{
	ASSERT_EQ(0, fake_tree_file(SECURE_BOOT, "\6aaa\1"));
	machine_read(self->root, &self->machine);
	EXPECT_EQ(MACHINE_SECURE_BOOT_ON, self->machine.secure_boot);
}

TEST_F(machine, secure_boot_that_is_off)
{
	ASSERT_EQ(0, fake_tree_file(SECURE_BOOT, "\6aaa"));
	ASSERT_EQ(0, truncate(SECURE_BOOT, 5));
	machine_read(self->root, &self->machine);
	EXPECT_EQ(MACHINE_SECURE_BOOT_OFF, self->machine.secure_boot);
}

TEST_F(machine, efi_without_secure_boot)
{
	ASSERT_EQ(0, fake_tree_file("sys/firmware/efi/efivars/BootOrder-x",
				    "0"));
	machine_read(self->root, &self->machine);
	EXPECT_EQ(MACHINE_SECURE_BOOT_OFF, self->machine.secure_boot);
}

TEST_F(machine, efi_that_does_not_show_its_variables)
{
	ASSERT_EQ(0, fake_tree_file("sys/firmware/efi/runtime", "0"));
	machine_read(self->root, &self->machine);
	EXPECT_EQ(MACHINE_SECURE_BOOT_UNKNOWN, self->machine.secure_boot);
	/* Too short */
	ASSERT_EQ(0, fake_tree_file(SECURE_BOOT, "\6aaa"));
	machine_read(self->root, &self->machine);
	EXPECT_EQ(MACHINE_SECURE_BOOT_UNKNOWN, self->machine.secure_boot);
}

/* A process chooses its name */
TEST_F(machine, a_line_that_a_terminal_would_obey)
{
	char text[32];

	ASSERT_EQ(0, fake_tree_file("proc/7/comm", "\033[31m\303\244\a\tx\n"));
	ASSERT_EQ(0, tree_read(self->root, text, sizeof(text), "/proc/7/comm"));
	EXPECT_STREQ("?[31m???\tx", text);
}

TEST_F(machine, lockdown_and_signatures)
{
	ASSERT_EQ(0, fake_tree_file("sys/kernel/security/lockdown",
				    "none [integrity] confidentiality\n"));
	ASSERT_EQ(0, fake_tree_file("sys/module/module/parameters/sig_enforce",
				    "Y\n"));
	machine_read(self->root, &self->machine);
	EXPECT_STREQ("integrity", self->machine.lockdown);
	EXPECT_TRUE(self->machine.sig_enforce);
}

TEST_F(machine, capabilities)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/status",
				    "Name:\tx\nCapEff:\t0000000000024000\n"));
	machine_read(self->root, &self->machine);
	EXPECT_TRUE(machine_capable(&self->machine, CAP_IPC_LOCK));
	EXPECT_TRUE(machine_capable(&self->machine, CAP_SYS_RAWIO));
	EXPECT_FALSE(machine_capable(&self->machine, CAP_SYS_ADMIN));
}

TEST_F(machine, memlock)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/limits",
				    "Max locked memory  8388608  unlimited  bytes\n"));
	machine_read(self->root, &self->machine);
	EXPECT_EQ(8388608, self->machine.memlock_limit);
	EXPECT_EQ(UINT64_MAX, self->machine.memlock_hard);
}

TEST_F(machine, iommu)
{
	ASSERT_EQ(0, fake_tree_file("sys/class/iommu/dmar0/x", ""));
	ASSERT_EQ(0, fake_tree_file("sys/class/iommu/dmar1/x", ""));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/0/type",
				    "identity\n"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/1/type",
				    "DMA-FQ\n"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/2/type",
				    "DMA\n"));
	ASSERT_EQ(0, fake_tree_file("proc/cmdline",
				    "root=x intel_iommu=on quiet iommu=pt\n"));
	machine_read(self->root, &self->machine);
	EXPECT_STREQ("dmar0 dmar1", self->machine.iommu.names);
	EXPECT_STREQ("intel_iommu=on iommu=pt", self->machine.iommu.options);
	EXPECT_EQ(3, self->machine.iommu.groups);
	EXPECT_EQ(1, self->machine.iommu.identity);
}

TEST_F(machine, transparent_huge_pages)
{
#define THP "sys/kernel/mm/transparent_hugepage/"
	ASSERT_EQ(0, fake_tree_file(THP "enabled", "always [madvise] never\n"));
	ASSERT_EQ(0, fake_tree_file(THP "shmem_enabled", "[never] advise\n"));
	machine_read(self->root, &self->machine);
	EXPECT_STREQ("madvise", self->machine.thp_enabled);
	EXPECT_STREQ("never", self->machine.thp_shmem);
	EXPECT_STREQ("", self->machine.thp_defrag);
}

TEST_F(machine, nodes_and_their_huge_pages)
{
#define NODE "sys/devices/system/node/node"
	const struct machine_node *node;

	ASSERT_EQ(0, fake_tree_file(NODE "0/meminfo",
				    "Node 0 MemTotal:  2048 kB\nNode 0 MemFree:  1024 kB\n"));
	ASSERT_EQ(0, fake_tree_file(NODE "10/hugepages/hugepages-1048576kB/nr_hugepages",
				    "1\n"));
	ASSERT_EQ(0, fake_tree_file(NODE "10/hugepages/hugepages-2048kB/nr_hugepages",
				    "8\n"));
	ASSERT_EQ(0, fake_tree_file(NODE "10/hugepages/hugepages-2048kB/free_hugepages",
				    "3\n"));
	ASSERT_EQ(0, fake_tree_file(NODE "2/meminfo", ""));
	ASSERT_EQ(0, fake_tree_file("sys/devices/system/node/possible", "0\n"));
	machine_read(self->root, &self->machine);
	ASSERT_EQ(3, self->machine.nr_nodes);
	EXPECT_EQ(0, self->machine.nodes[0].id);
	EXPECT_EQ(2 << 20, self->machine.nodes[0].total);
	EXPECT_EQ(1 << 20, self->machine.nodes[0].free);
	EXPECT_EQ(2, self->machine.nodes[1].id);
	node = &self->machine.nodes[2];
	EXPECT_EQ(10, node->id);
	ASSERT_EQ(2, node->nr_huge);
	EXPECT_EQ(2 << 20, node->huge[0].size);
	EXPECT_EQ(8, node->huge[0].nr);
	EXPECT_EQ(3, node->huge[0].free);
	EXPECT_EQ(1 << 30, node->huge[1].size);
	EXPECT_EQ(1, node->huge[1].nr);
}

TEST_F(machine, a_module_that_is_loaded)
{
	struct module_state state;

	module_read_state(self->root, "dmamem", &state);
	EXPECT_FALSE(state.loaded);
	ASSERT_EQ(0, fake_tree_file("sys/module/dmamem/initstate", "live\n"));
	ASSERT_EQ(0, fake_tree_file("sys/module/dmamem/refcnt", "2\n"));
	ASSERT_EQ(0, fake_tree_file("sys/module/dmamem/taint", "OE\n"));
	module_read_state(self->root, "dmamem", &state);
	EXPECT_TRUE(state.loaded);
	EXPECT_EQ(2, state.references);
	EXPECT_STREQ("OE", state.taint);
	EXPECT_STREQ("", state.version);
}

TEST_F(machine, a_bound_function)
{
	ASSERT_EQ(0, fake_tree_file(DEVICE "/class", "0x010802\n"));
	ASSERT_EQ(0, fake_tree_file(DEVICE "/vendor", "0x1b36\n"));
	ASSERT_EQ(0, fake_tree_file(DEVICE "/device", "0x0010\n"));
	ASSERT_EQ(0, fake_tree_file(DEVICE "/numa_node", "-1\n"));
	ASSERT_EQ(0, fake_tree_link(DEVICE "/driver", "../drivers/nvme"));
	ASSERT_EQ(0, fake_tree_link(DEVICE "/iommu_group",
				    "../../../../kernel/iommu_groups/7"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/7/type",
				    "DMA\n"));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/7/devices/" BDF,
				    ""));
	ASSERT_EQ(0, fake_tree_file("sys/kernel/iommu_groups/7/devices/0000:00:04.1",
				    ""));
	ASSERT_EQ(0, pci_function_read(self->root, BDF, &self->function));
	EXPECT_STREQ(BDF, self->function.bdf);
	EXPECT_EQ(0x010802, self->function.class);
	EXPECT_EQ(0x1b36, self->function.vendor);
	EXPECT_EQ(0x0010, self->function.device);
	EXPECT_EQ(-1, self->function.node);
	EXPECT_STREQ("nvme", self->function.driver);
	EXPECT_STREQ("7", self->function.group);
	EXPECT_STREQ("DMA", self->function.group_type);
	EXPECT_EQ(2, self->function.members.nr);
	EXPECT_FALSE(pci_is_bridge(&self->function));
	EXPECT_STREQ("NVMe controller", pci_class_name(self->function.class));
	pci_function_free(&self->function);
}

TEST_F(machine, a_function_alone)
{
	ASSERT_EQ(0, fake_tree_file(DEVICE "/class", "0x060400\n"));
	ASSERT_EQ(0, pci_function_read(self->root, BDF, &self->function));
	EXPECT_STREQ("", self->function.driver);
	EXPECT_STREQ("", self->function.group);
	EXPECT_EQ(0, self->function.members.nr);
	EXPECT_EQ(-1, self->function.node);
	EXPECT_TRUE(pci_is_bridge(&self->function));
	pci_function_free(&self->function);
}

TEST_F(machine, no_such_function)
{
	EXPECT_EQ(-ENODEV, pci_function_read(self->root, BDF, &self->function));
}

TEST(names_of_classes)
{
	EXPECT_STREQ("NVM controller", pci_class_name(0x010801));
	EXPECT_STREQ("storage controller", pci_class_name(0x018000));
	EXPECT_STREQ("Ethernet controller", pci_class_name(0x020000));
	EXPECT_STREQ("PCI function", pci_class_name(0xff0000));
}

TEST_HARNESS_MAIN
