// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What pinning costs, in instructions per 4 KiB page: PIN, EXTENTS and UNPIN
 * beside the bare pin of the kernel, and beside what other ways to learn DMA
 * addresses cost. For a guest whose clock counts instructions of 4 ns
 * (selftests/vm/run --icount); elsewhere the numbers are time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 16384UL
#define LENGTH (NR * PAGE)
#define REGIONS_PER_GIB 16
#define ROUNDS 7
#define NS_PER_INSTRUCTION 4.0

struct bench {
	int dmamem;
	int barepin;
	int vfio;
	char *memory;
	struct dmamem_pin pin;
};

static struct dmamem_extent all_extents[NR];
static uint64_t all_entries[NR];

/* Each returns 0 or -errno */
typedef int (*step_fn)(struct bench *bench);

static int bare_pin(struct bench *bench)
{
	unsigned long request[2] = { (uintptr_t)bench->memory, NR };

	return write(bench->barepin, request, sizeof(request)) == (long)NR ?
		       0 : -EIO;
}

static int bare_unpin(struct bench *bench)
{
	unsigned long request[2] = { 0, 0 };

	return write(bench->barepin, request, sizeof(request)) ? -EIO : 0;
}

static int pin(struct bench *bench)
{
	return uapi_pin(bench->dmamem, bench->memory, LENGTH, DMAMEM_PIN_WRITE,
			&bench->pin);
}

static int extents(struct bench *bench)
{
	uint32_t count = NR;

	return uapi_extents(bench->dmamem, bench->pin.region, 0, all_extents,
			    &count);
}

static int unpin(struct bench *bench)
{
	return uapi_unpin(bench->dmamem, bench->pin.region);
}

static int verify(struct bench *bench)
{
	return uapi_verify(bench->dmamem, bench->pin.region, 0, LENGTH, NULL);
}

static int vfio_map(struct bench *bench)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)bench->memory,
		.iova = 1UL << 32,
		.size = LENGTH,
	};

	return ioctl(bench->vfio, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int vfio_unmap(struct bench *bench)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = 1UL << 32,
		.size = LENGTH,
	};

	return ioctl(bench->vfio, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

static int read_pagemap(struct bench *bench)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t got = pread(fd, all_entries, NR * 8,
			    (uintptr_t)bench->memory / PAGE * 8);

	close(fd);
	return got == (ssize_t)(NR * 8) ? 0 : -EIO;
}

static int nothing(struct bench *bench)
{
	(void)bench;
	return 0;
}

/* What is measured: @run, undone by @undo, or prepared by it */
static const struct measurement {
	const char *name;
	step_fn before;
	step_fn run;
	step_fn after;
} measurements[] = {
	{ "bare pin", nothing, bare_pin, bare_unpin },
	{ "bare unpin", bare_pin, bare_unpin, nothing },
	{ "PIN", nothing, pin, unpin },
	{ "EXTENTS", pin, extents, unpin },
	{ "UNPIN", pin, unpin, nothing },
	{ "VERIFY", pin, verify, unpin },
	{ "VFIO map", nothing, vfio_map, vfio_unmap },
	{ "VFIO unmap", vfio_map, vfio_unmap, nothing },
	{ "pagemap", nothing, read_pagemap, nothing },
};

enum { BARE_PIN, BARE_UNPIN, PIN, EXTENTS, UNPIN };
#define NR_MEASUREMENTS (sizeof(measurements) / sizeof(*measurements))

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median of instructions per page, negative if it cannot be done here */
static double measure(struct bench *bench, const struct measurement *m)
{
	double costs[ROUNDS], begin;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		if (m->before(bench))
			return -1;
		begin = now();
		if (m->run(bench))
			return -1;
		costs[i] = (now() - begin) / NS_PER_INSTRUCTION / NR;
		m->after(bench);
	}
	qsort(costs, ROUNDS, sizeof(*costs), compare);
	return costs[ROUNDS / 2];
}

