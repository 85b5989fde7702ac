// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Mappings in a VFIO type 1 container, which one or more devices share.
 *
 * A registration is one mapping, however scattered its pages are: the kernel
 * limits how many mappings a container has, not how large they are. Two
 * registrations are never one mapping, also where they join: type 1 unmaps a
 * mapping as a whole or not at all, and either must go without the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libdmamem/iova.h"
#include "libdmamem/memlock.h"
#include "libdmamem/provider.h"
#include "libdmamem/vfio_device.h"
#include "libdmamem/vfio_info.h"
#include "libdmamem/vfio_mode.h"

struct vfio {
	struct dmamem_provider base;
	int container;
	struct dmamem_vfio_device *devices;
	struct dmamem_iova_space space;
	uint32_t nr_mappings;
	uint32_t avail;
};

static struct vfio *to_vfio(struct dmamem_provider *provider)
{
	return (struct vfio *)provider;
}

static int check_entries(struct vfio *vfio)
{
	if (vfio->avail)
		return 0;
	return dmamem_because(vfio->base.explanation, -ENOSPC,
			      "the container has all %u mappings that dma_entry_limit of vfio_iommu_type1 allows it: register fewer, larger ranges",
			      vfio->nr_mappings);
}

static int choose_iova(struct vfio *vfio, uint64_t addr, uint64_t len,
		       uint64_t *iova)
{
	char *why = vfio->base.explanation;

	if (vfio->base.mode == DMAMEM_IOVA_DMA) {
		if (!dmamem_iova_find(&vfio->space, addr, len,
				      &vfio->base.fitness, iova))
			return 0;
		return dmamem_because(why, -ENOSPC,
				      "no addresses that IOMMU and device take are left for %#jx bytes",
				      (uintmax_t)len);
	}
	*iova = addr;
	if (dmamem_iova_allowed(&vfio->space, addr, len))
		return 0;
	return dmamem_because(why, -ERANGE,
			      "the IOMMU does not take addresses %#jx to %#jx: mode dma would do",
			      (uintmax_t)addr, (uintmax_t)(addr + len - 1));
}

static int explain_map(struct vfio *vfio, uint64_t addr, uint64_t len, int err)
{
	char *why = vfio->base.explanation;

	switch (err) {
	case ENOMEM:
		return dmamem_explain_memlock(len, why);
	case EFAULT:
		return dmamem_because(why, -EFAULT,
				      "part of %#jx + %#jx is not mapped, or not writable",
				      (uintmax_t)addr, (uintmax_t)len);
	default:
		return dmamem_because(why, -err, "VFIO_IOMMU_MAP_DMA: %s",
				      strerrordesc_np(err));
	}
}

static int vfio_pin(struct dmamem_provider *provider, uint64_t addr,
		    uint64_t len, uint64_t *region)
{
	struct vfio *vfio = to_vfio(provider);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = addr,
		.size = len,
	};
	struct dmamem_iova_node *node;
	uint64_t iova;
	int ret;

	ret = check_entries(vfio);
	if (!ret)
		ret = choose_iova(vfio, addr, len, &iova);
	if (ret)
		return ret;
	node = malloc(sizeof(*node));
	if (!node)
		return -ENOMEM;
	map.iova = iova;
	if (ioctl(vfio->container, VFIO_IOMMU_MAP_DMA, &map) < 0) {
		ret = explain_map(vfio, addr, len, errno);
		free(node);
		return ret;
	}
	vfio->nr_mappings++;
	vfio->avail--;
	node->first = iova;
	node->len = len;
	if (provider->mode == DMAMEM_IOVA_DMA)
		dmamem_iova_take(&vfio->space, node);
	*region = (uintptr_t)node;
	return 0;
}

static int vfio_runs(struct dmamem_provider *provider, uint64_t region,
		     uint64_t *offset, struct dmamem_run *runs, size_t nr)
{
	const struct dmamem_iova_node *node = (void *)(uintptr_t)region;

	(void)provider;
	(void)nr;
	runs[0].value = node->first + *offset;
	runs[0].len = node->len - *offset;
	*offset = node->len;
	return 0;
}

static void vfio_unpin(struct dmamem_provider *provider, uint64_t region)
{
	struct dmamem_iova_node *node = (void *)(uintptr_t)region;
	struct vfio *vfio = to_vfio(provider);
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = node->first,
		.size = node->len,
	};

	if (dmamem_provider_is_owned(provider))
		ioctl(vfio->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
	vfio->nr_mappings--;
	vfio->avail++;
	if (provider->mode == DMAMEM_IOVA_DMA)
		dmamem_iova_give(&vfio->space, node);
	free(node);
}

