/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What a type 1 container says of its IOMMU.
 */
#ifndef DMAMEM_VFIO_INFO_H
#define DMAMEM_VFIO_INFO_H

#include "libdmamem/iova.h"

struct vfio_iommu_type1_info;

/**
 * struct dmamem_vfio_info - limits of the mappings
 * @page_size: unit of mapping, bytes
 * @ranges: allowed addresses, from malloc()
 * @nr_ranges: how many
 * @avail: further mappings that the container takes; UINT32_MAX if the kernel
 *         does not say
 */
struct dmamem_vfio_info {
	uint64_t page_size;
	uint32_t avail;
	struct dmamem_iova_range *ranges;
	size_t nr_ranges;
};

/**
 * dmamem_vfio_info_read() - ask the container
 * @container: its file, with a group and an IOMMU
 * @info: the answer; @info->ranges becomes the caller's
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: 0, -ENOMEM, -EPROTONOSUPPORT (the kernel does not say which addresses
 * are allowed), or the error of the ioctl.
 */
int dmamem_vfio_info_read(int container, struct dmamem_vfio_info *info,
			  char *why);

/**
 * dmamem_vfio_info_parse() - take the answer apart
 * @answer: what the kernel has written, @argsz bytes of it
 * @info: the result
 *
 * Return: 0, -ENOMEM or -EPROTONOSUPPORT.
 */
int dmamem_vfio_info_parse(const struct vfio_iommu_type1_info *answer,
			   struct dmamem_vfio_info *info);

#endif
