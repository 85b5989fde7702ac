// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The demonstration: an NVMe controller writes from and reads into ordinary,
 * scattered 4 KiB pages of this process. It overwrites the disk.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dmamem/memory.h>

#include "tools/nvme/nvme.h"
#include "tools/nvme/pattern.h"
#include "tools/nvme/scatter.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)
#define PAGE KIB(4)
#define GUARD_BYTE 0xa5
#define NR_ADDRESSES 6

/*
 * What is moved: bytes, from which offset in a page, to which byte of the disk.
 * The host has its own copy of this (scripts/demo-check).
 */
static const struct transfer {
	const char *label;
	size_t len;
	size_t offset;
	uint64_t disk;
} transfers[] = {
	{ "512 B", 512, 1236, 0xe00 },
	{ "4 KiB", KIB(4), 0, 0x10000 },
	{ "8 KiB", KIB(8), 1028, 0x20200 },
	{ "128 KiB", KIB(128), 0, 0x40000 },
	{ "1 MiB", MIB(1), 0, 0x100200 },
	{ "3 MiB", MIB(3), 516, 0x400000 },
	{ "4 MiB", MIB(4), 0, 0x800000 },
};

#define NR_TRANSFERS (sizeof(transfers) / sizeof(transfers[0]))
#define DISK_END 0xc00000

/* A transfer's memory, between guard bytes */
struct buffer {
	unsigned char *start;
	unsigned char *data;
	unsigned char *data_end;
	unsigned char *end;
};

struct demo {
	const char *bdf;
	uint64_t seed;
	char why[256];
	struct dmamem_context *ctx;
	struct nvme_controller *ctrl;
	struct nvme_namespace ns;
	struct nvme_qpair *qpair;
	unsigned char *memory;
	size_t nr_pages;
	struct buffer from[NR_TRANSFERS];
	struct buffer to[NR_TRANSFERS];
};

/* A guard page before and after; what is left of the data's pages guards too */
static struct buffer place_buffer(const struct transfer *t,
				  unsigned char **memory)
{
	struct buffer b = { .start = *memory };

	b.data = b.start + PAGE + t->offset;
	b.data_end = b.data + t->len;
	b.end = b.start + PAGE +
		(t->offset + t->len + PAGE - 1) / PAGE * PAGE + PAGE;
	*memory = b.end;
	return b;
}

/* Returns where the last buffer ends, were the first one at @memory */
static unsigned char *place_buffers(struct demo *d, unsigned char *memory)
{
	size_t i;

	for (i = 0; i < NR_TRANSFERS; i++) {
		d->from[i] = place_buffer(&transfers[i], &memory);
		d->to[i] = place_buffer(&transfers[i], &memory);
	}
	return memory;
}

static int make_memory(struct demo *d)
{
	int err;

	d->nr_pages = (uintptr_t)place_buffers(d, NULL) / PAGE;
	d->memory = scatter_alloc(d->nr_pages, d->seed);
	if (!d->memory) {
		warnx("%zu pages: %s", d->nr_pages, strerror(errno));
		return -1;
	}
	place_buffers(d, d->memory);
	memset(d->memory, GUARD_BYTE, d->nr_pages * PAGE);

	err = dmamem_register(d->ctx, d->memory, d->nr_pages * PAGE);
	if (err) {
		dmamem_explain(d->ctx, d->why, sizeof(d->why));
		warnx("registering memory: %s", d->why);
		return -1;
	}
	return 0;
}

static int bring_up(struct demo *d)
{
	int err;

	err = nvme_open(d->ctx, d->bdf, &d->ctrl);
	if (err) {
		warnx("%s: %s", d->bdf, nvme_error_text(err));
		return -1;
	}
	err = nvme_namespace_after(d->ctrl, 0, &d->ns);
	if (err) {
		warnx("namespace: %s", nvme_error_text(err));
		return -1;
	}
	if (d->ns.lba_shift != 9 || d->ns.nr_lbas << 9 < DISK_END) {
		warnx("wants a disk of %d MiB with 512-byte blocks",
		      DISK_END >> 20);
		return -1;
	}
	err = nvme_qpair_create(d->ctrl, 1, MIB(4), &d->qpair);
	if (err) {
		warnx("I/O queues: %s", nvme_error_text(err));
		return -1;
	}
	return 0;
}

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

static unsigned long long dma_address(const struct demo *d, const void *va)
{
	return dmamem_translate(d->ctx, va, NULL);
}

static void print_memory(const struct demo *d)
{
	uint64_t longest = 0, left = d->nr_pages * PAGE;
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
		       (void *)(d->memory + i * PAGE),
		       dma_address(d, d->memory + i * PAGE));
}

static int move(struct demo *d, const struct transfer *t, enum nvme_op op,
		void *data, struct dmamem_nvme_prp *prp)
{
	const struct iovec iov = { data, t->len };
	const struct nvme_io io = {
		.op = op,
		.ns = &d->ns,
		.lba = t->disk >> d->ns.lba_shift,
		.iov = &iov,
		.nr_iov = 1,
	};
	struct nvme_result result = { 0 };
	int err;

	err = nvme_transfer(d->qpair, &io, &result);
	if (!err) {
		*prp = result.prp;
		return 0;
	}
	putchar('\n');
	warnx("%s of %s: %s (status 0x%x, %s)",
	      op == NVME_OP_WRITE ? "write" : "read", t->label,
	      nvme_error_text(err), result.status,
	      nvme_status_text(result.status));
	return -1;
}