static void vfio_close(struct dmamem_provider *provider)
{
	struct vfio *vfio = to_vfio(provider);

	dmamem_vfio_devices_close(vfio->devices);
	close(vfio->container);
	free(vfio->space.ranges);
	free(vfio);
}

/*
 * What the IOMMU takes may shrink with each device. The unit of pinning does
 * not change any more: it is read without a lock, and kept to already.
 */
static int read_info(struct vfio *vfio, char *why)
{
	struct dmamem_vfio_info info;
	int ret;

	ret = dmamem_vfio_info_read(vfio->container, &info, why);
	if (ret)
		return ret;
	if (vfio->base.page_size && info.page_size > vfio->base.page_size) {
		free(info.ranges);
		return dmamem_because(why, -EINVAL,
				      "its IOMMU has pages of %#jx bytes, those before it of %#jx",
				      (uintmax_t)info.page_size,
				      (uintmax_t)vfio->base.page_size);
	}
	free(vfio->space.ranges);
	vfio->space.ranges = info.ranges;
	vfio->space.nr_ranges = info.nr_ranges;
	vfio->avail = info.avail;
	if (!vfio->base.page_size)
		vfio->base.page_size = info.page_size;
	return 0;
}

static int vfio_add_device(struct dmamem_provider *provider,
			   const struct dmamem_facts *facts, char *why)
{
	struct vfio *vfio = to_vfio(provider);
	struct dmamem_vfio_device *before;
	int ret;

	if (dmamem_vfio_device_find(vfio->devices, facts->device))
		return dmamem_because(why, -EEXIST, "%s is in the context already",
				      facts->device);
	before = vfio->devices;
	ret = dmamem_vfio_device_open(vfio->container, facts, &vfio->devices,
				      why);
	if (ret)
		return ret;
	ret = read_info(vfio, why);
	if (ret) {
		vfio->devices->next = NULL;
		dmamem_vfio_devices_close(vfio->devices);
		vfio->devices = before;
	}
	return ret;
}

static int vfio_device_fd(struct dmamem_provider *provider, const char *device)
{
	const struct dmamem_vfio_device *found;

	found = dmamem_vfio_device_find(to_vfio(provider)->devices, device);
	return found ? found->fd : -ENODEV;
}

static const struct dmamem_provider_ops vfio_ops = {
	.name = "vfio",
	.pin = vfio_pin,
	.runs = vfio_runs,
	.unpin = vfio_unpin,
	.add_device = vfio_add_device,
	.device_fd = vfio_device_fd,
	.close = vfio_close,
};

/* All addresses of the process have at most as many bits as that of its stack */
static int choose_mode(struct vfio *vfio, const struct dmamem_options *options,
		       char *why)
{
	unsigned int bits = 64 - __builtin_clzll((uintptr_t)&options);
	char text[DMAMEM_EXPLANATION_SIZE];
	int ret;

	ret = dmamem_vfio_choose_mode(&vfio->space, options, bits,
				      &vfio->base.mode, text);
	if (ret)
		return dmamem_because(why, ret, "%s", text);
	return dmamem_because(vfio->base.reason, 0, "; %.200s", text);
}

static int open_container(struct vfio *vfio, char *why)
{
	vfio->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		return dmamem_because(why, -errno, "/dev/vfio/vfio: %s",
				      strerrordesc_np(errno));
	if (ioctl(vfio->container, VFIO_GET_API_VERSION) == VFIO_API_VERSION &&
	    ioctl(vfio->container, VFIO_CHECK_EXTENSION,
		  VFIO_TYPE1v2_IOMMU) == 1)
		return 0;
	close(vfio->container);
	return dmamem_because(why, -EPROTONOSUPPORT,
			      "VFIO has no type 1 IOMMU: is vfio_iommu_type1 loaded?");
}

int dmamem_provider_vfio_open(const struct dmamem_options *options,
			      const struct dmamem_facts *facts,
			      struct dmamem_provider **provider, char *why)
{
	struct vfio *vfio = calloc(1, sizeof(*vfio));
	int ret;

	if (!vfio)
		return -ENOMEM;
	dmamem_provider_init(&vfio->base, &vfio_ops);
	ret = open_container(vfio, why);
	if (ret) {
		free(vfio);
		return ret;
	}
	ret = vfio_add_device(&vfio->base, facts, why);
	if (!ret)
		ret = choose_mode(vfio, options, why);
	if (ret) {
		vfio_close(&vfio->base);
		return ret;
	}
	*provider = &vfio->base;
	return 0;
}
