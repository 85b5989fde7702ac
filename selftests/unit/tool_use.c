// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who uses a PCI function, and what it was bound to before: read from a tree
 * that looks like /proc, /sys and /dev.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/fake_tree.h"
#include "tools/dmamem/binding.h"
#include "tools/dmamem/disk.h"
#include "tools/dmamem/status.h"
#include "tools/dmamem/use.h"

#define BDF "0000:00:04.0"
#define DEVICE "sys/bus/pci/devices/" BDF
#define DISK "sys/block/nvme0n1"

FIXTURE(use)
{
	char root[FAKE_TREE_ROOT];
	struct pci_function function;
	char why[USE_WHY];
};

/* An NVMe disk with two partitions */
FIXTURE_SETUP(use)
{
	memset(self, 0, sizeof(*self));
	ASSERT_EQ(0, fake_tree_create(self->root));
	ASSERT_EQ(0, fake_tree_link(DISK,
				    "../devices/pci0000:00/" BDF "/nvme/nvme0/nvme0n1"));
	ASSERT_EQ(0, fake_tree_file("sys/devices/pci0000:00/" BDF "/nvme/nvme0/nvme0n1/dev",
				    "259:0\n"));
	ASSERT_EQ(0, fake_tree_file(DISK "/nvme0n1p1/partition", "1\n"));
	ASSERT_EQ(0, fake_tree_file(DISK "/nvme0n1p1/dev", "259:1\n"));
	ASSERT_EQ(0, fake_tree_file(DISK "/nvme0n1p2/partition", "2\n"));
	ASSERT_EQ(0, fake_tree_file(DISK "/nvme0n1p2/dev", "259:2\n"));
	ASSERT_EQ(0, fake_tree_file(DISK "/queue/scheduler", "none\n"));
	ASSERT_EQ(0, fake_tree_file(DEVICE "/class", "0x010802\n"));
	ASSERT_EQ(0, fake_tree_file("dev/nvme0n1", ""));
	ASSERT_EQ(0, pci_function_read(self->root, BDF, &self->function));
}

FIXTURE_TEARDOWN(use)
{
	pci_function_free(&self->function);
	ASSERT_EQ(0, fake_tree_remove(self->root));
}

static int check(FIXTURE_DATA(use) *self)
{
	return use_check(self->root, &self->function, self->why);
}

TEST_F(use, nobody)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/mountinfo",
				    "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"));
	ASSERT_EQ(0, fake_tree_file("proc/swaps",
				    "Filename Type\n/dev/sda2 partition\n"));
	EXPECT_EQ(0, check(self));
}

TEST_F(use, disks_of_the_function_and_of_no_other)
{
	struct tree_names disks;

	ASSERT_EQ(0, fake_tree_link("sys/block/sda",
				    "../devices/pci0000:00/0000:00:05.0/ata1/sda"));
	ASSERT_EQ(0, disks_of(self->root, BDF, &disks));
	ASSERT_EQ(1, disks.nr);
	EXPECT_STREQ("nvme0n1", disks.names[0]);
	tree_list_free(&disks);
}

TEST_F(use, a_path_stands_for_its_disk)
{
	struct tree_names disks;

	ASSERT_EQ(0, fake_tree_link("sys/block/nvme1c12n3",
				    "../devices/pci0000:00/0000:00:06.0/nvme/nvme2/nvme1c12n3"));
	ASSERT_EQ(0, disks_of(self->root, "0000:00:06.0", &disks));
	ASSERT_EQ(1, disks.nr);
	EXPECT_STREQ("nvme1n3", disks.names[0]);
	tree_list_free(&disks);
}

TEST_F(use, a_mounted_partition)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/mountinfo",
				    "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
				    "36 25 259:2 / /srv rw shared:1 - ext4 /dev/root rw\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("nvme0n1p2 is mounted on /srv", self->why);
}

