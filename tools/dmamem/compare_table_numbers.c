// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <string.h>

#include "tools/dmamem/compare_table.h"
#include "tools/dmamem/out.h"

#define PAGES_PER_GIB 262144.0
#define NS_PER_MS 1e6
#define NS_PER_US 1e3
#define RANGES 4
#define CLASSES_PER_RANGE 3

/* The n-th member of a list */
static struct json_object *at(struct json_object *list, size_t n)
{
	return json_object_array_get_idx(list, n);
}

static size_t length_of(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

static void print_names(FILE *stream, struct json_object *row)
{
	fprintf(stream, "%-12s %-15s", compare_text(row, "mode"),
		compare_text(row, "memory"));
}

/* "12.3 11.9..14.0" */
static void print_spread(FILE *stream, struct json_object *series, double scale,
			 int width)
{
	char median[COMPARE_FIGURE], least[COMPARE_FIGURE];
	char most[COMPARE_FIGURE], text[3 * COMPARE_FIGURE];

	if (!series) {
		fprintf(stream, " %*s", width, "");
		return;
	}
	snprintf(text, sizeof(text), "%s %s..%s",
		 compare_figure(median, compare_number(series, "median") /
				scale),
		 compare_figure(least, compare_number(series, "least") / scale),
		 compare_figure(most, compare_number(series, "most") / scale));
	fprintf(stream, " %*s", width, text);
}

static bool counts_instructions(struct json_object *object)
{
	return !strcmp(compare_text(object, "unit"), "instructions");
}

static struct json_object *find_cost(struct json_object *rows,
				     struct json_object *like,
				     const char *state)
{
	for (size_t i = 0; i < length_of(rows); i++) {
		struct json_object *row = at(rows, i);

		if (!strcmp(compare_text(row, "mode"),
			    compare_text(like, "mode")) &&
		    !strcmp(compare_text(row, "memory"),
			    compare_text(like, "memory")) &&
		    !strcmp(compare_text(row, "state"), state))
			return row;
	}
	return NULL;
}

static void print_cost_row(FILE *stream, struct json_object *rows,
			   struct json_object *cold, double scale,
			   struct notes *notes)
{
	struct json_object *warm = find_cost(rows, cold, "warm");

	print_names(stream, cold);
	if (*compare_text(cold, "why") || !warm) {
		fprintf(stream, " %17s\n",
			notes_na(notes, compare_text(cold, "why")));
		return;
	}
	print_spread(stream, compare_member(cold, "register"), scale, 17);
	print_spread(stream, compare_member(warm, "register"), scale, 16);
	print_spread(stream, compare_member(warm, "release"), scale, 16);
	fputc('\n', stream);
}

void compare_print_cost(FILE *stream, struct json_object *cost)
{
	bool instructions = counts_instructions(cost);
	double scale = instructions ? PAGES_PER_GIB : NS_PER_MS;
	struct json_object *rows = compare_member(cost, "rows");
	struct notes notes = { 0 };
	char size[OUT_SIZE];

	if (!cost)
		return;
	out_size(size, (uint64_t)compare_number(cost, "bytes"));
	compare_heading(stream, instructions ?
			"Registration and release of %s: instructions per 4 KiB page" :
			"Registration and release of %s: ms per GiB", size);
	fprintf(stream, "%-12s %-15s %17s %16s %16s\n", "mode", "memory",
		"register cold", "register warm", "release warm");
	for (size_t i = 0; i < length_of(rows); i++)
		if (strcmp(compare_text(at(rows, i), "state"), "warm") != 0)
			print_cost_row(stream, rows, at(rows, i), scale,
				       &notes);
	fputs("Median, least..most. Cold memory was never touched: its pages are found and\n"
	      "cleared on the way.\n", stream);
	notes_print(stream, &notes);
}

static struct json_object *find_memory(struct json_object *rows,
				       struct json_object *like)
{
	for (size_t i = 0; i < length_of(rows); i++)
		if (!strcmp(compare_text(at(rows, i), "mode"),
			    compare_text(like, "mode")) &&
		    !strcmp(compare_text(at(rows, i), "memory"),
			    compare_text(like, "memory")))
			return at(rows, i);
	return NULL;
}

/* Runs by length, three classes to a column, the last one open */
static void print_runs(FILE *stream, struct json_object *runs)
{
	struct json_object *classes = compare_member(runs, "classes");
	double sums[RANGES] = { 0 };
	char longest[OUT_SIZE];

	for (size_t i = 0; i < length_of(classes); i++) {
		size_t range = i / CLASSES_PER_RANGE;

		range = range < RANGES ? range : RANGES - 1;
		sums[range] += json_object_get_double(at(classes, i));
	}
	fprintf(stream, " %6.0f %9s", compare_number(runs, "number"),
		out_size(longest, (uint64_t)compare_number(runs, "longest")));
	for (int i = 0; i < RANGES; i++)
		fprintf(stream, " %7.0f", sums[i]);
	fputc('\n', stream);
}

void compare_print_memory(FILE *stream, struct json_object *memory)
{
	struct json_object *rows = compare_member(memory, "rows");
	struct notes notes = { 0 };
	char size[OUT_SIZE];

	if (!memory)
		return;
	out_size(size, (uint64_t)compare_number(memory, "bytes"));
	compare_heading(stream, "Memory taken beside %s", size);
	fprintf(stream, "%-12s %-15s %20s\n", "mode", "memory", "KiB");
	for (size_t i = 0; i < length_of(rows); i++) {
		const char *why = compare_text(at(rows, i), "why");

		print_names(stream, at(rows, i));
		if (*why)
			fprintf(stream, " %20s", notes_na(&notes, why));
		else
			print_spread(stream, at(rows, i), 1024, 20);
		fputc('\n', stream);
	}
	fputs("Kernel and process together, from before the mode is opened. What others take\n"
	      "or give meanwhile is in it, too.\n", stream);
	notes_print(stream, &notes);
}

void compare_print_runs(FILE *stream, struct json_object *cost)
{
	struct json_object *rows = compare_member(cost, "rows");
	char size[OUT_SIZE];

	if (!cost)
		return;
	out_size(size, (uint64_t)compare_number(cost, "bytes"));
	compare_heading(stream, "Runs of %s that are consecutive for the device",
			size);
	fprintf(stream, "%-12s %-15s %6s %9s %7s %7s %7s %7s\n", "mode",
		"memory", "runs", "longest", "4 KiB-", "32-", "256-", "2 MiB-");
	for (size_t i = 0; i < length_of(rows); i++) {
		struct json_object *runs = compare_member(at(rows, i), "runs");

		if (!runs)
			continue;
		print_names(stream, at(rows, i));
		print_runs(stream, runs);
	}
}

/* What is called, in the order of the first row that says so */
static void print_calls(FILE *stream, struct json_object *rows)
{
	struct json_object *first = NULL;

	for (size_t i = 0; i < length_of(rows); i++) {
		struct json_object *row = at(rows, i);

		if (!first && *compare_text(row, "what"))
			first = row;
		if (first && find_memory(rows, row) == first)
			fprintf(stream, " %12s", compare_text(row, "what"));
	}
}

/* Rows of the same mode and memory follow each other: a column each */
void compare_print_lookup(FILE *stream, struct json_object *lookup)
{
	struct json_object *rows = compare_member(lookup, "rows");
	struct notes notes = { 0 };
	char median[COMPARE_FIGURE];
	size_t i;

	if (!lookup || !length_of(rows))
		return;
	compare_heading(stream, "An address, and PRP lists: %s per call",
			compare_text(lookup, "unit"));
	fprintf(stream, "%-12s %-15s", "mode", "memory");
	print_calls(stream, rows);
	for (i = 0; i < length_of(rows); i++) {
		const char *why = compare_text(at(rows, i), "why");

		if (find_memory(rows, at(rows, i)) == at(rows, i)) {
			fputc('\n', stream);
			print_names(stream, at(rows, i));
		}
		fprintf(stream, " %12s", *why ? notes_na(&notes, why) :
			compare_figure(median, compare_number(at(rows, i),
							      "median")));
	}
	fputs("\nMedians. All modes use the library's table: what differs is how memory lies.\n",
	      stream);
	notes_print(stream, &notes);
}

static void print_nvme_row(FILE *stream, struct json_object *one,
			   struct json_object *many)
{
	double size = compare_number(one, "size");
	struct json_object *iops = compare_member(many, "iops");
	char text[OUT_SIZE];

	fprintf(stream, " %8s", out_size(text, (uint64_t)size));
	print_spread(stream, compare_member(one, "latency_ns"), NS_PER_US, 16);
	print_spread(stream, compare_member(one, "latency99_ns"), NS_PER_US,
		     17);
	print_spread(stream, iops, 1e6 / size, 18);
	fputc('\n', stream);
}

void compare_print_nvme(FILE *stream, struct json_object *nvme)
{
	struct json_object *rows = compare_member(nvme, "rows");
	struct notes notes = { 0 };
	const char *mode = "";

	if (!nvme)
		return;
	compare_heading(stream, "NVMe: random reads of %s",
			compare_text(nvme, "device"));
	if (!rows) {
		fprintf(stream, "n/a: %s\n", compare_text(nvme, "why"));
		return;
	}
	fprintf(stream, "%-12s %8s %16s %17s %18s\n", "mode", "size",
		"1: median us", "1: 99 % us", "32: MB/s");
	/* Pairs: one command at a time, and many */
	for (size_t i = 0; i + 1 < length_of(rows); i += 2) {
		struct json_object *row = at(rows, i);
		bool first = strcmp(compare_text(row, "mode"), mode) != 0;

		mode = compare_text(row, "mode");
		if (!first && *compare_text(row, "why"))
			continue;
		fprintf(stream, "%-12s", first ? mode : "");
		if (*compare_text(row, "why"))
			fprintf(stream, " %8s\n",
				notes_na(&notes, compare_text(row, "why")));
		else
			print_nvme_row(stream, row, at(rows, i + 1));
	}
	fprintf(stream, "Median, least..most of rounds. One command in flight, then 32.%s\n",
		compare_bool(nvme, "checked") ? " Data was\nchecked beforehand." :
						"");
	notes_print(stream, &notes);
}
