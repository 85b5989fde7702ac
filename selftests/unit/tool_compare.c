// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem compare, without the module: arguments, tables, and what it says of
 * what it cannot do.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_table.h"
#include "tools/memory/pages.h"

static struct tool tool;

TEST(wrong_arguments)
{
	static const struct {
		const char *arguments;
		const char *words;
	} cases[] = {
		{ "4711", "'4711'" },
		{ "--size 3M", "multiples of 2 MiB from 4 MiB on, not '3M'" },
		{ "--size 2M", "not '2M'" },
		{ "--size much", "'much' is no size, such as 64M" },
		{ "--rounds 0", "1 to 101, not '0'" },
		{ "--rounds 102", "not '102'" },
		{ "--only nothing", "no section 'nothing': setup, stability" },
		{ "--icount 0", "not '0'" },
		{ "--icount 1.5", "not '1.5'" },
		{ "--device nvme0", "'nvme0' is no PCI address" },
		{ "--device fe:1f.7", "no PCI function 0000:fe:1f.7" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		EXPECT_EQ(CMD_USAGE, tool_run(&tool, "compare %s",
					      cases[i].arguments));
		EXPECT_TRUE(tool_said(&tool, cases[i].words))
			TH_LOG("%s: %s", cases[i].arguments, tool.err);
		EXPECT_STREQ("", tool.out);
	}
}

static struct json_object *member(struct json_object *object, const char *key)
{
	return compare_member(object, key);
}

/* Cells of a comparison on this machine, with the arguments */
static struct json_object *run(const char *arguments)
{
	tool_run(&tool, "compare --json - %s", arguments);
	return json_tokener_parse(tool.out);
}

/* This machine, whatever it can do */
FIXTURE(machine) {};
FIXTURE_SETUP(machine) {}
FIXTURE_TEARDOWN(machine) {}

static const char *find_fault(struct json_object *cell)
{
	struct json_object *moved = member(cell, "moved");

	if (!moved && !*compare_text(cell, "why"))
		return "no number, and no reason";
	if (moved && compare_number(cell, "moved") >
		     compare_number(cell, "of"))
		return "more moved than there were";
	if (moved && !strcmp(compare_text(cell, "disturbance"), "nothing") &&
	    compare_number(cell, "moved") > 0)
		return "moved by itself";
	return NULL;
}

/* What was not done has no number, and never the number 0 */
TEST_F_TIMEOUT(machine, every_cell_has_a_number_or_a_reason, 120)
{
	struct json_object *report = run("--only stability"), *cells, *cell;

	ASSERT_NE(NULL, report);
	cells = member(member(report, "stability"), "cells");
	ASSERT_LT(0, json_object_array_length(cells));
	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		cell = json_object_array_get_idx(cells, i);
		EXPECT_EQ(NULL, find_fault(cell))
			TH_LOG("%s: %s", find_fault(cell),
			       json_object_to_json_string(cell));
	}
	json_object_put(report);
}

/* The same in sections of figures */
TEST_F_TIMEOUT(machine, every_row_has_figures_or_a_reason, 120)
{
	static const struct {
		const char *section;
		const char *figures;
	} sections[] = {
		{ "cost", "register" },
		{ "memory", "median" },
		{ "lookup", "median" },
	};
	struct json_object *report =
		run("--size 4M -r 1 --only cost --only memory --only lookup");

	ASSERT_NE(NULL, report);
	for (int i = 0; i < 3; i++) {
		struct json_object *rows, *row;

		rows = member(member(report, sections[i].section), "rows");
		ASSERT_LE(5, json_object_array_length(rows));
		for (size_t j = 0; j < json_object_array_length(rows); j++) {
			row = json_object_array_get_idx(rows, j);
			EXPECT_NE(!*compare_text(row, "why"),
				  !member(row, sections[i].figures))
				TH_LOG("%s: %s", sections[i].section,
				       json_object_to_json_string(row));
		}
	}
	json_object_put(report);
}

TEST_F_TIMEOUT(machine, nothing_hostile_unless_asked_for, 120)
{
	struct json_object *report = run("--only stability --only fragmented");
	struct json_object *cells, *cell;
	unsigned int seen = 0;

	ASSERT_NE(NULL, report);
	cells = member(member(report, "stability"), "cells");
	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		const char *name;

		cell = json_object_array_get_idx(cells, i);
		name = compare_text(cell, "disturbance");
		if (strcmp(name, "soft offline") && strcmp(name, "compaction"))
			continue;
		EXPECT_EQ(NULL, member(cell, "moved"));
		seen += !!strstr(compare_text(cell, "why"), "--hostile");
	}
	EXPECT_LT(0, seen);
	EXPECT_EQ(NULL, member(member(report, "fragmented"), "rows"));
	EXPECT_NE(NULL, strstr(compare_text(member(report, "fragmented"), "why"),
			       "--hostile"));
	json_object_put(report);
}

