// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The demonstration's memory: pages all over the place, and buffers in them.
 */
#include <err.h>
#include <errno.h>
#include <string.h>

#include <dmamem/memory.h>

#include "tools/nvme/demo.h"
#include "tools/nvme/scatter.h"

const struct demo_transfer demo_transfers[DEMO_TRANSFERS] = {
	{ "512 B", 512, 1236, 0xe00 },
	{ "4 KiB", KIB(4), 0, 0x10000 },
	{ "8 KiB", KIB(8), 1028, 0x20200 },
	{ "128 KiB", KIB(128), 0, 0x40000 },
	{ "1 MiB", MIB(1), 0, 0x100200 },
	{ "3 MiB", MIB(3), 516, 0x400000 },
	{ "4 MiB", MIB(4), 0, 0x800000 },
};

/* A guard page before and after; what is left of the data's pages guards too */
static struct demo_buffer place_buffer(const struct demo_transfer *t,
				       unsigned char **memory)
{
	size_t nr_pages = (t->offset + t->len + DEMO_PAGE - 1) / DEMO_PAGE;
	struct demo_buffer b = { .start = *memory };

	b.data = b.start + DEMO_PAGE + t->offset;
	b.data_end = b.data + t->len;
	b.end = b.start + (nr_pages + 2) * DEMO_PAGE;
	*memory = b.end;
	return b;
}

/* Returns where the last buffer ends, were the first one at @memory */
static unsigned char *place_buffers(struct demo *d, unsigned char *memory)
{
	size_t i;

	for (i = 0; i < DEMO_TRANSFERS; i++) {
		d->from[i] = place_buffer(&demo_transfers[i], &memory);
		d->to[i] = place_buffer(&demo_transfers[i], &memory);
	}
	return memory;
}

int demo_make_memory(struct demo *d)
{
	int err;

	d->nr_pages = (uintptr_t)place_buffers(d, NULL) / DEMO_PAGE;
	d->memory = scatter_alloc(d->nr_pages, d->seed);
	if (!d->memory) {
		warnx("%zu pages: %s", d->nr_pages, strerror(errno));
		return -1;
	}
	place_buffers(d, d->memory);
	memset(d->memory, DEMO_GUARD_BYTE, d->nr_pages * DEMO_PAGE);

	err = dmamem_register(d->ctx, d->memory, d->nr_pages * DEMO_PAGE);
	if (err) {
		dmamem_explain(d->ctx, d->why, sizeof(d->why));
		warnx("registering memory: %s", d->why);
		return -1;
	}
	return 0;
}
