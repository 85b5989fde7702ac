// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Runs of addresses, and the pictures of them: as text, and as SVG.
 */
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#include "kselftest_harness.h"
#include "selftests/lib/random.h"
#include "selftests/lib/test_provider.h"
#include "tools/dmamem/runs.h"

#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define BASE ((void *)0x7f0000000000)
#define MAX_TEXT 0x100000

/* Runs of these lengths, one after the other */
static void set_runs(struct runs *runs, struct dmamem_histogram *histogram,
		     const uint64_t *lengths, size_t nr)
{
	*runs = (struct runs){ .nr = nr };
	*histogram = (struct dmamem_histogram){ .nr_runs = nr };
	runs->runs = calloc(nr, sizeof(*runs->runs));
	for (size_t i = 0; i < nr; i++) {
		runs->runs[i] = (struct run){
			runs->size, lengths[i], MIB(1024) + 2 * runs->size
		};
		runs->size += lengths[i];
		histogram->runs[runs_class(lengths[i])]++;
		if (lengths[i] > histogram->longest)
			histogram->longest = lengths[i];
	}
}

TEST(classes)
{
	EXPECT_EQ(0, runs_class(KIB(4)));
	EXPECT_EQ(0, runs_class(KIB(8) - 1));
	EXPECT_EQ(1, runs_class(KIB(8)));
	EXPECT_EQ(9, runs_class(MIB(2)));
	EXPECT_EQ(18, runs_class(MIB(1024)));
}

TEST(cell_sizes)
{
	EXPECT_EQ(KIB(4), runs_cell_size(KIB(4), 1));
	EXPECT_EQ(KIB(4), runs_cell_size(MIB(4), 1024));
	EXPECT_EQ(KIB(8), runs_cell_size(MIB(4) + KIB(4), 1024));
	EXPECT_EQ(MIB(1), runs_cell_size(MIB(1024), 1024));
}

/* From a provider whose runs are three pages long */
TEST(collected)
{
	struct dmamem_context *ctx;
	struct dmamem_histogram histogram;
	uint64_t bytes[DMAMEM_RUN_CLASSES], size = KIB(4) * 3000;
	struct runs runs;

	ASSERT_EQ(0, test_provider_open(3, &ctx));
	ASSERT_EQ(0, dmamem_register(ctx, BASE, size));
	ASSERT_EQ(0, runs_collect(ctx, BASE, size, &runs));
	ASSERT_EQ(0, dmamem_get_histogram(ctx, BASE, &histogram));
	EXPECT_EQ(histogram.nr_runs, runs.nr);
	runs_bytes(&runs, bytes);
	EXPECT_EQ(size, bytes[0] + bytes[1]);
	for (size_t i = 0, at = 0; i < runs.nr; i++) {
		EXPECT_EQ(at, runs.runs[i].offset);
		EXPECT_EQ(dmamem_translate(ctx, (char *)BASE + at, NULL),
			  runs.runs[i].dma_addr);
		at += runs.runs[i].length;
	}
	runs_free(&runs);
	dmamem_close(ctx);
}

/* Cells of two pages: A A | A B | C D | D D | D */
TEST(cells)
{
	static const uint64_t lengths[] = {
		KIB(12), KIB(4), KIB(4), KIB(16),
	};
	struct dmamem_histogram histogram;
	struct runs_cell cells[5];
	struct runs runs;

	set_runs(&runs, &histogram, lengths, ARRAY_SIZE(lengths));
	runs_cells(&runs, KIB(8), cells);
	EXPECT_EQ(1, cells[0].starts);
	EXPECT_EQ(1, cells[1].starts);
	EXPECT_EQ(2, cells[2].starts);
	EXPECT_EQ(0, cells[3].starts);
	EXPECT_EQ(0, cells[4].starts);
	EXPECT_EQ(KIB(12), cells[0].longest);
	EXPECT_EQ(KIB(12), cells[1].longest);
	EXPECT_EQ(KIB(16), cells[2].longest);
	EXPECT_EQ(KIB(16), cells[4].longest);
	runs_free(&runs);
}

static const char *print_map(const struct runs *runs)
{
	static char text[MAX_TEXT];
	FILE *stream = fmemopen(text, sizeof(text), "w");
	int err = runs_print_map(stream, runs);

	fclose(stream);
	return err ? "" : text;
}

TEST(map_in_characters)
{
	static const uint64_t lengths[] = { KIB(4), KIB(4), KIB(12), KIB(8) };
	struct dmamem_histogram histogram;
	struct runs runs;

	set_runs(&runs, &histogram, lengths, ARRAY_SIZE(lengths));
	EXPECT_NE(NULL, strstr(print_map(&runs), "  |||--|-\n"));
	runs_free(&runs);
}

