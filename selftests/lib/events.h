/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the module's tracepoints say, in a trace of their own.
 */
#ifndef DMAMEM_SELFTESTS_EVENTS_H
#define DMAMEM_SELFTESTS_EVENTS_H

#define EVENT_TEXT 256

/* Record the module's events from here on; -ENOENT without tracepoints */
int events_start(void);

/* The last event of that name, as it prints its fields; 0 or -ENODATA */
int events_last(const char *name, char text[EVENT_TEXT]);

/* When that was, in seconds of CLOCK_MONOTONIC; -1 if it was not */
double events_time(const char *name);

void events_stop(void);

#endif
