// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>

#include "selftests/lib/dma_rig.h"
#include "selftests/lib/function.h"

#define SYSLOG_ACTION_READ_ALL 3
#define LOG_BYTES 0x100000

static int open_context(struct dma_rig *rig, const char *provider,
			enum dmamem_iova_mode mode)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.provider = provider,
		.device = rig->edu.bdf,
		.iova_mode = mode,
		.explanation = rig->why,
		.explanation_size = sizeof(rig->why),
	};

	return dmamem_open(&options, &rig->ctx);
}

int dma_rig_open(struct dma_rig *rig, const char *driver, const char *provider,
		 enum dmamem_iova_mode mode)
{
	int ret;

	memset(rig, 0, sizeof(*rig));
	ret = edu_open(&rig->edu, driver);
	if (ret)
		return ret == -ENODEV ? ret : -ENOENT;
	ret = open_context(rig, provider, mode);
	if (ret)
		return ret;
	/* VFIO and the module have their own idea of bus mastering */
	ret = function_enable(rig->edu.bdf, 1);
	if (ret)
		dma_rig_close(rig);
	return ret;
}

void dma_rig_close(struct dma_rig *rig)
{
	if (rig->ctx)
		dmamem_close(rig->ctx);
	rig->ctx = NULL;
}

int dma_rig_copy(struct dma_rig *rig, const void *from, const void *to)
{
	int ret;

	ret = edu_read(&rig->edu, dmamem_translate(rig->ctx, from, NULL),
		       EDU_BYTES);
	if (ret)
		return ret;
	return edu_write(&rig->edu, dmamem_translate(rig->ctx, to, NULL),
			 EDU_BYTES);
}

bool dma_rig_translated(const struct dma_rig *rig)
{
	return dmamem_get_iova_mode(rig->ctx) != DMAMEM_IOVA_PA;
}

int dma_rig_faults(uint64_t dma_addr)
{
	char address[64], *log, *at;
	int len, found = 0;

	log = malloc(LOG_BYTES);
	if (!log)
		return 0;
	len = klogctl(SYSLOG_ACTION_READ_ALL, log, LOG_BYTES - 1);
	log[len < 0 ? 0 : len] = '\0';
	snprintf(address, sizeof(address), "fault addr 0x%" PRIx64 " ",
		 dma_addr & ~UINT64_C(4095));
	for (at = log; (at = strstr(at, address)); at++)
		found++;
	free(log);
	return found;
}

void *dma_rig_map(const struct dma_rig *rig, size_t len, int flags)
{
	void *mem;

	if (!strcmp(dmamem_get_provider(rig->ctx), "hugepage"))
		flags |= MAP_HUGETLB;
	mem = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | flags, -1,
		   0);
	return mem == MAP_FAILED ? NULL : mem;
}
