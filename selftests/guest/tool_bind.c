// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem bind and unbind: a disk of the kernel's NVMe driver goes to drivers for
 * user space and comes back; not while it is in use, and not halfway.
 */
#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/skip.h"
#include "selftests/lib/tool.h"
#include "selftests/lib/uapi.h"
#include "tools/dmamem/binding.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/disk.h"
#include "tools/memory/pages.h"

#define DMA_BITS "/sys/module/dmamem/parameters/dma_bits"
#define MOUNT_POINT "/tmp/tool_bind"

static struct tool tool;

FIXTURE(bind)
{
	const char *bdf;
	char disk[64];
};

/* Is it as in the beginning? */
static int is_at_home(const char *bdf)
{
	struct binding_memory now;

	binding_current("", bdf, &now);
	return !strcmp(now.driver, "nvme") && !now.override[0] &&
	       binding_recall("", bdf, &now);
}

static int is_bound_to(const char *bdf, const char *driver)
{
	struct binding_memory now;

	binding_current("", bdf, &now);
	return !strcmp(now.driver, driver) && !strcmp(now.override, driver) &&
	       !binding_recall("", bdf, &now);
}

/* The driver looks for its disks after it is bound */
static int find_disk(const char *bdf, char node[64])
{
	struct tree_names disks;
	int ret = -1;

	for (int i = 0; i < 1000 && ret; i++) {
		usleep(i ? 10000 : 0);
		if (disks_of("", bdf, &disks))
			return -1;
		if (disks.nr) {
			snprintf(node, 64, "/dev/%.50s", disks.names[0]);
			ret = access(node, F_OK);
		}
		tree_list_free(&disks);
	}
	return ret;
}

FIXTURE_SETUP(bind)
{
	mkdir(MOUNT_POINT, 0755);
	self->bdf = nvme_rig_bdf(0);
	if (!self->bdf)
		SKIP_SETUP("DMAMEM_NVME does not name a controller");
	if (!is_at_home(self->bdf))
		SKIP_SETUP("%s is not bound to nvme", self->bdf);
	ASSERT_EQ(0, find_disk(self->bdf, self->disk));
}

FIXTURE_TEARDOWN(bind)
{
	if (!is_at_home(self->bdf))
		tool_run(&tool, "unbind --force %s", self->bdf);
	EXPECT_TRUE(is_at_home(self->bdf));
	rmdir(MOUNT_POINT);
}

TEST_F(bind, goes_and_comes_back)
{
	char node[64];

	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(is_bound_to(self->bdf, "dmamem"));
	snprintf(node, sizeof(node), "/dev/dmamem-%s", self->bdf);
	EXPECT_TRUE(tool_said(&tool, node));
	EXPECT_TRUE(tool_said(&tool, "nvme"));
	EXPECT_EQ(0, access(node, F_OK));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "already"));

	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(is_at_home(self->bdf));
	EXPECT_EQ(0, find_disk(self->bdf, self->disk));
	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "nothing to give back"));
}

