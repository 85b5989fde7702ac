// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Virtual addresses if every address that the process can have suits both IOMMU
 * and device, others if not: which memory will be registered is not known yet.
 */
#include <errno.h>

#include "libdmamem/explain.h"
#include "libdmamem/run.h"
#include "libdmamem/vfio_mode.h"

/* The upper half of what so many bits can say, where stacks and mappings are */
static bool iommu_takes(const struct dmamem_iova_space *space,
			unsigned int bits)
{
	return dmamem_iova_allowed(space, UINT64_C(1) << (bits - 1),
				   UINT64_C(1) << (bits - 1));
}

static bool device_takes(const struct dmamem_fitness *fitness,
			 unsigned int bits)
{
	return !fitness->first && !fitness->boundary &&
	       fitness->last >= UINT64_MAX >> (64 - bits);
}

static int check_any(const struct dmamem_iova_space *space,
		     const struct dmamem_fitness *fitness, char *text)
{
	uint64_t first;

	if (!dmamem_iova_find(space, 0, PAGE_BYTES, fitness, &first))
		return 0;
	return dmamem_because(text, -ERANGE,
			      "the IOMMU takes none of the addresses %#jx to %#jx, which the device can use",
			      (uintmax_t)fitness->first,
			      (uintmax_t)fitness->last);
}

int dmamem_vfio_choose_mode(const struct dmamem_iova_space *space,
			    const struct dmamem_options *options,
			    unsigned int bits, enum dmamem_iova_mode *mode,
			    char *text)
{
	struct dmamem_fitness fitness;
	const char *who = NULL;
	int ret;

	dmamem_fitness_init(&fitness, options);
	ret = check_any(space, &fitness, text);
	if (ret)
		return ret;
	if (!iommu_takes(space, bits))
		who = "the IOMMU";
	else if (!device_takes(&fitness, bits))
		who = "the device";
	if (who && options->iova_mode == DMAMEM_IOVA_VA)
		return dmamem_because(text, -EOPNOTSUPP,
				      "mode va cannot be had: addresses of the process have %u bits, and %s does not take all of them",
				      bits, who);
	*mode = options->iova_mode;
	if (*mode != DMAMEM_IOVA_AUTO)
		return dmamem_because(text, 0, "the mode was asked for");
	*mode = who ? DMAMEM_IOVA_DMA : DMAMEM_IOVA_VA;
	if (who)
		return dmamem_because(text, 0,
				      "addresses of the process have %u bits, and %s does not take all of them",
				      bits, who);
	return dmamem_because(text, 0,
			      "IOMMU and device take all %u bits of an address of the process",
			      bits);
}
