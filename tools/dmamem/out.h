/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * How things are shown: colours, progress, sizes. Errors go through err.h.
 */
#ifndef DMAMEM_TOOLS_OUT_H
#define DMAMEM_TOOLS_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum out_style {
	OUT_PLAIN,
	OUT_BOLD,
	OUT_GOOD,
	OUT_BAD,
	OUT_WARN,
};

/**
 * out_style() - what switches a style on, to be printed before the text
 * @stream: where the text goes
 * @style: OUT_PLAIN ends every other style
 *
 * Return: an escape sequence, or "" if @stream is no terminal or the
 * environment has NO_COLOR.
 */
const char *out_style(FILE *stream, enum out_style style);

/* Room for a size, its unit and 0 */
#define OUT_SIZE 24

/**
 * out_size() - a size for people: "512 B", "4 KiB", "1.5 GiB"
 * @text: where it goes
 * @bytes: the size
 *
 * Return: @text.
 */
const char *out_size(char text[OUT_SIZE], uint64_t bytes);

/**
 * out_wrapped() - print text in lines of at most 80 columns
 * @stream: where to
 * @column: column in which the cursor is, and where further lines begin
 * @text: words; ends with an end of line that is added
 */
void out_wrapped(FILE *stream, unsigned int column, const char *text);

/**
 * struct out_progress - a line on standard error that says how far something is
 *
 * It appears after two seconds, only on a terminal, and goes when all is done.
 */
struct out_progress {
	const char *what;
	uint64_t total;
	struct timespec started;
	struct timespec shown;
	bool visible;
};

/**
 * out_progress_start() - start the clock
 * @progress: filled in
 * @what: what is being done; must live as long
 * @total: how much there is to do, in any unit; 0: not known
 */
void out_progress_start(struct out_progress *progress, const char *what,
			uint64_t total);

/**
 * out_progress() - say how much is done; cheap enough for an inner loop
 * @progress: from out_progress_start()
 * @done: in the unit of the total
 */
void out_progress(struct out_progress *progress, uint64_t done);

/**
 * out_progress_end() - take the line away
 * @progress: from out_progress_start()
 */
void out_progress_end(struct out_progress *progress);

#endif
