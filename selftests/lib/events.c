// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdio.h>
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
	return pages_write(TRACE "/events/dmamem/enable", "1");
}

/* "program-123 [000] ..... 12.345678: NAME: FIELDS" */
int events_last(const char *name, char text[EVENT_TEXT])
{
	FILE *trace = fopen(TRACE "/trace", "re");
	char line[2 * EVENT_TEXT], key[64];
	const char *fields;
	int ret = -ENODATA;

	if (!trace)
		return -errno;
	snprintf(key, sizeof(key), ": %s: ", name);
	while (fgets(line, sizeof(line), trace)) {
		fields = strstr(line, key);
		if (!fields)
			continue;
		fields += strlen(key);
		snprintf(text, EVENT_TEXT, "%.*s", (int)strcspn(fields, "\n"),
			 fields);
		ret = 0;
	}
	fclose(trace);
	return ret;
}

void events_stop(void)
{
	pages_write(TRACE "/events/dmamem/enable", "0");
	rmdir(TRACE);
}
