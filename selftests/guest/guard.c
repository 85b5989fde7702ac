// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Guards: which functions can be one, and when they are stopped.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/edu.h"
#include "selftests/lib/function.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define QUARANTINE "/sys/module/dmamem/parameters/quarantine"

/* A block past the page cache; the disk comes some time after its driver */
static int read_disk(void)
{
	void *buffer = NULL;
	int fd = -1, tries;
	ssize_t got;

	for (tries = 0; fd < 0 && tries < 500; tries++) {
		fd = open("/dev/nvme0n1", O_RDONLY | O_DIRECT | O_CLOEXEC);
		if (fd < 0)
			usleep(10000);
	}
	if (fd < 0)
		return -errno;
	if (posix_memalign(&buffer, PAGE, PAGE))
		buffer = NULL;
	got = buffer ? pread(fd, buffer, 512, 0) : -1;
	free(buffer);
	close(fd);
	return got == 512 ? 0 : -EIO;
}

FIXTURE(guard)
{
	char bdf[FUNCTION_NAME];
	int fd;
};

FIXTURE_SETUP(guard)
{
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	ASSERT_EQ(0, function_enable(self->bdf, 1));
	self->fd = uapi_open(NULL);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(guard)
{
	close(self->fd);
}

TEST_F(guard, refused)
{
	struct dmamem_info info;
	int i;

	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:ee:00.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "ffffffff:00:00.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:100:00.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:00:24.0"));
	EXPECT_EQ(-ENXIO, uapi_guard(self->fd, "0000:00:04.8"));
	EXPECT_EQ(0, uapi_guard(self->fd, self->bdf));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(-EEXIST, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, uapi_info(self->fd, &info));
	EXPECT_LT(0, info.max_guards);
}

TEST_F(guard, refused_when_bound_to_dmamem)
{
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	EXPECT_EQ(-EBUSY, uapi_guard(self->fd, self->bdf));
	EXPECT_EQ(0, function_bind(self->bdf, NULL));
}

/* Its reset would be one of all that is behind it */
TEST_F(guard, refused_when_a_bridge)
{
	char bdf[FUNCTION_NAME];

	if (function_find(FUNCTION_BRIDGE, bdf))
		SKIP(return, "no PCI bridge of QEMU");
	EXPECT_EQ(-EINVAL, uapi_guard(self->fd, bdf));
}

TEST_F(guard, needs_privilege)
{
	ASSERT_EQ(0, privilege_drop(CAP_SYS_RAWIO));
	EXPECT_EQ(-EPERM, uapi_guard(self->fd, self->bdf));
}

TEST_F(guard, stopped_when_regions_are_left)
{
	char *pages = pages_map(PAGE);

	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_LT(0, uapi_pin_id(self->fd, pages, PAGE, DMAMEM_PIN_WRITE));
	ASSERT_EQ(1, function_is_master(self->bdf));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, function_is_master(self->bdf));
}

static int pin_and_close(int *fd, char *pages)
{
	int ret = uapi_pin_id(*fd, pages, PAGE, DMAMEM_PIN_WRITE);

	close(*fd);
	*fd = -1;
	return ret < 0 ? ret : 0;
}

/* The one that can be stopped does not free the pages, nor wait for the other */
TEST_F(guard, several)
{
	long pinned = pages_pinned();
	struct edu edu;

	if (edu_open(&edu, NULL))
		SKIP(return, "no edu device");
	ASSERT_EQ(0, uapi_guard(self->fd, edu.bdf));
	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, pin_and_close(&self->fd, pages_map(PAGE)));
	EXPECT_EQ(0, function_is_master(self->bdf));
	EXPECT_EQ(0, function_is_master(edu.bdf));
	EXPECT_EQ(pinned + 1, pages_pinned());
	EXPECT_EQ(-1, pages_count(QUARANTINE, self->bdf));
	EXPECT_EQ(PAGE, pages_count(QUARANTINE, edu.bdf));
	EXPECT_EQ(-ENOENT, function_vouch(self->bdf));
	EXPECT_EQ(0, function_vouch(edu.bdf));
	EXPECT_EQ(pinned, pages_pinned());
}