TEST(no_device_no_addresses_of_it)
{
	struct json_object *report = run("--only setup --only nvme"), *row;

	ASSERT_NE(NULL, report);
	row = member(report, "setup");
	row = json_object_array_get_idx(row, json_object_array_length(row) - 1);
	EXPECT_STREQ("VFIO", compare_text(row, "mode"));
	EXPECT_FALSE(compare_bool(row, "works"));
	EXPECT_STREQ("no --device was named", compare_text(row, "why"));
	EXPECT_STREQ("no --device was named",
		     compare_text(member(report, "nvme"), "why"));
	json_object_put(report);
}

/* The tables of a report, which the caller frees */
static char *print(const char *json)
{
	struct json_object *report = json_tokener_parse(json);
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	compare_print(stream, report);
	fclose(stream);
	json_object_put(report);
	return text;
}

#define CELL(mode, disturbance, what)				\
	"{\"mode\":\"" mode "\",\"memory\":\"THP\","		\
	"\"disturbance\":\"" disturbance "\"," what "}"
#define NUMBER(moved, of) "\"moved\":" moved ",\"of\":" of
#define NO_NUMBER(why) "\"moved\":null,\"why\":\"" why "\""
#define STABILITY(cells)					\
	"{\"stability\":{\"pages\":2048,\"disturbances\":["	\
	"{\"name\":\"mbind\"},{\"name\":\"soft offline\"}],"	\
	"\"cells\":[" cells "]}}"

TEST(table_tells_no_number_from_zero)
{
	static const char json[] =
		STABILITY(CELL("a", "mbind", NUMBER("2048", "2048")) ","
			  CELL("a", "soft offline", NUMBER("0", "16")) ","
			  CELL("b", "mbind", NUMBER("0", "2048")) ","
			  CELL("b", "soft offline", NO_NUMBER("because")));
	char *text = print(json);

	EXPECT_NE(NULL, strstr(text, "  THP               2048   0/16\n"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "  THP                  0  n/a 1\n"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "  n/a 1  because\n"));
	free(text);
}

/* A row for which there is one reason says so once */
TEST(table_numbers_the_reasons)
{
	static const char json[] =
		STABILITY(CELL("a", "mbind", NO_NUMBER("one")) ","
			  CELL("a", "soft offline", NO_NUMBER("one")) ","
			  CELL("b", "mbind", NO_NUMBER("two")) ","
			  CELL("b", "soft offline", NO_NUMBER("one")));
	char *text = print(json);

	EXPECT_NE(NULL, strstr(text, "  THP              n/a 1\n"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "  THP              n/a 2  n/a 1\n"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "  n/a 1  one\n  n/a 2  two\n"));
	free(text);
}

#define SERIES(name, median, least, most)			\
	"\"" name "\":{\"median\":" median ",\"least\":" least	\
	",\"most\":" most "}"
#define COST(mode, state, what)					\
	"{\"mode\":\"" mode "\",\"memory\":\"THP\","		\
	"\"state\":\"" state "\"," what "}"
#define COSTS(rows)						\
	"{\"cost\":{\"unit\":\"ns\",\"bytes\":4194304,"		\
	"\"rows\":[" rows "]}}"

TEST(table_of_costs)
{
	static const char json[] =
		COSTS(COST("m", "cold", SERIES("register", "2e6", "1e6", "3e6")
			   "," SERIES("release", "2e6", "1e6", "3e6")) ","
		      COST("m", "warm", SERIES("register", "1e8", "5e7", "1e9")
			   "," SERIES("release", "5e5", "4e5", "2e7")) ","
		      COST("x", "cold", "\"why\":\"broken\""));
	char *text = print(json);

	EXPECT_NE(NULL, strstr(text, "release of 4 MiB: ms per GiB"));
	EXPECT_NE(NULL, strstr(text, "  2.00 1.00..3.00   100 50.0..1000"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "  0.50 0.40..20.0\n"));
	EXPECT_NE(NULL, strstr(text, "x            THP                         n/a 1\n"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "  n/a 1  broken\n"));
	free(text);
}

TEST(sections_that_are_missing_are_left_out)
{
	char *text = print("{}");

	EXPECT_STREQ("", text);
	free(text);
}

/* Terminals have 80 columns */
TEST_F_TIMEOUT(machine, tables_fit_a_terminal, 120)
{
	size_t length;

	ASSERT_EQ(CMD_DONE, tool_run(&tool, "compare --size 4M --rounds 1"));
	for (const char *line = tool.out; *line; line += length + !!line[length]) {
		length = strcspn(line, "\n");
		EXPECT_GE(80, length)
			TH_LOG("%.*s", (int)length, line);
	}
}

