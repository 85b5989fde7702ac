// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How things are shown: colours, progress, sizes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/out.h"

#define COLUMNS 80
#define NSEC_PER_SEC 1000000000LL
#define PROGRESS_AFTER (2 * NSEC_PER_SEC)
#define PROGRESS_EVERY (NSEC_PER_SEC / 5)

static bool is_coloured(FILE *stream)
{
	const char *none = getenv("NO_COLOR");

	return isatty(fileno(stream)) && !(none && *none);
}

const char *out_style(FILE *stream, enum out_style style)
{
	static const char * const escapes[] = {
		[OUT_PLAIN] = "\033[0m",
		[OUT_BOLD] = "\033[1m",
		[OUT_GOOD] = "\033[32m",
		[OUT_BAD] = "\033[31m",
		[OUT_WARN] = "\033[33m",
	};

	return is_coloured(stream) ? escapes[style] : "";
}

const char *out_size(char text[OUT_SIZE], uint64_t bytes)
{
	static const char units[] = " KMGTPE";
	unsigned int unit = 0;
	uint64_t tenths;

	while (bytes >> (10 * unit) >= 1024)
		unit++;
	if (!unit) {
		snprintf(text, OUT_SIZE, "%" PRIu64 " B", bytes);
		return text;
	}
	/* Cut off, not rounded: 1023.99 KiB is no 1024.0 */
	tenths = (bytes >> (10 * (unit - 1))) * 10 / 1024;
	if (tenths % 10)
		snprintf(text, OUT_SIZE, "%" PRIu64 ".%" PRIu64 " %ciB",
			 tenths / 10, tenths % 10, units[unit]);
	else
		snprintf(text, OUT_SIZE, "%" PRIu64 " %ciB", tenths / 10,
			 units[unit]);
	return text;
}

void out_wrapped(FILE *stream, unsigned int column, const char *text)
{
	unsigned int at = column;

	while (*text) {
		size_t word = strcspn(text, " ");

		if (at > column && at + 1 + word > COLUMNS) {
			fprintf(stream, "\n%*s", (int)column, "");
			at = column;
		}
		if (at > column) {
			fputc(' ', stream);
			at++;
		}
		fwrite(text, 1, word, stream);
		at += word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', stream);
}

static struct timespec now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time;
}

static int64_t since(struct timespec then, struct timespec time)
{
	return (time.tv_sec - then.tv_sec) * NSEC_PER_SEC + time.tv_nsec -
	       then.tv_nsec;
}

void out_progress_start(struct out_progress *progress, const char *what,
			uint64_t total)
{
	*progress = (struct out_progress) {
		.what = what,
		.total = total,
		.started = now(),
	};
}

void out_progress(struct out_progress *progress, uint64_t done)
{
	struct timespec time = now();
	int64_t seconds = since(progress->started, time) / NSEC_PER_SEC;

	if (since(progress->started, time) < PROGRESS_AFTER ||
	    since(progress->shown, time) < PROGRESS_EVERY ||
	    !isatty(STDERR_FILENO))
		return;
	if (progress->total)
		fprintf(stderr, "\r\033[K%s: %d %%, %" PRId64 " s",
			progress->what,
			(int)((double)done * 100 / (double)progress->total),
			seconds);
	else
		fprintf(stderr, "\r\033[K%s: %" PRId64 " s", progress->what,
			seconds);
	progress->shown = time;
	progress->visible = true;
}

void out_progress_end(struct out_progress *progress)
{
	if (progress->visible)
		fputs("\r\033[K", stderr);
	progress->visible = false;
}
