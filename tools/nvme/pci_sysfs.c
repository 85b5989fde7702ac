// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A PCI function through /sys/bus/pci/devices: bound to nothing, to
 * uio_pci_generic or to dmamem.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/nvme/pci.h"

/* 1: a driver that leaves the registers alone; 0: none; -EBUSY: another one */
static int find_driver(int dir_fd)
{
	static const char * const harmless[] = { "uio_pci_generic", "dmamem" };
	char link[PATH_MAX];
	const char *name;
	ssize_t len;
	size_t i;

	len = readlinkat(dir_fd, "driver", link, sizeof(link) - 1);
	if (len < 0)
		return errno == ENOENT ? 0 : -errno;

	link[len] = '\0';
	name = strrchr(link, '/');
	name = name ? name + 1 : link;
	for (i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (!strcmp(name, harmless[i]))
			return 1;
	return -EBUSY;
}

static int write_attribute(int dir_fd, const char *name, const char *text)
{
	int fd, ret = 0;

	fd = openat(dir_fd, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int map_resource(struct nvme_pci *pci)
{
	struct stat st;
	void *bar;
	int fd, ret = 0;

	fd = openat(pci->dir_fd, "resource0", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		ret = -errno;
		goto out;
	}
	bar = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED) {
		ret = -errno;
		goto out;
	}
	pci->bar = bar;
	pci->bar_len = st.st_size;
out:
	close(fd);
	return ret;
}

/* A bound driver has enabled the function, and sysfs refuses to */
static int sysfs_map(struct nvme_pci *pci)
{
	int ret;

	if (!pci->bound) {
		ret = write_attribute(pci->dir_fd, "enable", "1");
		if (ret)
			return ret;
		pci->enabled = true;
	}
	return map_resource(pci);
}

static int sysfs_reset(const struct nvme_pci *pci)
{
	return write_attribute(pci->dir_fd, "reset", "1");
}

static void sysfs_release(struct nvme_pci *pci)
{
	if (pci->enabled)
		write_attribute(pci->dir_fd, "enable", "0");
	close(pci->config_fd);
}

static const struct nvme_pci_ops sysfs_ops = {
	.map = sysfs_map,
	.reset = sysfs_reset,
	.release = sysfs_release,
};

int nvme_pci_open_sysfs(struct nvme_pci *pci)
{
	int bound = find_driver(pci->dir_fd);

	if (bound < 0)
		return bound;
	pci->bound = bound;
	pci->config_fd = openat(pci->dir_fd, "config", O_RDWR | O_CLOEXEC);
	if (pci->config_fd < 0)
		return -errno;
	pci->ops = &sysfs_ops;
	return 0;
}
