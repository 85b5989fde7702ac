/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which addresses a device behind an IOMMU gets.
 */
#ifndef DMAMEM_VFIO_MODE_H
#define DMAMEM_VFIO_MODE_H

#include <dmamem/dmamem.h>

#include "libdmamem/iova.h"

/**
 * dmamem_vfio_choose_mode() - the process's addresses, or others
 * @space: what the IOMMU takes
 * @options: what the caller wants, and what the device can address
 * @bits: that an address of the process can have
 * @mode: DMAMEM_IOVA_VA or DMAMEM_IOVA_DMA
 * @text: why, or why not: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: 0, or -EOPNOTSUPP (the mode wanted cannot be had), -ERANGE (no address
 * suits both IOMMU and device).
 */
int dmamem_vfio_choose_mode(const struct dmamem_iova_space *space,
			    const struct dmamem_options *options,
			    unsigned int bits, enum dmamem_iova_mode *mode,
			    char *text);

#endif