TEST(figures_have_three_digits)
{
	char text[COMPARE_FIGURE];

	EXPECT_STREQ("0.00", compare_figure(text, 0));
	EXPECT_STREQ("9.99", compare_figure(text, 9.994));
	EXPECT_STREQ("10.0", compare_figure(text, 9.996));
	EXPECT_STREQ("99.9", compare_figure(text, 99.94));
	EXPECT_STREQ("100", compare_figure(text, 99.96));
	EXPECT_STREQ("123456", compare_figure(text, 123456.4));
	EXPECT_STREQ("-5.00", compare_figure(text, -5));
}

TEST(series_says_median_and_spread)
{
	struct json_object *object = json_object_new_object();
	static struct compare_series series;

	compare_take(&series, 5);
	compare_take(&series, 1);
	compare_take(&series, 9);
	compare_take(&series, 3);
	compare_add_series(object, &series, 2);
	EXPECT_EQ(8, compare_number(object, "median"));
	EXPECT_EQ(2, compare_number(object, "least"));
	EXPECT_EQ(18, compare_number(object, "most"));
	EXPECT_EQ(4, compare_number(object, "rounds"));
	json_object_put(object);
}

TEST(clock_counts_instructions_if_told_so)
{
	const struct compare time = { .size = 0 };
	const struct compare instructions = { .instruction_ns = 4 };

	EXPECT_EQ(1, compare_per_ns(&time));
	EXPECT_STREQ("ns", compare_unit(&time));
	EXPECT_EQ(0.25, compare_per_ns(&instructions));
	EXPECT_STREQ("instructions", compare_unit(&instructions));
}

TEST(html_needs_the_other_program)
{
	ASSERT_EQ(0, setenv("PATH", "/nowhere", 1));
	EXPECT_EQ(CMD_CANNOT,
		  tool_run(&tool, "compare --only nvme --html /dev/null"));
	EXPECT_TRUE(tool_said(&tool, "there is no dmamem-report in PATH"));
	EXPECT_TRUE(tool_said(&tool, "--json FILE"));
	/* Nothing was done that would be lost */
	EXPECT_STREQ("", tool.out);
}

TEST(file_that_cannot_be_written)
{
	EXPECT_EQ(CMD_FAILED,
		  tool_run(&tool, "compare --only nvme --json /nowhere/x"));
	EXPECT_TRUE(tool_said(&tool, "/nowhere/x"));
	EXPECT_STREQ("", tool.out);
}

/* What a file had is not lost to a comparison that was not made */
TEST(file_stays_until_it_is_replaced)
{
	char path[] = "/tmp/tool_compare-XXXXXX", text[8192];
	struct json_object *report;
	int fd = mkostemp(path, O_CLOEXEC);

	ASSERT_LE(0, fd);
	memset(text, 'x', sizeof(text));
	ASSERT_EQ(sizeof(text), write(fd, text, sizeof(text)));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "compare -d fe:1f.7 --json %s",
				      path));
	EXPECT_EQ(sizeof(text), lseek(fd, 0, SEEK_END));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "compare --only nvme --json %s",
				     path));
	report = json_object_from_file(path);
	EXPECT_NE(NULL, report);
	json_object_put(report);
	EXPECT_GT(sizeof(text), lseek(fd, 0, SEEK_END));
	close(fd);
	unlink(path);
}

/* The kernel would end processes to find it */
TEST(more_memory_than_there_is)
{
	static const char * const sections[] = { "cost", "memory", "lookup" };
	static const char words[] = "is more memory than is available";
	long available = pages_count("/proc/meminfo", "MemAvailable:");
	long mib = available >> 10;

	ASSERT_LT(0, available);
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(CMD_CANNOT,
			  tool_run(&tool, "compare --only %s --size 1024T",
				   sections[i]));
		EXPECT_TRUE(tool_said(&tool, words));
		EXPECT_STREQ("", tool.out);
	}
	/* It takes four times as much; the product has more than 64 bits */
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "compare --only memory -s %ldM",
				       mib / 3 & ~1L));
	EXPECT_TRUE(tool_said(&tool, words));
	EXPECT_EQ(CMD_CANNOT,
		  tool_run(&tool, "compare --only memory -s 8388608T"));
	EXPECT_TRUE(tool_said(&tool, words));
	/* Sections that do not register so much do not mind */
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "compare --only nvme -s 1024T"));
}

TEST(tables_that_are_not_all)
{
	char *text = print("{\"why\":\"cost: interrupted\"}");

	EXPECT_STREQ("\nThis is not all: cost: interrupted\n", text);
	free(text);
}

TEST(table_of_nothing_wanted)
{
	static const char json[] =
		"{\"fragmented\":{\"wanted\":0,\"rows\":[{\"mode\":\"m\",\"registered\":0}]}}";
	char *text = print(json);

	EXPECT_NE(NULL, strstr(text, "      0 %\n"))
		TH_LOG("%s", text);
	free(text);
}

TEST_HARNESS_MAIN