/* Kernel memory that a GiB of pins takes: four regions, to drown the noise */
static double state_per_gib(struct bench *bench)
{
	long before = pages_count("/proc/vmstat", "nr_free_pages");
	uint32_t regions[4];
	long after;
	int i;

	for (i = 0; i < 4; i++) {
		if (pin(bench))
			return -1;
		regions[i] = bench->pin.region;
	}
	after = pages_count("/proc/vmstat", "nr_free_pages");
	for (i = 0; i < 4; i++)
		uapi_unpin(bench->dmamem, regions[i]);
	return (before - after) * (double)PAGE / 4 * REGIONS_PER_GIB;
}

static void run(struct bench *bench, const char *kind, char *memory)
{
	double cost[NR_MEASUREMENTS];
	unsigned int i;

	if (!memory) {
		printf("%s: no such memory here\n", kind);
		return;
	}
	bench->memory = memory;
	for (i = 0; i < NR_MEASUREMENTS; i++)
		cost[i] = measure(bench, &measurements[i]);
	printf("%s, %llu runs\n", kind, bench->pin.nr_extents);
	for (i = 0; i < NR_MEASUREMENTS; i++)
		if (cost[i] >= 0)
			printf("  %-20s %8.1f\n", measurements[i].name,
			       cost[i]);
		else
			printf("  %-20s        -\n", measurements[i].name);
	printf("  %-20s %8.2f\n", "(PIN+EXTENTS)/bare",
	       (cost[PIN] + cost[EXTENTS]) / cost[BARE_PIN]);
	printf("  %-20s %8.2f\n", "UNPIN/bare",
	       cost[UNPIN] / cost[BARE_UNPIN]);
	printf("  %-20s %8.0f\n", "state bytes/GiB", state_per_gib(bench));
	fflush(stdout);
}

/* Pages touched in an order that makes nearly each a run of its own */
static char *map_scattered(void)
{
	char *memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, LENGTH, MADV_NOHUGEPAGE);
	for (i = 0; i < NR; i++)
		memory[i * 7919 % NR * PAGE] = 1;
	return memory;
}

static char *map_hugetlb(void)
{
	char *memory;

	pages_write("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages",
		    "40");
	memory = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | 21 << 26, -1,
		      0);
	if (memory == MAP_FAILED)
		return NULL;
	memset(memory, 1, LENGTH);
	return memory;
}

/* A VFIO container with the edu device's group in it; -1 without VFIO */
static int open_vfio(void)
{
	int container = open("/dev/vfio/vfio", O_RDWR), group;
	char bdf[FUNCTION_NAME], path[64], link[128];
	ssize_t length;

	if (container < 0 || function_find(FUNCTION_EDU, bdf) ||
	    function_bind(bdf, "vfio-pci"))
		return -1;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group",
		 bdf);
	length = readlink(path, link, sizeof(link) - 1);
	if (length < 0)
		return -1;
	link[length] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	group = open(path, O_RDWR);
	if (group < 0 || ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU))
		return -1;
	return container;
}

int main(void)
{
	struct bench bench = {
		.dmamem = uapi_open(NULL),
		.barepin = open("/dev/barepin", O_WRONLY),
		.vfio = open_vfio(),
	};

	if (bench.dmamem < 0 || bench.barepin < 0) {
		fprintf(stderr, "needs /dev/dmamem and /dev/barepin\n");
		return 1;
	}
	memset(all_extents, 1, sizeof(all_extents));
	memset(all_entries, 1, sizeof(all_entries));

	printf("Instructions per 4 KiB page, 64 MiB, median of %d\n", ROUNDS);
	run(&bench, "4 KiB pages, scattered", map_scattered());
	run(&bench, "4 KiB pages, as they come", pages_map(LENGTH));
	run(&bench, "THP", pages_map_thp(LENGTH));
	run(&bench, "hugetlb 2M", map_hugetlb());
	return 0;
}
