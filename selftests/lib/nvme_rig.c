// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <dmamem/memory.h>

#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "tools/memory/pages.h"
#include "tools/nvme/scatter.h"

const char *nvme_rig_bdf(unsigned int index)
{
	static char list[256];
	const char *value = getenv("DMAMEM_NVME");
	char *rest = list, *word;

	snprintf(list, sizeof(list), "%s", value ? value : "");
	do {
		word = strtok_r(NULL, " ", &rest);
	} while (word && index--);
	return word;
}

int nvme_rig_driver_suits(const char *driver, const char *bdf)
{
	if (driver && !strcmp(driver, "dmamem"))
		return 1;
	return function_is_translated(bdf) ==
	       (driver && !strcmp(driver, "vfio-pci"));
}

static int open_context(const char *bdf, const char *provider,
			struct dmamem_context **ctx)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = bdf,
		.provider = provider,
	};

	return dmamem_open(&options, ctx);
}

int nvme_rig_open_context(const char *bdf, struct dmamem_context **ctx)
{
	return open_context(bdf, NULL, ctx);
}

static void *map_hugetlb(size_t len)
{
	void *mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static int open_memory(struct nvme_rig *rig, uint64_t seed)
{
	size_t len = rig->nr_pages * NVME_RIG_PAGE;

	rig->mapped = len;
	if (!strcmp(dmamem_get_provider(rig->ctx), "hugepage")) {
		rig->mapped = (len + HUGE - 1) / HUGE * HUGE;
		rig->memory = map_hugetlb(rig->mapped);
	} else {
		rig->memory = scatter_alloc(rig->nr_pages, seed);
	}
	return rig->memory ? dmamem_register(rig->ctx, rig->memory, len) :
			     -errno;
}

int nvme_rig_open_with(struct nvme_rig *rig, const char *bdf,
		       const char *provider, size_t nr_pages, uint64_t seed)
{
	int err;

	*rig = (struct nvme_rig){ .bdf = bdf, .nr_pages = nr_pages };
	err = open_context(bdf, provider, &rig->ctx);
	if (err)
		return err;
	err = open_memory(rig, seed);
	if (err)
		return err;
	err = nvme_open(rig->ctx, bdf, &rig->ctrl);
	return err ? err : nvme_namespace_after(rig->ctrl, 0, &rig->ns);
}

int nvme_rig_open(struct nvme_rig *rig, const char *bdf, size_t nr_pages,
		  uint64_t seed)
{
	return nvme_rig_open_with(rig, bdf, NULL, nr_pages, seed);
}

int nvme_rig_close(struct nvme_rig *rig)
{
	int err;

	err = nvme_close(rig->ctrl);
	dmamem_close(rig->ctx);
	if (rig->memory)
		munmap(rig->memory, rig->mapped);
	*rig = (struct nvme_rig){ 0 };
	return err;
}

uint64_t nvme_rig_blocks(const struct nvme_rig *rig, uint64_t bytes)
{
	return bytes >> rig->ns.lba_shift;
}

int nvme_rig_guarded(const unsigned char *from, const unsigned char *to)
{
	while (from < to && *from == NVME_RIG_GUARD)
		from++;
	return from == to;
}
