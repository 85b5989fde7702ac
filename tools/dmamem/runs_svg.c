// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Runs as a picture: the memory in rows of cells, coloured by how long the run
 * is that they belong to, and how much memory is in runs of which length.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/map.h>

#include "tools/dmamem/out.h"
#include "tools/dmamem/runs.h"

#define WIDTH 960
#define LEFT 96
#define COLUMNS 128
#define MAX_CELLS ((size_t)32 * COLUMNS)
#define CELL_WIDTH 6.5
#define ROW_HEIGHT 15
#define CELL_HEIGHT 12
#define TOP 104
#define BAR_HEIGHT 16
#define BAR_STEP 24
#define BAR_WIDTH 560
#define TEXT_COLUMNS 120
#define GAP 1.2

/* Short runs are warm, long ones cold */
static const struct colour {
	unsigned int class;
	unsigned char rgb[3];
} colours[] = {
	{ 0, { 0xd8, 0x4a, 0x2b } },	/* 4 KiB */
	{ 3, { 0xf2, 0xa5, 0x41 } },	/* 32 KiB */
	{ 6, { 0xe8, 0xd4, 0x7a } },	/* 256 KiB */
	{ 9, { 0x59, 0xae, 0x91 } },	/* 2 MiB */
	{ 14, { 0x2c, 0x6e, 0x9b } },	/* 64 MiB */
	{ 18, { 0x1c, 0x35, 0x66 } },	/* 1 GiB and more */
};

static const unsigned int last_colour = sizeof(colours) / sizeof(*colours) - 1;

static void print_colour(FILE *stream, unsigned int class)
{
	const struct colour *to = colours;
	unsigned int span, part;

	while (to < &colours[last_colour] && to->class < class)
		to++;
	if (to->class <= class) {
		fprintf(stream, "#%02x%02x%02x", to->rgb[0], to->rgb[1],
			to->rgb[2]);
		return;
	}
	span = to->class - to[-1].class;
	part = class - to[-1].class;
	fputc('#', stream);
	for (int i = 0; i < 3; i++)
		fprintf(stream, "%02x",
			(to[-1].rgb[i] * (span - part) + to->rgb[i] * part) /
			span);
}

static void print_escaped(FILE *stream, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		switch (text[i]) {
		case '&':
			fputs("&amp;", stream);
			break;
		case '<':
			fputs("&lt;", stream);
			break;
		case '>':
			fputs("&gt;", stream);
			break;
		default:
			fputc(text[i], stream);
		}
	}
}

static void print_text(FILE *stream, int y, const char *class,
		       const char *text, size_t length)
{
	fprintf(stream, "<text x=\"24\" y=\"%d\" class=\"%s\">", y, class);
	print_escaped(stream, text, length);
	fputs("</text>\n", stream);
}

/* As many words as fit on a line */
static size_t line_length(const char *text)
{
	size_t length = strlen(text);

	if (length <= TEXT_COLUMNS)
		return length;
	for (length = TEXT_COLUMNS; length && text[length] != ' '; length--)
		;
	return length ? length : TEXT_COLUMNS;
}

static void print_head(FILE *stream, int height,
		       const struct runs_caption *caption)
{
	size_t first = line_length(caption->addresses);
	const char *rest = caption->addresses + first;

	fprintf(stream, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n",
		WIDTH, height, WIDTH, height);
	fputs("<style>\n"
	      "text{font:13px system-ui,'DejaVu Sans',sans-serif;fill:#30363d}\n"
	      ".t{font-size:21px;font-weight:600}\n"
	      ".s{fill:#6a737d}\n"
	      ".r{text-anchor:end;fill:#6a737d}\n"
	      "</style>\n", stream);
	fprintf(stream, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		WIDTH, height);
	print_text(stream, 38, "t", caption->title, strlen(caption->title));
	print_text(stream, 62, "s", caption->addresses, first);
	if (*rest)
		print_text(stream, 80, "s", rest, line_length(rest));
}

/* Cells that one rectangle can show: one run goes on through them */
static size_t same_run(const struct runs_cell *cells, size_t nr)
{
	size_t i = 1;

	while (i < nr && !cells[i].starts && cells[0].starts <= 1)
		i++;
	return i;
}

