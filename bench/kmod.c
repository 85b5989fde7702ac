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
#include <unistd.h>

#include <linux/vfio.h>

#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/bench/measure.h"
#include "tools/bench/pinning.h"
#include "tools/memory/pages.h"

#define NR 16384UL
#define LENGTH (NR * PAGE)
#define REGIONS_PER_GIB 16
#define STATE_GIBS 8
#define ROUNDS 7
#define NS_PER_INSTRUCTION 4.0

struct bench {
	struct pinning pinning;
	int barepin;
	int vfio;
};

static struct dmamem_extent all_extents[NR];
static uint64_t all_entries[NR];

static int bare_pin(void *arg)
{
	const struct bench *bench = arg;
	unsigned long request[2] = { (uintptr_t)bench->pinning.memory, NR };

	return write(bench->barepin, request, sizeof(request)) == (long)NR ?
		       0 : -EIO;
}

static int bare_unpin(void *arg)
{
	const struct bench *bench = arg;
	unsigned long request[2] = { 0, 0 };

	return write(bench->barepin, request, sizeof(request)) ? -EIO : 0;
}

/* The module's commands */
static int pin(void *arg)
{
	return pinning_pin(&((struct bench *)arg)->pinning);
}

static int extents(void *arg)
{
	return pinning_extents(&((struct bench *)arg)->pinning);
}

static int unpin(void *arg)
{
	return pinning_unpin(&((struct bench *)arg)->pinning);
}

static int verify(void *arg)
{
	return pinning_verify(&((struct bench *)arg)->pinning);
}

static int vfio_map(void *arg)
{
	const struct bench *bench = arg;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)bench->pinning.memory,
		.iova = 1UL << 32,
		.size = LENGTH,
	};

	return ioctl(bench->vfio, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

static int vfio_unmap(void *arg)
{
	const struct bench *bench = arg;
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = 1UL << 32,
		.size = LENGTH,
	};

	return ioctl(bench->vfio, VFIO_IOMMU_UNMAP_DMA, &unmap) ? -errno : 0;
}

static int read_pagemap(void *arg)
{
	const struct bench *bench = arg;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	ssize_t got = pread(fd, all_entries, NR * 8,
			    (uintptr_t)bench->pinning.memory / PAGE * 8);

	close(fd);
	return got == (ssize_t)(NR * 8) ? 0 : -EIO;
}

/* What is measured: @run, undone by @undo, or prepared by it */
static const struct measurement {
	const char *name;
	measure_fn before;
	measure_fn run;
	measure_fn after;
} measurements[] = {
	{ "bare pin", NULL, bare_pin, bare_unpin },
	{ "bare unpin", bare_pin, bare_unpin, NULL },
	{ "PIN", NULL, pin, unpin },
	{ "EXTENTS", pin, extents, unpin },
	{ "UNPIN", pin, unpin, NULL },
	{ "VERIFY", pin, verify, unpin },
	{ "VFIO map", NULL, vfio_map, vfio_unmap },
	{ "VFIO unmap", vfio_map, vfio_unmap, NULL },
	{ "pagemap", NULL, read_pagemap, NULL },
};

enum { BARE_PIN, BARE_UNPIN, PIN, EXTENTS, UNPIN };
#define NR_MEASUREMENTS (sizeof(measurements) / sizeof(*measurements))

/* Median of instructions per page, negative if it cannot be done here */
static double measure(struct bench *bench, const struct measurement *m)
{
	const struct measure measure = {
		.before = m->before,
		.run = m->run,
		.after = m->after,
		.arg = bench,
		.rounds = ROUNDS,
		.per = NR * NS_PER_INSTRUCTION,
		.clock = CLOCK_MONOTONIC,
		.counter = -1,
	};
	struct spread spread;

	return measure_run(&measure, &spread) ? -1 : spread.median;
}

/* Pages of the slab allocator, less what it has in store for such as ours */
static long slab_pages(void)
{
	int fd = open("/proc/sys/vm/stat_refresh", O_RDONLY);
	char line[16];

	pages_write("/sys/kernel/slab/kmalloc-4k/shrink", "1");
	pages_write("/sys/kernel/slab/kmalloc-cg-4k/shrink", "1");
	/* Adds up what the processors count */
	if (read(fd, line, sizeof(line)) < 0)
		line[0] = 0;
	close(fd);
	return pages_count("/proc/vmstat", "nr_slab_unreclaimable");
}

/* Kernel memory that a GiB of pins takes */
static double state_per_gib(struct bench *bench)
{
	static uint32_t regions[STATE_GIBS * REGIONS_PER_GIB];
	const int nr = STATE_GIBS * REGIONS_PER_GIB;
	long before = slab_pages(), after;
	int i;

	for (i = 0; i < nr; i++) {
		if (pin(bench))
			return -1;
		regions[i] = bench->pinning.pin.region;
	}
	after = slab_pages();
	for (i = 0; i < nr; i++)
		uapi_unpin(bench->pinning.fd, regions[i]);
	return (double)(after - before) * PAGE / STATE_GIBS;
}

static void run(struct bench *bench, const char *kind, char *memory)
{
	double cost[NR_MEASUREMENTS];
	unsigned int i;

	if (!memory) {
		printf("%s: no such memory here\n", kind);
		return;
	}
	bench->pinning.memory = memory;
	for (i = 0; i < NR_MEASUREMENTS; i++)
		cost[i] = measure(bench, &measurements[i]);
	printf("%s, %llu runs\n", kind, bench->pinning.pin.nr_extents);
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
		.pinning = {
			.fd = uapi_open(NULL),
			.length = LENGTH,
			.extents = all_extents,
		},
		.barepin = open("/dev/barepin", O_WRONLY),
		.vfio = open_vfio(),
	};

	if (bench.pinning.fd < 0 || bench.barepin < 0) {
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
