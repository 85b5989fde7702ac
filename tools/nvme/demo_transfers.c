// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The demonstration's transfers: written, read back into other pages, and each
 * byte looked at.
 */
#include <err.h>
#include <stdio.h>

#include "tools/nvme/demo.h"
#include "tools/nvme/pattern.h"

static int move(struct demo *d, const struct demo_transfer *t, enum nvme_op op,
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

static int check_data(const struct demo *d, const struct demo_transfer *t,
		      const struct demo_buffer *b, const char *what)
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
	      demo_dma_address(d, b->data + bad), b->data[bad], expected[bad % 8]);
	return -1;
}

static int check_guard(const struct demo *d, const struct demo_transfer *t,
		       const unsigned char *from, const unsigned char *to)
{
	while (from < to && *from == DEMO_GUARD_BYTE)
		from++;
	if (from == to)
		return 0;
	putchar('\n');
	warnx("OVERWRITTEN: %s, guard byte at %p -> 0x%llx", t->label,
	      (const void *)from, demo_dma_address(d, from));
	return -1;
}

static int check_buffer(const struct demo *d, const struct demo_transfer *t,
			const struct demo_buffer *b, const char *what)
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
	const struct demo_transfer *t = &demo_transfers[i];
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
int demo_run_transfers(struct demo *d)
{
	size_t i;
	int err = 0;

	puts("\nWritten, then read back into other pages:\n\n"
	     "     size  offset     block   PRPs   PRP list");
	for (i = 0; !err && i < DEMO_TRANSFERS; i++)
		err = run_transfer(d, i);
	if (!err)
		err = flush_disk(d);
	for (i = 0; !err && i < DEMO_TRANSFERS; i++) {
		err = check_buffer(d, &demo_transfers[i], &d->from[i], "as written");
		if (!err)
			err = check_buffer(d, &demo_transfers[i], &d->to[i],
					   "read back, at the end");
	}
	if (!err)
		puts("\n(In the map: the controller reads the list where the library keeps it.)\n"
		     "Every byte is right, and the bytes around the buffers are untouched.");
	return err;
}
