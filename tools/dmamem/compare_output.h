/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Where what was found goes, beside the terminal.
 */
#ifndef DMAMEM_TOOLS_COMPARE_OUTPUT_H
#define DMAMEM_TOOLS_COMPARE_OUTPUT_H

#include <stdio.h>

#include <json-c/json.h>

/**
 * compare_open_json() - see whether a file can be written, which is not changed
 * @path: the file, "-": standard output
 * @stream: the file, for compare_write_json()
 *
 * Return: CMD_DONE, or CMD_FAILED and a message.
 */
int compare_open_json(const char *path, FILE **stream);

/**
 * compare_write_json() - write an object to a file, and close it
 * @path: its name
 * @stream: from compare_open_json()
 * @report: the object
 *
 * Return: CMD_DONE, or CMD_FAILED and a message.
 */
int compare_write_json(const char *path, FILE *stream,
		       struct json_object *report);

/* Is there a dmamem-report? CMD_DONE, or CMD_CANNOT and a message */
int compare_find_report(void);

/**
 * compare_write_html() - have dmamem-report make a report of an object
 * @path: the report
 * @report: the object
 *
 * Return: CMD_DONE, CMD_CANNOT (there is no dmamem-report, or it misses
 * something), or CMD_FAILED, both with a message.
 */
int compare_write_html(const char *path, struct json_object *report);

#endif