TEST_F(use, a_mount_whose_number_is_another)
{
	ASSERT_EQ(0, fake_tree_file("proc/self/mountinfo",
				    "36 25 0:40 /sub /srv rw - btrfs /dev/nvme0n1p1 rw\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("nvme0n1p1 is mounted on /srv", self->why);
}

TEST_F(use, swap)
{
	ASSERT_EQ(0, fake_tree_file("proc/swaps",
				    "Filename Type\n/dev/nvme0n1p1\tpartition\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("nvme0n1p1 is swap space", self->why);
}

TEST_F(use, a_holder)
{
	ASSERT_EQ(0, fake_tree_file(DISK "/nvme0n1p2/holders/dm-0", ""));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("nvme0n1p2 is part of dm-0", self->why);
}

TEST_F(use, an_opener_of_the_whole_disk)
{
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/5", "/dev/nvme0n1"));
	ASSERT_EQ(0, fake_tree_link("proc/78/fd/5", "/dev/nvme0n10"));
	ASSERT_EQ(0, fake_tree_file("proc/77/comm", "dd\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("pid 77 (dd) has nvme0n1 open", self->why);
}

TEST_F(use, an_opener_of_the_character_device_of_a_disk)
{
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/5", "/dev/ng0n1"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("pid 77 () has ng0n1 open", self->why);
}

/* That of an NVMe controller, of VFIO, or of anything else */
TEST_F(use, an_opener_of_a_character_device)
{
	ASSERT_EQ(0, fake_tree_link("sys/dev/char/241:0",
				    "../../devices/pci0000:00/" BDF "/nvme/nvme0"));
	ASSERT_EQ(0, fake_tree_file("sys/devices/pci0000:00/" BDF "/nvme/nvme0/uevent",
				    "MAJOR=241\nMINOR=0\nDEVNAME=vfio/nvme0\n"));
	ASSERT_EQ(0, fake_tree_link("sys/dev/char/241:1",
				    "../../devices/pci0000:00/0000:00:05.0/nvme/nvme1"));
	EXPECT_EQ(0, check(self));
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/5", "/dev/vfio/nvme0"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("pid 77 () has /dev/vfio/nvme0 open", self->why);
}

TEST_F(use, a_loop_device_on_a_partition)
{
	ASSERT_EQ(0, fake_tree_file("sys/block/loop0/loop/backing_file",
				    "/srv/nvme0n1p1\n"));
	EXPECT_EQ(0, check(self));
	ASSERT_EQ(0, fake_tree_file("sys/block/loop1/loop/backing_file",
				    "/dev/nvme0n1p1\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("nvme0n1p1 is under loop1", self->why);
}

#define TARGET "sys/kernel/config/nvmet/subsystems/nqn/namespaces/1/"

TEST_F(use, an_nvme_target)
{
	ASSERT_EQ(0, fake_tree_file(TARGET "device_path", "/dev/nvme0n1\n"));
	ASSERT_EQ(0, fake_tree_file(TARGET "enable", "0\n"));
	EXPECT_EQ(0, check(self));
	ASSERT_EQ(0, fake_tree_file(TARGET "enable", "1\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("nvme0n1 is under the NVMe target nqn", self->why);
}

/* What cannot be found out is refused, too */
TEST_F(use, a_disk_that_cannot_be_opened)
{
	ASSERT_EQ(0, unlink("dev/nvme0n1"));
	ASSERT_EQ(0, rmdir("dev"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_NE(NULL, strstr(self->why, "cannot be found out"));
}

TEST_F(use, a_hold)
{
	struct use_hold hold;

	ASSERT_EQ(0, use_hold(self->root, &self->function, self->why, &hold));
	ASSERT_EQ(1, hold.nr);
	EXPECT_EQ(0, fcntl(hold.fds[0], F_GETFL) & O_ACCMODE);
	use_release(&hold);
	EXPECT_EQ(0, hold.nr);
	use_release(&hold);
}

/* That of virtio is one level lower */
TEST_F(use, a_network_interface)
{
	ASSERT_EQ(0, fake_tree_link("sys/class/net/eth0",
				    "../../devices/pci0000:00/" BDF "/virtio2/net/eth0"));
	ASSERT_EQ(0, fake_tree_link("sys/class/net/eth1",
				    "../../devices/pci0000:00/0000:00:05.0/net/eth1"));
	ASSERT_EQ(0, fake_tree_file("sys/devices/pci0000:00/0000:00:05.0/net/eth1/flags",
				    "0x1003\n"));
	ASSERT_EQ(0, fake_tree_file("sys/devices/pci0000:00/" BDF "/virtio2/net/eth0/x",
				    ""));
	ASSERT_EQ(0, fake_tree_file("sys/class/net/eth0/flags", "0x1002\n"));
	EXPECT_EQ(0, check(self));
	ASSERT_EQ(0, fake_tree_file("sys/class/net/eth0/flags", "0x1003\n"));
	EXPECT_EQ(-EBUSY, check(self));
	EXPECT_STREQ("network interface eth0 is up", self->why);
}

TEST_F(use, the_file_of_a_driver_for_user_space)
{
	snprintf(self->function.driver, sizeof(self->function.driver),
		 "dmamem");
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/5",
				    "/dev/dmamem-0000:00:05.0"));
	EXPECT_EQ(0, check(self));
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/6", "/dev/dmamem-" BDF));
	EXPECT_EQ(-EBUSY, check(self));
}

TEST_F(use, nodes_of_drivers)
{
	char path[64];

	snprintf(self->function.group, sizeof(self->function.group), "7");
	snprintf(self->function.driver, sizeof(self->function.driver),
		 "vfio-pci");
	binding_node(self->root, &self->function, path, sizeof(path));
	EXPECT_STREQ("/dev/vfio/7", path);
	ASSERT_EQ(0, fake_tree_file(DEVICE "/iommu_group/name",
				    "vfio-noiommu\n"));
	binding_node(self->root, &self->function, path, sizeof(path));
	EXPECT_STREQ("/dev/vfio/noiommu-7", path);
	snprintf(self->function.driver, sizeof(self->function.driver),
		 "uio_pci_generic");
	binding_node(self->root, &self->function, path, sizeof(path));
	EXPECT_STREQ("", path);
	ASSERT_EQ(0, fake_tree_file(DEVICE "/uio/uio3/name", "x"));
	binding_node(self->root, &self->function, path, sizeof(path));
	EXPECT_STREQ("/dev/uio3", path);
	snprintf(self->function.driver, sizeof(self->function.driver), "nvme");
	binding_node(self->root, &self->function, path, sizeof(path));
	EXPECT_STREQ("", path);
}

TEST_F(use, what_is_noted_first_stays)
{
	const struct binding_memory first = { .driver = "nvme" };
	const struct binding_memory second = {
		.driver = "dmamem", .override = "dmamem",
	};
	struct binding_memory found;

	ASSERT_EQ(0, fake_tree_file("run/x", ""));
	EXPECT_EQ(-ENOENT, binding_recall(self->root, BDF, &found));
	EXPECT_EQ(0, binding_remember(self->root, BDF, &first));
	EXPECT_EQ(-EEXIST, binding_remember(self->root, BDF, &second));
	EXPECT_EQ(0, binding_recall(self->root, BDF, &found));
	EXPECT_STREQ("nvme", found.driver);
	EXPECT_STREQ("", found.override);
	binding_forget(self->root, BDF);
	EXPECT_EQ(-ENOENT, binding_recall(self->root, BDF, &found));
	EXPECT_EQ(0, binding_remember(self->root, BDF, &second));
	EXPECT_EQ(0, binding_recall(self->root, BDF, &found));
	EXPECT_STREQ("dmamem", found.driver);
	EXPECT_STREQ("dmamem", found.override);
}

TEST_F(use, a_note_whose_time_is_over)
{
	const struct binding_memory first = { .driver = "nvme" };
	const struct binding_memory second = { .driver = "vfio" };
	const struct binding_memory ours = {
		.driver = "dmamem", .override = "dmamem",
	};
	struct binding_memory found;

	ASSERT_EQ(0, fake_tree_file("run/x", ""));
	ASSERT_EQ(0, fake_tree_file(DEVICE "/device", "0x0010\n"));
	EXPECT_EQ(0, binding_remember(self->root, BDF, &first));
	/* Another driver has it by now */
	EXPECT_EQ(0, binding_remember(self->root, BDF, &second));
	EXPECT_EQ(0, binding_recall(self->root, BDF, &found));
	EXPECT_STREQ("vfio", found.driver);
	/* Another device is there by now */
	ASSERT_EQ(0, fake_tree_file(DEVICE "/device", "0x0011\n"));
	EXPECT_EQ(-ENOENT, binding_recall(self->root, BDF, &found));
	EXPECT_STREQ("", found.driver);
	EXPECT_EQ(0, binding_remember(self->root, BDF, &ours));
	EXPECT_EQ(0, binding_recall(self->root, BDF, &found));
	EXPECT_STREQ("dmamem", found.driver);
}

TEST_F(use, whose_binding_it_is)
{
	EXPECT_TRUE(binding_is_ours(&(struct binding_memory){
		.driver = "vfio-pci" }));
	EXPECT_TRUE(binding_is_ours(&(struct binding_memory){
		.override = "dmamem" }));
	EXPECT_FALSE(binding_is_ours(&(struct binding_memory){
		.driver = "nvme", .override = "dmamem" }));
	EXPECT_FALSE(binding_is_ours(&(struct binding_memory){ 0 }));
}

TEST_F(use, what_it_is_bound_to_now)
{
	struct binding_memory found;

	ASSERT_EQ(0, fake_tree_file(DEVICE "/driver_override", "(null)\n"));
	binding_current(self->root, BDF, &found);
	EXPECT_STREQ("", found.driver);
	EXPECT_STREQ("", found.override);
	ASSERT_EQ(0, fake_tree_link(DEVICE "/driver", "../drivers/nvme"));
	binding_current(self->root, BDF, &found);
	EXPECT_STREQ("nvme", found.driver);
}

#define PARAMETERS "sys/module/dmamem/parameters/"

TEST_F(use, status_of_the_module)
{
	const struct opener *opener;
	struct status status;

	ASSERT_EQ(0, fake_tree_file("sys/module/dmamem/initstate", "live\n"));
	ASSERT_EQ(0, fake_tree_file(PARAMETERS "dma_bits", "64\n"));
	ASSERT_EQ(0, fake_tree_file(PARAMETERS "quarantine",
				    "0000:00:05.0 8192\n0000:00:06.0 4096\n"));
	ASSERT_EQ(0, fake_tree_file("sys/bus/pci/drivers/dmamem/bind", ""));
	ASSERT_EQ(0, fake_tree_link("sys/bus/pci/drivers/dmamem/" BDF, "x"));
	ASSERT_EQ(0, fake_tree_file("dev/dmamem", ""));
	ASSERT_EQ(0, fake_tree_file("dev/dmamem-" BDF, ""));
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/5", "/dev/dmamem-" BDF));
	ASSERT_EQ(0, fake_tree_link("proc/77/fd/6", "/dev/dmamemory"));
	ASSERT_EQ(0, fake_tree_file("proc/77/comm", "fio\n"));
	ASSERT_EQ(0, fake_tree_file("proc/77/fdinfo/5",
				    "pos:\t0\npinned:\t12288\n"
				    "region:\t1 addr=0x7f0000000000 length=8192 runs=2 rw mapped\n"
				    "region:\t9 addr=0x1000 length=4096 runs=1 ro pinned\n"));
	ASSERT_EQ(0, status_read(self->root, &status));
	EXPECT_EQ(2, status.nr_nodes);
	ASSERT_EQ(1, status.functions.nr);
	EXPECT_STREQ(BDF, status.functions.names[0]);
	ASSERT_EQ(2, status.nr_wards);
	EXPECT_STREQ("0000:00:06.0", status.wards[1].bdf);
	EXPECT_EQ(4096, status.wards[1].bytes);
	ASSERT_EQ(1, status.openers.nr);
	opener = &status.openers.list[0];
	EXPECT_EQ(77, opener->pid);
	EXPECT_STREQ("fio", opener->command);
	EXPECT_EQ(12288, opener->pinned);
	ASSERT_EQ(2, opener->nr_regions);
	EXPECT_EQ(0x7f0000000000, opener->regions[0].addr);
	EXPECT_EQ(2, opener->regions[0].runs);
	EXPECT_TRUE(opener->regions[0].writable);
	EXPECT_EQ(9, opener->regions[1].id);
	EXPECT_FALSE(opener->regions[1].writable);
	status_free(&status);
}

TEST_F(use, status_without_the_module)
{
	struct status status;

	ASSERT_EQ(0, status_read(self->root, &status));
	EXPECT_FALSE(status.module.loaded);
	status_free(&status);
}

TEST_HARNESS_MAIN
