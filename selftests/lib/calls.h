/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which functions of the kernel a process has called, in order: by kprobe
 * events in a trace of their own.
 */
#ifndef DMAMEM_SELFTESTS_CALLS_H
#define DMAMEM_SELFTESTS_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CALLS_MAX 64

/**
 * calls_watch() - begin anew
 * @functions: their names, ended by NULL; those that this kernel has not are
 *             left out
 * @pid: of the process
 *
 * Return: 0; -EOPNOTSUPP where functions cannot be probed.
 */
int calls_watch(const char *const functions[], pid_t pid);

/**
 * calls_read() - what the process has called since
 * @calls: the functions, as they were given to calls_watch()
 *
 * Return: how many, up to CALLS_MAX; the rest is left out.
 */
size_t calls_read(const char *calls[CALLS_MAX]);

/* Wait for the first call; the watch goes on without it. 0 or -errno */
int calls_wait(void);

/* Does this kernel have the function, so that it is watched? */
bool calls_knows(const char *function);

void calls_end(void);

#endif
