// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* With VFIO only VFIO may map them: newer kernels see to that */
static volatile void *map_registers(struct dmamem_context *ctx, const char *bdf)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = VFIO_PCI_BAR0_REGION_INDEX,
	};
	void *bar;
	int fd;

	if (strcmp(dmamem_get_provider(ctx), "vfio"))
		return function_map(bdf, EDU_BAR_BYTES);
	fd = dmamem_device_fd(ctx, bdf);
	if (fd < 0 || ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region))
		return NULL;
	bar = mmap(NULL, EDU_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)region.offset);
	return bar == MAP_FAILED ? NULL : bar;
}

/* VFIO and the module have their own idea of bus mastering */
int dma_rig_map_device(struct dmamem_context *ctx, struct edu *edu)
{
	int ret = function_enable(edu->bdf, 1);

	if (ret)
		return ret;
	edu->bar = map_registers(ctx, edu->bdf);
	return edu->bar ? 0 : -EIO;
}

int dma_rig_open(struct dma_rig *rig, const char *driver, const char *provider,
		 enum dmamem_iova_mode mode)
{
	int ret;

	memset(rig, 0, sizeof(*rig));
	ret = edu_bind(&rig->edu, driver);
	if (ret)
		return ret == -ENODEV ? ret : -ENOENT;
	ret = open_context(rig, provider, mode);
	if (ret)
		return ret;
	ret = dma_rig_map_device(rig->ctx, &rig->edu);
	if (ret)
		dma_rig_close(rig);
	return ret;
}

void dma_rig_close(struct dma_rig *rig)
{
	/* VFIO waits for the mapping to go */
	if (rig->edu.bar)
		munmap((void *)rig->edu.bar, EDU_BAR_BYTES);
	rig->edu.bar = NULL;
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

/* The kernel reports it from an interrupt, when that is served */
int dma_rig_wait_fault(uint64_t dma_addr, int before)
{
	for (int tries = 0; tries < 500; tries++) {
		if (dma_rig_faults(dma_addr) > before)
			return 0;
		usleep(10000);
	}
	return -ETIMEDOUT;
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
