/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The dmamem command, run in a child process. For tests named tool_*: they are
 * linked with what the command needs.
 */
#ifndef DMAMEM_SELFTESTS_TOOL_H
#define DMAMEM_SELFTESTS_TOOL_H

#define TOOL_TEXT 65536

/* Where a guest has the module; elsewhere it is installed */
#define TOOL_MODULE "/modules/dmamem.ko"

/**
 * struct tool - what became of a run
 * @exit_code: of the command, or -1 (it was killed)
 * @out: what it printed, cut off if need be
 * @err: what it said on standard error
 */
struct tool {
	int exit_code;
	char out[TOOL_TEXT];
	char err[TOOL_TEXT];
};

/**
 * tool_run() - run the command as a shell would, without one
 * @tool: what became of it
 * @format: as of printf(): the arguments, with a space between them;
 *          "bind 00:04.0"
 *
 * Return: its exit code, or -1.
 */
int tool_run(struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The same, with a file as standard input */
int tool_run_with(struct tool *tool, int input, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Does a line on standard output or standard error have these words in it? */
int tool_said(const struct tool *tool, const char *words);

#endif