/* Both could not be stopped: the pages wait for both */
TEST_F(guard, several_in_quarantine)
{
	long pinned = pages_pinned();
	struct edu edu;

	if (edu_open(&edu, NULL))
		SKIP(return, "no edu device");
	ASSERT_EQ(0, uapi_guard(self->fd, edu.bdf));
	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, function_write(self->bdf, "reset_method", "\n"));
	ASSERT_EQ(0, pin_and_close(&self->fd, pages_map(PAGE)));
	ASSERT_EQ(0, function_write(self->bdf, "reset_method", "default"));
	EXPECT_EQ(PAGE, pages_count(QUARANTINE, self->bdf));
	EXPECT_EQ(PAGE, pages_count(QUARANTINE, edu.bdf));
	EXPECT_EQ(0, function_vouch(edu.bdf));
	EXPECT_EQ(pinned + 1, pages_pinned());
	EXPECT_EQ(0, function_release(self->bdf));
	EXPECT_EQ(pinned, pages_pinned());
}

/* Guard function after function until one is refused: its error, how many */
static int guard_all(int fd, unsigned int *count)
{
	DIR *dir = opendir("/sys/bus/pci/devices");
	struct dirent *entry;
	int ret = 0;

	*count = 0;
	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		ret = uapi_guard(fd, entry->d_name);
		if (!ret)
			++*count;
		else if (ret == -EINVAL) /* a bridge */
			ret = 0;
	}
	closedir(dir);
	return ret;
}

TEST_F(guard, as_many_as_info_says)
{
	struct dmamem_info info;
	unsigned int count;
	int ret;

	ASSERT_EQ(0, uapi_info(self->fd, &info));
	ret = guard_all(self->fd, &count);
	if (!ret)
		SKIP(return, "too few functions");
	EXPECT_EQ(-ENOSPC, ret);
	EXPECT_EQ(info.max_guards, count);
}

/* Whatever it is bound to: the driver keeps it, and the pages come back */
TEST_F(guard, bound_to_another_driver)
{
	long pinned = pages_pinned();

	if (access("/sys/bus/pci/drivers/uio_pci_generic", F_OK))
		SKIP(return, "no uio_pci_generic");
	ASSERT_EQ(0, function_bind(self->bdf, "uio_pci_generic"));
	ASSERT_EQ(0, function_enable(self->bdf, 1));
	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, pin_and_close(&self->fd, pages_map(PAGE)));
	EXPECT_EQ(0, function_is_master(self->bdf));
	EXPECT_EQ(pinned, pages_pinned());
	EXPECT_EQ(0, function_bind(self->bdf, NULL));
}

/* The kernel's own driver hears of the reset, and gets over it */
TEST_F(guard, bound_to_nvme)
{
	long pinned = pages_pinned();

	if (access("/sys/bus/pci/drivers/nvme", F_OK))
		SKIP(return, "no nvme driver");
	ASSERT_EQ(0, function_bind(self->bdf, "nvme"));
	ASSERT_EQ(0, read_disk());
	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, pin_and_close(&self->fd, pages_map(PAGE)));
	EXPECT_EQ(pinned, pages_pinned());
	EXPECT_EQ(0, read_disk());
	EXPECT_EQ(0, function_bind(self->bdf, NULL));
}

/*
 * Out of the kernel's sight but not out of the machine: nobody can say what it
 * does, so the pages stay.
 */
TEST_F(guard, removed_while_open)
{
	long pinned = pages_pinned();
	char *pages = pages_map(PAGE);

	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_LT(0, uapi_pin_id(self->fd, pages, PAGE, DMAMEM_PIN_WRITE));
	ASSERT_EQ(0, function_write(self->bdf, "remove", "1"));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(pinned + 1, pages_pinned());
	EXPECT_EQ(0, function_vouch(self->bdf));
	EXPECT_EQ(pinned, pages_pinned());
	EXPECT_EQ(0, pages_write("/sys/bus/pci/rescan", "1"));
}

/* An orderly program is not punished */
TEST_F(guard, left_alone_when_none_are)
{
	char *pages = pages_map(PAGE);
	int region;

	ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	region = uapi_pin_id(self->fd, pages, PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, uapi_unpin(self->fd, region));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(1, function_is_master(self->bdf));
}

TEST_HARNESS_MAIN