TEST_F(bind, comes_back_from_driver_after_driver)
{
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind --driver uio_pci_generic %s",
				     self->bdf));
	EXPECT_TRUE(is_bound_to(self->bdf, "uio_pci_generic"));
	EXPECT_TRUE(tool_said(&tool, "/dev/uio"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(is_at_home(self->bdf));
}

TEST_F(bind, vfio_where_there_is_an_iommu)
{
	int translated = function_is_translated(self->bdf);

	EXPECT_EQ(translated ? CMD_DONE : CMD_CANNOT,
		  tool_run(&tool, "bind --driver vfio-pci %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, translated ? "/dev/vfio/" : "IOMMU"));
	EXPECT_EQ(!translated, is_at_home(self->bdf));
	EXPECT_EQ(translated, is_bound_to(self->bdf, "vfio-pci"));
}

#define UNSAFE "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

TEST_F(bind, vfio_that_does_without_an_iommu)
{
	int err;

	if (function_is_translated(self->bdf))
		SKIP(return, "there is an IOMMU");
	err = pages_write(UNSAFE, "Y");
	if (err)
		SKIP(return, "the kernel's VFIO wants an IOMMU (%d)", err);
	EXPECT_EQ(CMD_DONE,
		  tool_run(&tool, "bind --driver vfio-pci %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "/dev/vfio/noiommu-"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_EQ(0, pages_write(UNSAFE, "N"));
}

TEST_F(bind, comes_back_from_a_module_that_is_gone)
{
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_TRUE(tool_said(&tool, self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(is_at_home(self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "load %s", access(TOOL_MODULE, F_OK)
				     ? "" : "--file " TOOL_MODULE));
}

TEST_F(bind, comes_back_from_what_was_bound_by_hand)
{
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(is_at_home(self->bdf));
}

TEST_F(bind, an_override_comes_back_too)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver_override",
		 self->bdf);
	ASSERT_EQ(0, pages_write(path, "nvme"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(is_bound_to(self->bdf, "dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_EQ(0, tree_read("", text, sizeof(text), "%s", path));
	EXPECT_STREQ("nvme", text);
	ASSERT_EQ(0, pages_write(path, "\n"));
}

/* Without an IOMMU no function takes addresses as short as that */
TEST_F(bind, is_undone_when_the_driver_refuses)
{
	if (function_is_translated(self->bdf))
		SKIP(return, "the driver does not refuse behind an IOMMU");
	ASSERT_EQ(0, pages_write(DMA_BITS, "16"));
	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "dmamem does not take"));
	ASSERT_EQ(0, pages_write(DMA_BITS, "64"));
	EXPECT_TRUE(is_at_home(self->bdf));
	EXPECT_EQ(0, find_disk(self->bdf, self->disk));
}

static int make_file_system(const char *disk)
{
	char command[128];

	snprintf(command, sizeof(command), "mkdosfs %s >/dev/null 2>&1",
		 disk);
	/* NOLINTNEXTLINE(cert-env33-c): the guest's busybox */
	return system(command);
}

TEST_F(bind, mounted)
{
	if (make_file_system(self->disk))
		SKIP(return, "no mkdosfs");
	ASSERT_EQ(0, mount(self->disk, MOUNT_POINT, "vfat", 0, NULL));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "is mounted on " MOUNT_POINT));
	EXPECT_TRUE(tool_said(&tool, "--force"));
	EXPECT_TRUE(is_at_home(self->bdf));
	ASSERT_EQ(0, umount(MOUNT_POINT));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
}

/* /proc/self/mountinfo does not show it, but the kernel holds the disk */
TEST_F(bind, mounted_elsewhere)
{
	int pipes[2], status;
	char byte;
	pid_t pid;

	if (make_file_system(self->disk))
		SKIP(return, "no mkdosfs");
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	pid = fork();
	if (!pid) {
		close(pipes[0]);
		status = unshare(CLONE_NEWNS) ||
			 mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
			 mount(self->disk, MOUNT_POINT, "vfat", 0, NULL);
		if (write(pipes[1], "", 1) == 1)
			pause();
		_exit(status);
	}
	ASSERT_EQ(1, read(pipes[0], &byte, 1));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "the kernel uses"));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}

TEST_F(bind, swap)
{
	char command[128];

	snprintf(command, sizeof(command), "mkswap %s >/dev/null 2>&1",
		 self->disk);
	/* NOLINTNEXTLINE(cert-env33-c): the guest's busybox */
	if (system(command))
		SKIP(return, "no mkswap");
	ASSERT_EQ(0, swapon(self->disk, 0));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "swap space"));
	ASSERT_EQ(0, swapoff(self->disk));
}

TEST_F(bind, open_files)
{
	int fd = open(self->disk, O_RDONLY | O_CLOEXEC);
	char pid[32];

	ASSERT_LE(0, fd);
	snprintf(pid, sizeof(pid), "pid %d ", getpid());
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, pid));
	EXPECT_TRUE(is_at_home(self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind --force %s", self->bdf));
	EXPECT_TRUE(is_bound_to(self->bdf, "dmamem"));
	close(fd);
}

static int open_partner(const char *disk)
{
	char node[64];

	snprintf(node, sizeof(node), "/dev/nvme%d",
		 (int)strtol(disk + strlen("/dev/nvme"), NULL, 10));
	return open(node, O_RDONLY | O_CLOEXEC);
}

TEST_F(bind, open_controller)
{
	int fd = open_partner(self->disk);

	ASSERT_LE(0, fd);
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "has /dev/nvme"));
	EXPECT_TRUE(is_at_home(self->bdf));
	close(fd);
}

/* Neither a process nor the kernel alone has the disk */
TEST_F(bind, a_loop_device)
{
	int control, fd, loop, nr;
	char node[32];

	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		SKIP(return, "no loop devices");
	nr = ioctl(control, LOOP_CTL_GET_FREE);
	ASSERT_LE(0, nr);
	snprintf(node, sizeof(node), "/dev/loop%d", nr);
	loop = open(node, O_RDWR | O_CLOEXEC);
	fd = open(self->disk, O_RDWR | O_CLOEXEC);
	ASSERT_EQ(0, ioctl(loop, LOOP_SET_FD, fd));
	close(fd);
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "is under loop"));
	EXPECT_TRUE(is_at_home(self->bdf));
	ASSERT_EQ(0, ioctl(loop, LOOP_CLR_FD));
	close(loop);
	close(control);
}