static void print_row(FILE *stream, int y, const struct runs_cell *cells,
		      size_t nr)
{
	for (size_t i = 0, wide; i < nr; i += wide) {
		double gap = cells[i].starts ? GAP : 0;

		wide = same_run(&cells[i], nr - i);
		fprintf(stream, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"",
			LEFT + (double)i * CELL_WIDTH + gap, y,
			(double)wide * CELL_WIDTH - gap, CELL_HEIGHT);
		print_colour(stream, runs_class(cells[i].longest));
		fputs("\"/>\n", stream);
	}
}

static void print_map(FILE *stream, const struct runs_cell *cells, size_t nr,
		      uint64_t cell_size)
{
	char at[RUNS_OFFSET];

	for (size_t i = 0; i < nr; i += COLUMNS) {
		int y = TOP + (int)(i / COLUMNS) * ROW_HEIGHT;

		fprintf(stream, "<text x=\"%d\" y=\"%d\" class=\"r\">%s</text>\n",
			LEFT - 8, y + CELL_HEIGHT - 1,
			runs_offset(at, i * cell_size, COLUMNS * cell_size));
		print_row(stream, y, &cells[i],
			  nr - i < COLUMNS ? nr - i : COLUMNS);
	}
}

static void print_bar(FILE *stream, int y, unsigned int class, uint64_t runs,
		      double part)
{
	double width = part * BAR_WIDTH < 1 ? 1 : part * BAR_WIDTH;
	char length[OUT_SIZE];

	fprintf(stream, "<text x=\"%d\" y=\"%d\" class=\"r\">%s</text>\n",
		LEFT - 8, y + 13,
		out_size(length, DMAMEM_PAGE_SIZE << class));
	fprintf(stream, "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"",
		LEFT, y, width, BAR_HEIGHT);
	print_colour(stream, class);
	fprintf(stream, "\"/>\n<text x=\"%.1f\" y=\"%d\">", LEFT + width + 8,
		y + 13);
	fprintf(stream, "%" PRIu64 " run%s, %.1f %% of the memory</text>\n",
		runs, runs == 1 ? "" : "s", part * 100);
}

static void print_histogram(FILE *stream, int y, const struct runs *runs,
			    const struct dmamem_histogram *histogram)
{
	uint64_t bytes[DMAMEM_RUN_CLASSES];

	runs_bytes(runs, bytes);
	for (unsigned int i = 0; i < DMAMEM_RUN_CLASSES; i++) {
		if (!histogram->runs[i])
			continue;
		print_bar(stream, y, i, histogram->runs[i],
			  (double)bytes[i] / (double)runs->size);
		y += BAR_STEP;
	}
}

static int count_bars(const struct dmamem_histogram *histogram)
{
	int nr = 0;

	for (unsigned int i = 0; i < DMAMEM_RUN_CLASSES; i++)
		nr += histogram->runs[i] != 0;
	return nr;
}

int runs_write_svg(FILE *stream, const struct runs *runs,
		   const struct dmamem_histogram *histogram,
		   const struct runs_caption *caption)
{
	uint64_t cell_size = runs_cell_size(runs->size, MAX_CELLS);
	size_t nr = (runs->size + cell_size - 1) / cell_size;
	int rows = (int)((nr + COLUMNS - 1) / COLUMNS);
	int below = TOP + rows * ROW_HEIGHT + 20;
	struct runs_cell *cells = calloc(nr, sizeof(*cells));
	char size[OUT_SIZE], text[160];

	if (!cells)
		return -ENOMEM;
	runs_cells(runs, cell_size, cells);
	print_head(stream, below + 64 + count_bars(histogram) * BAR_STEP,
		   caption);
	print_map(stream, cells, nr, cell_size);
	snprintf(text, sizeof(text),
		 "%s a cell; the colour is the length of the run that it belongs to; a gap is where a run begins",
		 out_size(size, cell_size));
	print_text(stream, below, "s", text, strlen(text));
	snprintf(text, sizeof(text), "%" PRIu64 " run%s, by length: at least",
		 histogram->nr_runs, histogram->nr_runs == 1 ? "" : "s");
	print_text(stream, below + 32, "", text, strlen(text));
	print_histogram(stream, below + 44, runs, histogram);
	fputs("</svg>\n", stream);
	free(cells);
	return 0;
}
