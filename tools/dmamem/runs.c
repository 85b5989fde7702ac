// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The runs of registered memory: collected, sorted by length, cut into cells.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/map.h>
#include <dmamem/memory.h>

#include "tools/dmamem/runs.h"

static int add_run(struct runs *runs, size_t *room, const struct run *run)
{
	if (runs->nr == *room) {
		size_t more = *room ? 2 * *room : 64;
		struct run *grown = reallocarray(runs->runs, more,
						 sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		runs->runs = grown;
		*room = more;
	}
	runs->runs[runs->nr++] = *run;
	return 0;
}

int runs_collect(const struct dmamem_context *ctx, const void *addr,
		 uint64_t size, struct runs *runs)
{
	const char *start = addr;
	struct run run = { 0 };
	size_t room = 0;

	*runs = (struct runs){ .size = size };
	for (; run.offset < size; run.offset += run.length) {
		run.length = size - run.offset;
		run.dma_addr = dmamem_translate(ctx, start + run.offset,
						&run.length);
		if (add_run(runs, &room, &run)) {
			runs_free(runs);
			return -ENOMEM;
		}
	}
	return 0;
}

void runs_free(struct runs *runs)
{
	free(runs->runs);
	runs->runs = NULL;
}

unsigned int runs_class(uint64_t length)
{
	return 63 - DMAMEM_PAGE_SHIFT - __builtin_clzll(length);
}

void runs_bytes(const struct runs *runs, uint64_t bytes[DMAMEM_RUN_CLASSES])
{
	memset(bytes, 0, DMAMEM_RUN_CLASSES * sizeof(*bytes));
	for (size_t i = 0; i < runs->nr; i++)
		bytes[runs_class(runs->runs[i].length)] += runs->runs[i].length;
}

uint64_t runs_cell_size(uint64_t size, size_t max_cells)
{
	uint64_t cell = DMAMEM_PAGE_SIZE;

	while ((size + cell - 1) / cell > max_cells)
		cell *= 2;
	return cell;
}

const char *runs_offset(char text[RUNS_OFFSET], uint64_t offset,
			uint64_t row_size)
{
	static const char units[] = "KMGT";
	unsigned int unit = 1;

	while (unit < 4 && row_size >> 10 * (unit + 1))
		unit++;
	snprintf(text, RUNS_OFFSET, "%" PRIu64 " %ciB", offset >> 10 * unit,
		 units[unit - 1]);
	return text;
}

void runs_cells(const struct runs *runs, uint64_t cell_size,
		struct runs_cell *cells)
{
	memset(cells, 0, (runs->size + cell_size - 1) / cell_size *
	       sizeof(*cells));
	for (size_t i = 0; i < runs->nr; i++) {
		const struct run *run = &runs->runs[i];
		uint64_t cell = run->offset / cell_size;

		cells[cell].starts++;
		for (; cell * cell_size < run->offset + run->length; cell++)
			if (run->length > cells[cell].longest)
				cells[cell].longest = run->length;
	}
}
