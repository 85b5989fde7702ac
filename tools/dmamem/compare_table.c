// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <string.h>

#include "tools/dmamem/compare_table.h"
#include "tools/dmamem/out.h"

static size_t length_of(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

static void print_machine(FILE *stream, struct json_object *machine)
{
	char memory[OUT_SIZE], line[512];

	out_size(memory, (uint64_t)compare_number(machine, "memory"));
	snprintf(line, sizeof(line), "%s, %.0f processors, %s, %.0f NUMA nodes",
		 compare_text(machine, "processor"),
		 compare_number(machine, "processors"), memory,
		 compare_number(machine, "nodes"));
	fputs("Machine  ", stream);
	out_wrapped(stream, 9, line);
	snprintf(line, sizeof(line), "%s %s",
		 compare_text(machine, "kernel"),
		 compare_text(machine, "kernel_version"));
	fputs("Kernel   ", stream);
	out_wrapped(stream, 9, line);
	fprintf(stream, "dmamem   %s\nDate     %s\n",
		compare_text(machine, "dmamem"), compare_text(machine, "date"));
	if (!compare_bool(machine, "emulated"))
		return;
	fputs("Note     ", stream);
	out_wrapped(stream, 9,
		    "This processor is emulated by software. Times below are those of the emulation: caches, TLBs, IOMMU and disk cost nothing like real ones. Counts of pages, runs and bytes are exact.");
}

static void print_setup_row(FILE *stream, struct json_object *row,
			    struct notes *notes)
{
	const char *capability = compare_text(row, "capability");
	const char *driver = compare_text(row, "driver");
	const char *memlock = compare_bool(row, "memlock") ? "counts" : "no";

	fprintf(stream, "%-12s ", compare_text(row, "mode"));
	if (!compare_bool(row, "works")) {
		fprintf(stream, "%s\n",
			notes_na(notes, compare_text(row, "why")));
		return;
	}
	if (!*capability) {
		capability = notes_na(notes,
				      "it could not be tried: no memory for it, or too few capabilities here");
		memlock = "n/a";
	}
	fprintf(stream, "%-15s %-8s %-27s %s\n", capability, memlock,
		compare_text(row, "reserved"), *driver ? driver : "-");
}

static void print_addresses(FILE *stream, struct json_object *setup)
{
	for (size_t i = 0; i < length_of(setup); i++) {
		struct json_object *row = json_object_array_get_idx(setup, i);
		char line[256];

		snprintf(line, sizeof(line), "%s%s%s. Needed at boot: %s.",
			 compare_text(row, "title"),
			 compare_bool(row, "works") ? ". Addresses here: " : "",
			 compare_text(row, "addresses"),
			 compare_text(row, "boot"));
		fprintf(stream, "  %-12s ", compare_text(row, "mode"));
		out_wrapped(stream, 15, line);
	}
}

static void print_setup(FILE *stream, struct json_object *setup)
{
	struct notes notes = { 0 };

	if (!setup)
		return;
	compare_heading(stream, "What each mode takes");
	fprintf(stream, "%-12s %-15s %-8s %-27s %s\n", "mode", "capability",
		"memlock", "reserved beforehand", "bound to");
	for (size_t i = 0; i < length_of(setup); i++)
		print_setup_row(stream, json_object_array_get_idx(setup, i),
				&notes);
	notes_print(stream, &notes);
	print_addresses(stream, setup);
}

/* What stands above the columns, in two lines */
static const struct {
	const char *name;
	const char *upper;
	const char *lower;
} headers[] = {
	{ "nothing", "no-", "thing" },
	{ "move_pages", "move_", "pages" },
	{ "mbind", "", "mbind" },
	{ "migrate_pages", "migra-", "te_p." },
	{ "compaction", "comp-", "action" },
	{ "soft offline", "soft", "offl." },
	{ "MADV_COLLAPSE", "COLL-", "APSE" },
	{ "fork, write", "fork,", "write" },
	{ "swap-out", "swap-", "out" },
};

#define NR_HEADERS (sizeof(headers) / sizeof(headers[0]))

static void print_column_name(FILE *stream, int line,
			      struct json_object *disturbance)
{
	const char *name = compare_text(disturbance, "name");
	size_t i = 0;

	while (i < NR_HEADERS && strcmp(headers[i].name, name))
		i++;
	if (i == NR_HEADERS)
		fprintf(stream, "%7s", line ? "?" : "");
	else
		fprintf(stream, "%7s",
			line ? headers[i].lower : headers[i].upper);
}

static void print_header(FILE *stream, struct json_object *disturbances)
{
	for (int line = 0; line < 2; line++) {
		fprintf(stream, "%-17s", line ? "  memory" : "mode");
		for (size_t i = 0; i < length_of(disturbances); i++)
			print_column_name(stream, line,
					  json_object_array_get_idx(disturbances,
								    i));
		fputc('\n', stream);
	}
}

static void print_cell(FILE *stream, struct json_object *cell,
		       struct notes *notes)
{
	bool is_number = !!compare_member(cell, "moved");
	double moved = compare_number(cell, "moved");
	double of = compare_number(cell, "of");
	char text[32];

	if (!is_number)
		snprintf(text, sizeof(text), "%s",
			 notes_na(notes, compare_text(cell, "why")));
	else if (of < 100)
		snprintf(text, sizeof(text), "%.0f/%.0f", moved, of);
	else
		snprintf(text, sizeof(text), "%.0f", moved);
	fprintf(stream, "%s%7s%s",
		is_number && moved > 0 ? out_style(stream, OUT_BAD) : "", text,
		is_number && moved > 0 ? out_style(stream, OUT_PLAIN) : "");
}

static bool same_row(struct json_object *a, struct json_object *b)
{
	return !strcmp(compare_text(a, "mode"), compare_text(b, "mode")) &&
	       !strcmp(compare_text(a, "memory"), compare_text(b, "memory"));
}

/* Is there one reason why the whole row has no number? */
static bool is_barred(struct json_object *cells, size_t first, size_t end)
{
	struct json_object *cell = json_object_array_get_idx(cells, first);
	const char *why = compare_text(cell, "why");

	for (size_t i = first; i < end; i++) {
		cell = json_object_array_get_idx(cells, i);
		if (compare_member(cell, "moved") ||
		    strcmp(compare_text(cell, "why"), why))
			return false;
	}
	return true;
}

static void print_row(FILE *stream, struct json_object *cells, size_t first,
		      size_t end, struct notes *notes)
{
	struct json_object *cell = json_object_array_get_idx(cells, first);

	fprintf(stream, "  %-15s", compare_text(cell, "memory"));
	if (is_barred(cells, first, end)) {
		fprintf(stream, "%7s\n",
			notes_na(notes, compare_text(cell, "why")));
		return;
	}
	for (size_t i = first; i < end; i++)
		print_cell(stream, json_object_array_get_idx(cells, i), notes);
	fputc('\n', stream);
}

static void print_rows(FILE *stream, struct json_object *cells,
		       struct notes *notes)
{
	const char *mode = "";
	size_t first, end, nr = length_of(cells);

	for (first = 0; first < nr; first = end) {
		struct json_object *cell = json_object_array_get_idx(cells,
								     first);

		for (end = first + 1; end < nr; end++)
			if (!same_row(cell,
				      json_object_array_get_idx(cells, end)))
				break;
		if (strcmp(compare_text(cell, "mode"), mode))
			fprintf(stream, "%s\n", compare_text(cell, "mode"));
		mode = compare_text(cell, "mode");
		print_row(stream, cells, first, end, notes);
	}
}

static void print_stability(FILE *stream, struct json_object *stability)
{
	struct notes notes = { 0 };

	if (!stability)
		return;
	compare_heading(stream,
			"Do the addresses hold? Pages of %.0f that moved",
			compare_number(stability, "pages"));
	print_header(stream, compare_member(stability, "disturbances"));
	print_rows(stream, compare_member(stability, "cells"), &notes);
	fputs("Where memory that is not registered shows 0, the kernel moves no such memory in\n"
	      "this way, and other zeros in the column say nothing. Soft offline: of as many\n"
	      "as were asked for.\n", stream);
	notes_print(stream, &notes);
}

static void print_fragmented_row(FILE *stream, struct json_object *row,
				 double wanted, struct notes *notes)
{
	char registered[OUT_SIZE], longest[OUT_SIZE];
	double bytes = compare_number(row, "registered");

	fprintf(stream, "%-12s", compare_text(row, "mode"));
	if (!compare_member(row, "registered")) {
		fprintf(stream, " %10s\n",
			notes_na(notes, compare_text(row, "why")));
		return;
	}
	fprintf(stream, " %10s %6.0f %%",
		out_size(registered, (uint64_t)bytes),
		wanted > 0 ? bytes * 100 / wanted : 0);
	if (compare_member(row, "runs"))
		fprintf(stream, " %8.0f %10s", compare_number(row, "runs"),
			out_size(longest, (uint64_t)compare_number(row,
								   "longest")));
	if (!*compare_text(row, "why")) {
		fputc('\n', stream);
		return;
	}
	fputs("  ", stream);
	out_wrapped(stream, 34, compare_text(row, "why"));
}

static void print_fragmented(FILE *stream, struct json_object *fragmented)
{
	char free[OUT_SIZE], wanted[OUT_SIZE];
	struct notes notes = { 0 };
	struct json_object *rows;

	if (!fragmented)
		return;
	rows = compare_member(fragmented, "rows");
	if (!rows) {
		compare_heading(stream, "Fragmented memory");
		fprintf(stream, "n/a: %s\n", compare_text(fragmented, "why"));
		return;
	}
	out_size(free, (uint64_t)compare_number(fragmented, "free"));
	out_size(wanted, (uint64_t)compare_number(fragmented, "wanted"));
	compare_heading(stream,
			"Fragmented memory: %s wanted, %s free in pieces below 2 MiB",
			wanted, free);
	fprintf(stream, "%-12s %10s %17s %10s\n", "mode", "registered",
		"runs", "longest");
	for (size_t i = 0; i < length_of(rows); i++)
		print_fragmented_row(stream, json_object_array_get_idx(rows, i),
				     compare_number(fragmented, "wanted"),
				     &notes);
	notes_print(stream, &notes);
}

void compare_print(FILE *stream, struct json_object *report)
{
	struct json_object *machine = compare_member(report, "machine");

	if (machine)
		print_machine(stream, machine);
	print_setup(stream, compare_member(report, "setup"));
	print_stability(stream, compare_member(report, "stability"));
	compare_print_cost(stream, compare_member(report, "cost"));
	compare_print_runs(stream, compare_member(report, "cost"));
	compare_print_memory(stream, compare_member(report, "memory"));
	compare_print_lookup(stream, compare_member(report, "lookup"));
	compare_print_nvme(stream, compare_member(report, "nvme"));
	print_fragmented(stream, compare_member(report, "fragmented"));
	if (*compare_text(report, "why"))
		fprintf(stream, "\nThis is not all: %s\n",
			compare_text(report, "why"));
}
