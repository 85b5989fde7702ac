/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What was compared, as tables of 80 columns. They are made from the JSON object
 * alone.
 */
#ifndef DMAMEM_TOOLS_COMPARE_TABLE_H
#define DMAMEM_TOOLS_COMPARE_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

/**
 * compare_print() - print tables
 * @stream: where to
 * @report: what "dmamem compare" found, or a part of it: sections that are
 *          missing are left out. What has no number is "n/a", with the reason
 *          below the table.
 */
void compare_print(FILE *stream, struct json_object *report);

/* compare_table_numbers.c: sections of figures */
void compare_print_cost(FILE *stream, struct json_object *cost);
void compare_print_memory(FILE *stream, struct json_object *memory);
void compare_print_runs(FILE *stream, struct json_object *cost);
void compare_print_lookup(FILE *stream, struct json_object *lookup);
void compare_print_nvme(FILE *stream, struct json_object *nvme);

#define NOTES_MAX 32

/**
 * struct notes - reasons, numbered from 1, that stand below a table
 * @nr: how many
 * @texts: they belong to the JSON object
 */
struct notes {
	unsigned int nr;
	const char *texts[NOTES_MAX];
};

/* compare_notes.c */

/* "n/a 1", of which the number names the reason */
const char *notes_na(struct notes *notes, const char *why);

/* Print the reasons */
void notes_print(FILE *stream, const struct notes *notes);

/* Members of an object; 0, "", false or NULL where there is none */
double compare_number(struct json_object *object, const char *key);
const char *compare_text(struct json_object *object, const char *key);
bool compare_bool(struct json_object *object, const char *key);
struct json_object *compare_member(struct json_object *object,
				   const char *key);

/* Three digits at least, and no more decimals than it takes for them */
#define COMPARE_FIGURE 24
const char *compare_figure(char text[COMPARE_FIGURE], double value);

/* A heading, on a line of its own after an empty one */
void compare_heading(FILE *stream, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