static int check_data(const struct demo *d, const struct transfer *t,
		      const struct buffer *b, const char *what)
{
	size_t len = b->data_end - b->data;
	size_t bad = pattern_check(b->data, len, d->seed, t->disk);
	unsigned char expected[8];
	uint64_t word = t->disk + bad / 8 * 8;

	if (bad == len)
		return 0;
	pattern_fill(expected, sizeof(expected), d->seed, word);
	putchar('\n');
	warnx("WRONG DATA: %s, %s, byte %zu at %p -> 0x%llx: 0x%02x, should be 0x%02x",
	      t->label, what, bad, (void *)(b->data + bad),
	      dma_address(d, b->data + bad), b->data[bad], expected[bad % 8]);
	return -1;
}

static int check_guard(const struct demo *d, const struct transfer *t,
		       const unsigned char *from, const unsigned char *to)
{
	while (from < to && *from == GUARD_BYTE)
		from++;
	if (from == to)
		return 0;
	putchar('\n');
	warnx("OVERWRITTEN: %s, guard byte at %p -> 0x%llx", t->label,
	      (const void *)from, dma_address(d, from));
	return -1;
}

static int check_buffer(const struct demo *d, const struct transfer *t,
			const struct buffer *b, const char *what)
{
	int err;

	err = check_data(d, t, b, what);
	if (!err)
		err = check_guard(d, t, b->start, b->data);
	if (!err)
		err = check_guard(d, t, b->data_end, b->end);
	return err;
}

static const char *list_text(const struct dmamem_nvme_prp *prp)
{
	static char text[24];

	if (prp->nr_entries <= 2)
		return "none";
	if (!prp->nr_pages)
		return "in the map";
	if (prp->nr_pages == 1)
		return "1 page";
	snprintf(text, sizeof(text), "%u chained", prp->nr_pages);
	return text;
}

static int run_transfer(struct demo *d, size_t i)
{
	const struct transfer *t = &transfers[i];
	struct dmamem_nvme_prp prp = { 0 };
	int err;

	pattern_fill(d->from[i].data, t->len, d->seed, t->disk);
	err = move(d, t, NVME_OP_WRITE, d->from[i].data, &prp);
	if (!err)
		err = move(d, t, NVME_OP_READ, d->to[i].data, &prp);
	if (err)
		return err;
	printf("  %7s %7zu %9u %6u   %-11s", t->label, t->offset,
	       (unsigned int)(t->disk >> d->ns.lba_shift), prp.nr_entries,
	       list_text(&prp));
	fflush(stdout);
	err = check_buffer(d, t, &d->to[i], "read back");
	if (!err)
		puts("verified");
	return err;
}

static int flush_disk(struct demo *d)
{
	const struct nvme_io io = { .op = NVME_OP_FLUSH, .ns = &d->ns };
	int err;

	err = nvme_transfer(d->qpair, &io, NULL);
	if (!err)
		return 0;
	warnx("flush: %s", nvme_error_text(err));
	return -1;
}

/* A wrong address may have hit any page: look at all of them at the end */
static int run_transfers(struct demo *d)
{
	size_t i;
	int err = 0;

	puts("\nWritten, then read back into other pages:\n\n"
	     "     size  offset     block   PRPs   PRP list");
	for (i = 0; !err && i < NR_TRANSFERS; i++)
		err = run_transfer(d, i);
	if (!err)
		err = flush_disk(d);
	for (i = 0; !err && i < NR_TRANSFERS; i++) {
		err = check_buffer(d, &transfers[i], &d->from[i], "as written");
		if (!err)
			err = check_buffer(d, &transfers[i], &d->to[i],
					   "read back, at the end");
	}
	if (!err)
		puts("\n(In the map: the controller reads the list where the library keeps it.)\n"
		     "Every byte is right, and the bytes around the buffers are untouched.");
	return err;
}

static int run(struct demo *d)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = d->bdf,
		.explanation = d->why,
		.explanation_size = sizeof(d->why),
	};
	int err;

	if (dmamem_open(&options, &d->ctx)) {
		warnx("no DMA addresses for %s: %s", d->bdf, d->why);
		return -1;
	}
	err = make_memory(d);
	if (!err)
		err = bring_up(d);
	if (err)
		return err;
	print_controller(d);
	print_setup(d);
	print_memory(d);
	print_addresses(d);
	return run_transfers(d);
}

static int clean_up(struct demo *d)
{
	int err;

	err = nvme_close(d->ctrl);
	if (err) {
		warnx("close: %s", nvme_error_text(err));
		return -1;
	}
	dmamem_close(d->ctx);
	if (d->memory)
		munmap(d->memory, d->nr_pages * PAGE);
	return 0;
}

static int print_usage(void)
{
	fputs("usage: demo [-s SEED] BDF\n"
	      "Overwrite the first 12 MiB of the NVMe disk at PCI address BDF.\n"
	      "  -s SEED  of the data, default 1\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	struct demo d = { .seed = 1 };
	int option, err;

	setlinebuf(stdout);
	while ((option = getopt(argc, argv, "s:")) != -1) {
		switch (option) {
		case 's':
			d.seed = strtoull(optarg, NULL, 0);
			break;
		default:
			return print_usage();
		}
	}
	if (optind != argc - 1)
		return print_usage();
	d.bdf = argv[optind];

	err = run(&d);
	if (clean_up(&d))
		err = -1;
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
