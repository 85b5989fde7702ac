// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/lib/events.h"
#include "tools/memory/pages.h"

#define TRACE "/sys/kernel/tracing/instances/dmamem-events"

int events_start(void)
{
	if (mkdir(TRACE, 0700) && errno != EEXIST)
		return -errno;
	pages_write(TRACE "/trace_clock", "mono");
	return pages_write(TRACE "/events/dmamem/enable", "1");
}

/* "program-123 [000] ..... 12.345678: NAME: FIELDS": from the time on */
static int last_line(const char *name, char line[2 * EVENT_TEXT])
{
	FILE *trace = fopen(TRACE "/trace", "re");
	char text[2 * EVENT_TEXT], key[64], *at;
	int ret = -ENODATA;

	if (!trace)
		return -errno;
	snprintf(key, sizeof(key), ": %s: ", name);
	while (fgets(text, sizeof(text), trace)) {
		at = strstr(text, key);
		if (!at)
			continue;
		while (at > text && at[-1] != ' ')
			at--;
		snprintf(line, 2 * EVENT_TEXT, "%s", at);
		ret = 0;
	}
	fclose(trace);
	return ret;
}

int events_last(const char *name, char text[EVENT_TEXT])
{
	char line[2 * EVENT_TEXT];
	int ret = last_line(name, line);
	const char *fields;

	if (ret)
		return ret;
	fields = strstr(line, name) + strlen(name) + 2;
	snprintf(text, EVENT_TEXT, "%.*s", (int)strcspn(fields, "\n"), fields);
	return 0;
}

double events_time(const char *name)
{
	char line[2 * EVENT_TEXT];

	return last_line(name, line) ? -1 : strtod(line, NULL);
}

void events_stop(void)
{
	pages_write(TRACE "/events/dmamem/enable", "0");
	rmdir(TRACE);
}
