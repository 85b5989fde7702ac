// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/dmamem/compare.h"

/* A line that changes on a terminal, a log elsewhere */
void compare_say(struct compare *compare, const char *format, ...)
{
	static char what[128];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (!isatty(STDERR_FILENO)) {
		fprintf(stderr, "%s\n", what);
		return;
	}
	compare->progress.what = what;
	out_progress(&compare->progress, 0);
}

void compare_because(char why[COMPARE_WHY], const char *text)
{
	snprintf(why, COMPARE_WHY, "%s", text);
}
