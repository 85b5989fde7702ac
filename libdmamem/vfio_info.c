// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * VFIO_IOMMU_GET_INFO and its chain of capabilities.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "libdmamem/explain.h"
#include "libdmamem/vfio_info.h"

static const void *at(const struct vfio_iommu_type1_info *answer, size_t offset,
		      size_t size)
{
	if (offset < sizeof(*answer) || offset > answer->argsz ||
	    size > answer->argsz - offset)
		return NULL;
	return (const char *)answer + offset;
}

/* The chain only goes forward: it ends */
static const void *find_capability(const struct vfio_iommu_type1_info *answer,
				   unsigned int id, size_t *offset, size_t size)
{
	const struct vfio_info_cap_header *header;
	size_t before = 0;

	if (!(answer->flags & VFIO_IOMMU_INFO_CAPS))
		return NULL;
	*offset = answer->cap_offset;
	for (; *offset > before; before = *offset, *offset = header->next) {
		header = at(answer, *offset, sizeof(*header));
		if (!header)
			return NULL;
		if (header->id == id)
			return at(answer, *offset, size);
	}
	return NULL;
}

static const struct vfio_iommu_type1_info_cap_iova_range *
find_ranges(const struct vfio_iommu_type1_info *answer)
{
	const struct vfio_iommu_type1_info_cap_iova_range *cap;
	size_t offset;

	cap = find_capability(answer, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
			      &offset, sizeof(*cap));
	if (!cap || !at(answer, offset, sizeof(*cap) + cap->nr_iovas *
			sizeof(cap->iova_ranges[0])))
		return NULL;
	return cap;
}

static uint32_t find_avail(const struct vfio_iommu_type1_info *answer)
{
	const struct vfio_iommu_type1_info_dma_avail *cap;
	size_t offset;

	cap = find_capability(answer, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, &offset,
			      sizeof(*cap));
	return cap ? cap->avail : UINT32_MAX;
}

int dmamem_vfio_info_parse(const struct vfio_iommu_type1_info *answer,
			   struct dmamem_vfio_info *info)
{
	const struct vfio_iommu_type1_info_cap_iova_range *cap;

	cap = find_ranges(answer);
	if (!cap || !cap->nr_iovas ||
	    !(answer->flags & VFIO_IOMMU_INFO_PGSIZES) || !answer->iova_pgsizes)
		return -EPROTONOSUPPORT;
	info->ranges = calloc(cap->nr_iovas, sizeof(info->ranges[0]));
	if (!info->ranges)
		return -ENOMEM;
	info->nr_ranges = cap->nr_iovas;
	for (size_t i = 0; i < cap->nr_iovas; i++) {
		info->ranges[i].first = cap->iova_ranges[i].start;
		info->ranges[i].last = cap->iova_ranges[i].end;
	}
	info->page_size = answer->iova_pgsizes & -answer->iova_pgsizes;
	info->avail = find_avail(answer);
	return 0;
}

static int ask(int container, struct vfio_iommu_type1_info **answer)
{
	struct vfio_iommu_type1_info *bigger;
	uint32_t size;

	do {
		size = (*answer)->argsz;
		if (ioctl(container, VFIO_IOMMU_GET_INFO, *answer) < 0)
			return -errno;
		if ((*answer)->argsz <= size)
			return 0;
		size = (*answer)->argsz;
		bigger = realloc(*answer, size);
		if (!bigger)
			return -ENOMEM;
		memset(bigger, 0, size);
		bigger->argsz = size;
		*answer = bigger;
	} while (1);
}

int dmamem_vfio_info_read(int container, struct dmamem_vfio_info *info,
			  char *why)
{
	struct vfio_iommu_type1_info *answer = calloc(1, sizeof(*answer));
	int ret;

	if (!answer)
		return -ENOMEM;
	answer->argsz = sizeof(*answer);
	ret = ask(container, &answer);
	if (!ret)
		ret = dmamem_vfio_info_parse(answer, info);
	free(answer);
	if (ret && ret != -ENOMEM)
		return dmamem_because(why, ret,
				      "the kernel does not say which addresses the IOMMU takes: %s",
				      strerrordesc_np(-ret));
	return ret;
}
