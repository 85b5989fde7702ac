// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A PCI function through /sys/bus/pci/devices.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/nvme/pci.h"
#include "tools/nvme/spec.h"

static int open_directory(const char *bdf)
{
	unsigned int domain, bus, dev, fn;
	char path[64];
	char tail;
	int fd;

	if (sscanf(bdf, "%8x:%2x:%2x.%1x%c", &domain, &bus, &dev, &fn,
		   &tail) != 4)
		return -EINVAL;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%04x:%02x:%02x.%x",
		 domain, bus, dev, fn);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ENODEV : -errno;
}

static int check_class(int dir_fd)
{
	char text[16] = "";
	int fd, ret = 0;

	fd = openat(dir_fd, "class", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		ret = -EIO;
	else if (strtoul(text, NULL, 16) != NVME_PCI_CLASS)
		ret = -ENOTTY;
	close(fd);
	return ret;
}

/* 1: a driver that leaves the registers alone; 0: none; -EBUSY: another one */
static int check_driver(int dir_fd)
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

static int change_command(int config_fd, uint16_t clear, uint16_t set)
{
	uint16_t command;

	if (pread(config_fd, &command, sizeof(command), PCI_COMMAND) !=
	    sizeof(command))
		return -EIO;
	command = htole16((le16toh(command) & ~clear) | set);
	if (pwrite(config_fd, &command, sizeof(command), PCI_COMMAND) !=
	    sizeof(command))
		return -EIO;
	return 0;
}

/* The lock keeps a second driver of this kind away from the function */
static int open_config(int dir_fd)
{
	int fd, err;

	fd = openat(dir_fd, "config", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;

	err = errno == EWOULDBLOCK ? EBUSY : errno;
	close(fd);
	return -err;
}

static int map_bar(struct nvme_pci *pci)
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
	if (st.st_size <= NVME_REG_DOORBELLS) {
		ret = -ENXIO;
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

static int take_function(struct nvme_pci *pci)
{
	int bound, ret;

	ret = check_class(pci->dir_fd);
	if (ret)
		return ret;
	bound = check_driver(pci->dir_fd);
	if (bound < 0)
		return bound;
	pci->config_fd = open_config(pci->dir_fd);
	if (pci->config_fd < 0)
		return pci->config_fd;

	/* A bound driver has enabled the function, and sysfs refuses to */
	if (!bound) {
		ret = write_attribute(pci->dir_fd, "enable", "1");
		if (ret)
			return ret;
		pci->enabled = true;
	}
	ret = change_command(pci->config_fd, PCI_COMMAND_MASTER,
			     PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	return ret ? ret : map_bar(pci);
}

int nvme_pci_open(const char *bdf, struct nvme_pci *pci)
{
	int ret;

	*pci = (struct nvme_pci){ .config_fd = -1 };
	pci->dir_fd = open_directory(bdf);
	if (pci->dir_fd < 0)
		return pci->dir_fd;

	ret = take_function(pci);
	if (ret)
		nvme_pci_close(pci);
	return ret;
}

void nvme_pci_close(struct nvme_pci *pci)
{
	if (pci->bar) {
		nvme_pci_set_master(pci, false);
		munmap((void *)pci->bar, pci->bar_len);
	}
	if (pci->enabled)
		write_attribute(pci->dir_fd, "enable", "0");
	if (pci->config_fd >= 0)
		close(pci->config_fd);
	close(pci->dir_fd);
}

int nvme_pci_set_master(const struct nvme_pci *pci, bool on)
{
	return change_command(pci->config_fd, on ? 0 : PCI_COMMAND_MASTER,
			      on ? PCI_COMMAND_MASTER : 0);
}

int nvme_pci_reset(const struct nvme_pci *pci)
{
	return write_attribute(pci->dir_fd, "reset", "1");
}
