/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Where what was found goes, beside the terminal.
 */
#ifndef DMAMEM_TOOLS_COMPARE_OUTPUT_H
#define DMAMEM_TOOLS_COMPARE_OUTPUT_H

#include <json-c/json.h>

/**
 * compare_write_json() - write an object to a file
 * @path: the file, "-": standard output
 * @report: the object
 *
 * Return: CMD_DONE, or CMD_FAILED and a message.
 */
int compare_write_json(const char *path, struct json_object *report);

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