/* The kernel is asked by number then */
TEST_F(bind, a_disk_whose_file_has_another_name)
{
	int fd;

	ASSERT_EQ(0, rename(self->disk, "/dev/renamed"));
	fd = open("/dev/renamed", O_RDONLY | O_EXCL | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "the kernel uses"));
	EXPECT_TRUE(is_at_home(self->bdf));
	close(fd);
	/* Nor is a file of that name the disk */
	close(open(self->disk, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	fd = open("/dev/renamed", O_RDONLY | O_EXCL | O_CLOEXEC);
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind %s", self->bdf));
	close(fd);
	ASSERT_EQ(0, rename("/dev/renamed", self->disk));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
}

/* While a process mounts and unmounts it, no mounted disk goes away */
TEST_F(bind, not_between_check_and_mount)
{
	int status, done = 0;
	pid_t pid;

	if (make_file_system(self->disk))
		SKIP(return, "no mkdosfs");
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 200; i++) {
			if (mount(self->disk, MOUNT_POINT, "vfat", MS_RDONLY,
				  NULL))
				continue;
			usleep(1000);
			if (access(self->disk, F_OK))
				_exit(1);
			if (umount(MOUNT_POINT))
				_exit(2);
		}
		_exit(0);
	}
	while (!done && !waitpid(pid, &status, WNOHANG))
		done = tool_run(&tool, "bind %s", self->bdf) == CMD_DONE;
	if (done)
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(bind, a_note_of_another_binding)
{
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	ASSERT_EQ(0, function_bind(self->bdf, "nvme"));
	ASSERT_EQ(0, function_write(self->bdf, "driver_override", "\n"));
	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "nothing to give back"));
	EXPECT_EQ(0, find_disk(self->bdf, self->disk));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
}

TEST_F(bind, unbind_while_a_process_uses_it)
{
	int fd;

	ASSERT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	fd = uapi_open(self->bdf);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "already"));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "unbind %s", self->bdf));
	EXPECT_TRUE(tool_said(&tool, "/dev/dmamem-"));
	EXPECT_TRUE(is_bound_to(self->bdf, "dmamem"));
	close(fd);
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
}

TEST_F(bind, others_may_not)
{
	int status;

	if (!fork()) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		_exit(tool_run(&tool, "bind %s", self->bdf) == CMD_CANNOT &&
		      tool_said(&tool, "only root") ? 0 : 2);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	EXPECT_TRUE(is_at_home(self->bdf));
}

TEST(bridges_are_refused)
{
	struct tree_names names;
	struct pci_function pci;
	int found = 0;

	ASSERT_EQ(0, tree_list("", &names, PCI_DEVICES));
	for (size_t i = 0; i < names.nr; i++) {
		ASSERT_EQ(0, pci_function_read("", names.names[i], &pci));
		if (pci_is_bridge(&pci)) {
			found = 1;
			EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "bind --force %s",
							pci.bdf));
			EXPECT_TRUE(tool_said(&tool, "bridge"));
		}
		pci_function_free(&pci);
	}
	tree_list_free(&names);
	if (!found)
		SKIP(return, "no bridge");
}

/* Of two functions in a group VFIO gives out none while a driver has the other */
TEST(group_that_vfio_does_not_give_out)
{
	char bdf[FUNCTION_NAME] = "0000:00:06.0", other[FUNCTION_NAME];
	struct pci_function pci;
	size_t members;

	if (pci_function_read("", bdf, &pci))
		SKIP(return, "no %s", bdf);
	members = pci.members.nr;
	pci_function_free(&pci);
	if (members != 2)
		SKIP(return, "%s does not share a group", bdf);
	snprintf(other, sizeof(other), "0000:00:06.1");
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "bind %s", other));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind -d vfio-pci %s", bdf));
	EXPECT_TRUE(tool_said(&tool, "cannot be used yet"));
	EXPECT_TRUE(tool_said(&tool, other));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", other));
	EXPECT_TRUE(tool_said(&tool, "no driver"));
}

TEST(arguments)
{
	static const char * const wrong[][2] = {
		{ "bind", "which PCI function" },
		{ "bind nvme0", "'nvme0'" },
		{ "bind 00:04.0 00:05.0", "'00:05.0'" },
		{ "bind --driver nvme 00:04.0", "'nvme'" },
		{ "bind ffff:ff:1f.7", "ffff:ff:1f.7" },
		{ "unbind", "which PCI function" },
		{ "unbind --driver dmamem 00:04.0", "--driver" },
		{ "unbind ffff:ff:1f.7", "ffff:ff:1f.7" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(CMD_USAGE, tool_run(&tool, "%s", wrong[i][0]));
		EXPECT_TRUE(tool_said(&tool, wrong[i][1])) {
			TH_LOG("%s: %s", wrong[i][0], tool.err);
		}
	}
}

TEST_HARNESS_MAIN
