// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A PCI function: what does not depend on how it is reached.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/nvme/pci.h"
#include "tools/nvme/spec.h"

static int check_class(const struct nvme_pci *pci)
{
	uint32_t class;

	if (pread(pci->config_fd, &class, sizeof(class), pci->config_offset +
		  PCI_CLASS_REVISION) != sizeof(class))
		return -EIO;
	return le32toh(class) >> 8 == NVME_PCI_CLASS ? 0 : -ENOTTY;
}

static int change_command(const struct nvme_pci *pci, uint16_t clear,
			  uint16_t set)
{
	off_t offset = pci->config_offset + PCI_COMMAND;
	uint16_t command;

	if (pread(pci->config_fd, &command, sizeof(command), offset) !=
	    sizeof(command))
		return -EIO;
	command = htole16((le16toh(command) & ~clear) | set);
	if (pwrite(pci->config_fd, &command, sizeof(command), offset) !=
	    sizeof(command))
		return -EIO;
	return 0;
}

/* /dev/dmamem stops the function if we die; others know it, or cannot */
static int announce(struct dmamem_context *ctx, const char *bdf)
{
	int ret = dmamem_add_device(ctx, bdf);

	return ret == -EEXIST || ret == -EOPNOTSUPP ? 0 : ret;
}

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

/* The lock keeps a second driver of this kind away from the function */
static int open_locked(int dir_fd)
{
	int fd, err;

	fd = openat(dir_fd, "config", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return fd;

	err = errno == EWOULDBLOCK ? EBUSY : errno;
	close(fd);
	return -err;
}

/* A VFIO file has to be had from the context, which must know the function */
static int choose_ops(struct dmamem_context *ctx, const char *bdf,
		      struct nvme_pci *pci)
{
	int ret;

	if (strcmp(dmamem_get_provider(ctx), "vfio"))
		return nvme_pci_open_sysfs(pci);
	ret = announce(ctx, bdf);
	if (!ret)
		ret = dmamem_device_fd(ctx, bdf);
	return ret < 0 ? ret : nvme_pci_open_vfio(ret, pci);
}

static int open_function(struct dmamem_context *ctx, const char *bdf,
			 struct nvme_pci *pci)
{
	int ret;

	pci->dir_fd = open_directory(bdf);
	if (pci->dir_fd < 0)
		return pci->dir_fd;
	pci->lock_fd = open_locked(pci->dir_fd);
	if (pci->lock_fd < 0)
		return pci->lock_fd;

	ret = choose_ops(ctx, bdf, pci);
	if (!ret)
		ret = check_class(pci);
	if (!ret)
		ret = announce(ctx, bdf);
	if (!ret)
		ret = pci->ops->map(pci);
	if (!ret && pci->bar_len <= NVME_REG_DOORBELLS)
		ret = -ENXIO;
	return ret ? ret : change_command(pci, PCI_COMMAND_MASTER,
					  PCI_COMMAND_MEMORY |
					  PCI_COMMAND_INTX_DISABLE);
}

int nvme_pci_open(struct dmamem_context *ctx, const char *bdf,
		  struct nvme_pci *pci)
{
	int ret;

	*pci = (struct nvme_pci){ .dir_fd = -1, .lock_fd = -1 };
	ret = open_function(ctx, bdf, pci);
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
	if (pci->ops)
		pci->ops->release(pci);
	if (pci->lock_fd >= 0) {
		/* A child that was forked meanwhile holds the lock, too */
		flock(pci->lock_fd, LOCK_UN);
		close(pci->lock_fd);
	}
	if (pci->dir_fd >= 0)
		close(pci->dir_fd);
}

int nvme_pci_set_master(const struct nvme_pci *pci, bool on)
{
	return change_command(pci, on ? 0 : PCI_COMMAND_MASTER,
			      on ? PCI_COMMAND_MASTER : 0);
}

int nvme_pci_reset(const struct nvme_pci *pci)
{
	return pci->ops->reset(pci);
}
