// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A PCI function through VFIO: bound to vfio-pci, its file had from the
 * context, to which that belongs.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "tools/nvme/pci.h"

static int get_region(int fd, unsigned int index,
		      struct vfio_region_info *region)
{
	*region = (struct vfio_region_info){
		.argsz = sizeof(*region),
		.index = index,
	};
	return ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, region) ? -errno : 0;
}

static int vfio_map(struct nvme_pci *pci)
{
	struct vfio_region_info region;
	void *bar;
	int ret;

	ret = get_region(pci->config_fd, VFIO_PCI_BAR0_REGION_INDEX, &region);
	if (ret)
		return ret;
	if (!(region.flags & VFIO_REGION_INFO_FLAG_MMAP))
		return -ENXIO;
	bar = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED,
		   pci->config_fd, (off_t)region.offset);
	if (bar == MAP_FAILED)
		return -errno;
	pci->bar = bar;
	pci->bar_len = region.size;
	return 0;
}

static int vfio_reset(const struct nvme_pci *pci)
{
	return ioctl(pci->config_fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

static void vfio_release(struct nvme_pci *pci)
{
	pci->config_fd = -1;
}

static const struct nvme_pci_ops vfio_ops = {
	.map = vfio_map,
	.reset = vfio_reset,
	.release = vfio_release,
};

int nvme_pci_open_vfio(int device_fd, struct nvme_pci *pci)
{
	struct vfio_region_info region;
	int ret;

	ret = get_region(device_fd, VFIO_PCI_CONFIG_REGION_INDEX, &region);
	if (ret)
		return ret;
	pci->ops = &vfio_ops;
	pci->config_fd = device_fd;
	pci->config_offset = (off_t)region.offset;
	return 0;
}
