// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The demonstration says what it works with.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/nvme/demo.h"

#define NR_ADDRESSES 6

static void print_controller(const struct demo *d)
{
	const struct nvme_info *info = nvme_get_info(d->ctrl);

	printf("Controller  %s: %s, serial %s, NVMe %u.%u\n", d->bdf,
	       info->model, info->serial, info->version >> 16,
	       info->version >> 8 & 0xff);
	printf("Namespace   %u: %llu blocks of %u bytes\n", d->ns.nsid,
	       (unsigned long long)d->ns.nr_lbas, 1U << d->ns.lba_shift);
}

static long huge_pages_reserved(void)
{
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "re");
	long nr = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%ld", &nr) != 1)
		nr = 0;
	fclose(file);
	return nr;
}

static const char *kernel_driver(const char *bdf)
{
	static char link[128];
	char path[64];
	const char *name;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", bdf);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return "none";
	link[len] = '\0';
	name = strrchr(link, '/');
	return name ? name + 1 : link;
}

static void print_setup(const struct demo *d)
{
	printf("Setup       %ld huge pages reserved, kernel driver: %s\n",
	       huge_pages_reserved(), kernel_driver(d->bdf));
}

static void print_memory(const struct demo *d)
{
	uint64_t longest = 0, left = d->nr_pages * DEMO_PAGE;
	const unsigned char *va = d->memory;
	size_t runs = 0;

	while (left) {
		uint64_t len = left;

		dmamem_translate(d->ctx, va, &len);
		if (len > longest)
			longest = len;
		va += len;
		left -= len;
		runs++;
	}
	printf("Memory      %zu ordinary 4 KiB pages in %zu run%s, the longest %u KiB\n",
	       d->nr_pages, runs, runs == 1 ? "" : "s",
	       (unsigned int)(longest >> 10));
}

static void print_addresses(const struct demo *d)
{
	static const char * const kinds[] = {
		[DMAMEM_IOVA_PA] = "physical",
		[DMAMEM_IOVA_VA] = "those of the process",
		[DMAMEM_IOVA_DMA] = "translated by the IOMMU",
	};
	size_t i;

	printf("Addresses   %s, from %s\n", kinds[dmamem_get_iova_mode(d->ctx)],
	       dmamem_get_provider(d->ctx));
	for (i = 0; i < NR_ADDRESSES; i++)
		printf("            %p -> 0x%010llx\n",
		       (void *)(d->memory + i * DEMO_PAGE),
		       demo_dma_address(d, d->memory + i * DEMO_PAGE));
}

void demo_show(const struct demo *d)
{
	print_controller(d);
	print_setup(d);
	print_memory(d);
	print_addresses(d);
}
