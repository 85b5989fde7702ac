// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Runs in characters.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <dmamem/map.h>

#include "tools/dmamem/out.h"
#include "tools/dmamem/runs.h"

#define BAR 36
#define MAP_COLUMNS 64
#define MAX_CELLS ((size_t)16 * MAP_COLUMNS)

/* Something is never nothing */
static unsigned int bar_length(uint64_t part, uint64_t all)
{
	unsigned int length = (part * BAR + all / 2) / all;

	return part && !length ? 1 : length;
}

void runs_print_histogram(FILE *stream, const struct runs *runs,
			  const struct dmamem_histogram *histogram)
{
	static const char full[BAR + 1] = "####################################";
	uint64_t bytes[DMAMEM_RUN_CLASSES];
	char length[OUT_SIZE], sum[OUT_SIZE];

	runs_bytes(runs, bytes);
	fprintf(stream, "%s    at least      runs      memory%s\n",
		out_style(stream, OUT_BOLD), out_style(stream, OUT_PLAIN));
	for (unsigned int i = 0; i < DMAMEM_RUN_CLASSES; i++) {
		if (!histogram->runs[i])
			continue;
		fprintf(stream, "  %10s %9" PRIu64 " %11s  %.*s\n",
			out_size(length, DMAMEM_PAGE_SIZE << i),
			histogram->runs[i], out_size(sum, bytes[i]),
			(int)bar_length(bytes[i], runs->size), full);
	}
}

/* By how many runs begin in it */
static char cell_character(const struct runs_cell *cell)
{
	if (cell->starts > 9)
		return '+';
	if (cell->starts > 1)
		return '0' + cell->starts;
	return cell->starts ? '|' : '-';
}

static void print_rows(FILE *stream, const struct runs *runs,
		       uint64_t cell_size, const struct runs_cell *cells)
{
	uint64_t nr = (runs->size + cell_size - 1) / cell_size;
	char at[RUNS_OFFSET];

	for (uint64_t i = 0; i < nr; i++) {
		if (i % MAP_COLUMNS == 0)
			fprintf(stream, "%s  %10s  ", i ? "\n" : "",
				runs_offset(at, i * cell_size,
					    MAP_COLUMNS * cell_size));
		fputc(cell_character(&cells[i]), stream);
	}
	fputc('\n', stream);
}

int runs_print_map(FILE *stream, const struct runs *runs)
{
	uint64_t cell_size = runs_cell_size(runs->size, MAX_CELLS);
	struct runs_cell *cells;
	char size[OUT_SIZE];

	cells = calloc((runs->size + cell_size - 1) / cell_size,
		       sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	runs_cells(runs, cell_size, cells);
	fprintf(stream, "%s        from  %s a character",
		out_style(stream, OUT_BOLD), out_size(size, cell_size));
	fprintf(stream, ": | a run begins, 2 to 9 or more (+), - none%s\n",
		out_style(stream, OUT_PLAIN));
	print_rows(stream, runs, cell_size, cells);
	free(cells);
	return 0;
}
