// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The demonstration: an NVMe controller writes from and reads into ordinary,
 * scattered 4 KiB pages of this process. It overwrites the disk.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/nvme/demo.h"

static int bring_up(struct demo *d)
{
	int err;

	err = nvme_open(d->ctx, d->bdf, &d->ctrl);
	if (err) {
		warnx("%s: %s", d->bdf, nvme_error_text(err));
		return -1;
	}
	err = nvme_namespace_first(d->ctrl, &d->ns);
	if (err) {
		warnx("namespace: %s", nvme_error_text(err));
		return -1;
	}
	if (d->ns.lba_shift != 9 || d->ns.nr_lbas << 9 < DEMO_DISK_END) {
		warnx("wants a disk of %d MiB with 512-byte blocks",
		      DEMO_DISK_END >> 20);
		return -1;
	}
	err = nvme_qpair_create(d->ctrl, 1, MIB(4), &d->qpair);
	if (err) {
		warnx("I/O queues: %s", nvme_error_text(err));
		return -1;
	}
	return 0;
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
	err = demo_make_memory(d);
	if (!err)
		err = bring_up(d);
	if (err)
		return err;
	demo_show(d);
	return demo_run_transfers(d);
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
		munmap(d->memory, d->nr_pages * DEMO_PAGE);
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