/* A GiB: characters of a MiB, 64 in a row */
TEST(map_of_much_memory)
{
	uint64_t lengths[256 + 1024 + 4096];
	struct dmamem_histogram histogram;
	struct runs runs;
	const char *text;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		lengths[i] = i < 256 ? MIB(2) : i < 1280 ? KIB(256) : KIB(64);
	set_runs(&runs, &histogram, lengths, ARRAY_SIZE(lengths));
	text = print_map(&runs);
	EXPECT_NE(NULL, strstr(text, "1 MiB a character"));
	EXPECT_NE(NULL, strstr(text, "\n       0 MiB  |-|-|-"));
	EXPECT_NE(NULL, strstr(text, "|-\n      64 MiB  |-|-|-"));
	EXPECT_NE(NULL, strstr(text, "|-\n     512 MiB  4444"));
	EXPECT_NE(NULL, strstr(text, "44\n     768 MiB  ++++"));
	EXPECT_NE(NULL, strstr(text, "++\n     960 MiB  ++++"));
	runs_free(&runs);
}

TEST(histogram_in_characters)
{
	static const uint64_t lengths[] = { KIB(4), KIB(4), MIB(2), MIB(3) };
	struct dmamem_histogram histogram;
	char text[2000];
	struct runs runs;
	FILE *stream = fmemopen(text, sizeof(text), "w");

	set_runs(&runs, &histogram, lengths, ARRAY_SIZE(lengths));
	runs_print_histogram(stream, &runs, &histogram);
	fclose(stream);
	EXPECT_NE(NULL, strstr(text,
			       "       4 KiB         2       8 KiB  #\n"));
	EXPECT_NE(NULL, strstr(text, "       2 MiB         2       5 MiB  #####"));
	EXPECT_EQ(NULL, strstr(text, "8 KiB         "));
	runs_free(&runs);
}

/* Widths of all rectangles of the map must fill its rows */
static double sum_of_widths(const char *text)
{
	double sum = 0, x, width;
	int y, height;

	while ((text = strstr(text, "<rect x="))) {
		if (sscanf(text, "<rect x=\"%lf\" y=\"%d\" width=\"%lf\" height=\"%d\"",
			   &x, &y, &width, &height) == 4 && height == 12)
			sum += width;
		text++;
	}
	return sum;
}

static const char *write_svg(const struct runs *runs,
			     const struct dmamem_histogram *histogram)
{
	static const struct runs_caption caption = {
		"8 MiB of <\"file\" & more>", "from nowhere",
	};
	static char text[MAX_TEXT];
	FILE *stream = fmemopen(text, sizeof(text), "w");
	int err = runs_write_svg(stream, runs, histogram, &caption);

	fclose(stream);
	return err ? "" : text;
}

TEST(picture)
{
	static const uint64_t lengths[] = { MIB(2), KIB(64), KIB(4), KIB(60) };
	struct dmamem_histogram histogram;
	struct runs runs;
	const char *svg;

	set_runs(&runs, &histogram, lengths, ARRAY_SIZE(lengths));
	svg = write_svg(&runs, &histogram);
	EXPECT_EQ(0, strncmp(svg, "<svg xmlns=", 11));
	EXPECT_STREQ("</svg>\n", svg + strlen(svg) - 7);
	EXPECT_NE(NULL, strstr(svg, "&lt;\"file\" &amp; more&gt;"));
	EXPECT_EQ(NULL, strstr(svg, "<\"file\""));
	EXPECT_NE(NULL, strstr(svg, "1 run, "));
	/* 544 cells of 4 KiB, 6.5 wide, less a gap of 1.2 before each run */
	EXPECT_LT(544 * 6.5 - 4 * 1.2 - 1, sum_of_widths(svg));
	EXPECT_GT(544 * 6.5 - 4 * 1.2 + 1, sum_of_widths(svg));
	runs_free(&runs);
}

/* An XML parser takes it, whatever the runs are */
TEST(picture_is_well_formed)
{
	uint64_t lengths[5000];
	struct dmamem_histogram histogram;
	struct random random;
	struct runs runs;
	FILE *parser;

	if (system("xmllint --version > /dev/null 2>&1"))
		SKIP(return, "xmllint (libxml2-utils) is not installed");
	random_init(&random);
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
		lengths[i] = KIB(4) << random_below(&random, 12);
	for (size_t nr = 1; nr <= ARRAY_SIZE(lengths); nr *= 7) {
		set_runs(&runs, &histogram, lengths, nr);
		parser = popen("xmllint --noout --nonet -", "we");
		ASSERT_NE(NULL, parser);
		fputs(write_svg(&runs, &histogram), parser);
		EXPECT_EQ(0, pclose(parser));
		runs_free(&runs);
	}
}

TEST_HARNESS_MAIN
