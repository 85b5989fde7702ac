// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/lib/calls.h"
#include "tools/memory/pages.h"

#define TRACING "/sys/kernel/tracing"
#define OURS TRACING "/instances/calls"
#define PROBES TRACING "/kprobe_events"

static const char *const *watched;

/* "p:calls/NAME NAME" makes a probe, "-:calls/NAME" removes it */
static void change_probe(const char *format, const char *function)
{
	char text[160];

	snprintf(text, sizeof(text), format, function, function);
	pages_write(PROBES, text);
}

bool calls_knows(const char *function)
{
	char path[160];

	snprintf(path, sizeof(path), OURS "/events/calls/%s", function);
	return !access(path, F_OK);
}

int calls_watch(const char *const functions[], pid_t pid)
{
	char text[16];
	int i;

	calls_end();
	if (access(PROBES, W_OK) || mkdir(OURS, 0700))
		return -EOPNOTSUPP;
	watched = functions;
	for (i = 0; functions[i]; i++)
		change_probe("p:calls/%s %s\n", functions[i]);
	snprintf(text, sizeof(text), "%d", pid);
	if (pages_write(OURS "/set_event_pid", text) ||
	    pages_write(OURS "/events/calls/enable", "1"))
		return -EOPNOTSUPP;
	return 0;
}

/* "bash-123 [000] ..... 12.34: FUNCTION: (FUNCTION+0x0/0x40)" */
static const char *function_of(const char *line)
{
	char text[96];
	int i;

	for (i = 0; watched[i]; i++) {
		snprintf(text, sizeof(text), ": %s: (", watched[i]);
		if (strstr(line, text))
			return watched[i];
	}
	return NULL;
}

size_t calls_read(const char *calls[CALLS_MAX])
{
	FILE *trace = fopen(OURS "/trace", "re");
	char line[512];
	size_t nr = 0;

	if (!trace)
		return 0;
	while (nr < CALLS_MAX && fgets(line, sizeof(line), trace)) {
		calls[nr] = function_of(line);
		if (calls[nr])
			nr++;
	}
	fclose(trace);
	return nr;
}

int calls_wait(void)
{
	FILE *pipe = fopen(OURS "/trace_pipe", "re");
	char line[512];
	int ret;

	if (!pipe)
		return -errno;
	ret = fgets(line, sizeof(line), pipe) ? 0 : -EIO;
	fclose(pipe);
	return ret;
}

void calls_end(void)
{
	int i;

	pages_write(OURS "/events/calls/enable", "0");
	for (i = 0; watched && watched[i]; i++)
		change_probe("-:calls/%s\n", watched[i]);
	watched = NULL;
	rmdir(OURS);
}
