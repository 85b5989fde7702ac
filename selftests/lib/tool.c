// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The dmamem command, run in a child process: it is part of the test program,
 * so nothing has to be found, in a guest or on a machine.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"

#define MAX_ARGUMENTS 64

static void run_child(int input, int out, int err, char *arguments)
{
	static char name[] = "dmamem";
	char *argv[MAX_ARGUMENTS + 1] = { name }, *saved;
	int argc = 1;

	for (char *word = strtok_r(arguments, " ", &saved);
	     word && argc < MAX_ARGUMENTS; word = strtok_r(NULL, " ", &saved))
		argv[argc++] = word;
	dup2(input, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	exit(cmd_dmamem(argc, argv));
}

static void read_back(int fd, char text[TOOL_TEXT])
{
	ssize_t length = pread(fd, text, TOOL_TEXT - 1, 0);

	text[length > 0 ? length : 0] = '\0';
	close(fd);
}

static int run(struct tool *tool, int input, const char *format, va_list args)
{
	int out = memfd_create("out", MFD_CLOEXEC);
	int err = memfd_create("err", MFD_CLOEXEC);
	char arguments[4096];
	int status = 0;
	pid_t pid;

	vsnprintf(arguments, sizeof(arguments), format, args);
	fflush(NULL);
	pid = fork();
	if (!pid)
		run_child(input, out, err, arguments);
	waitpid(pid, &status, 0);
	tool->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	read_back(out, tool->out);
	read_back(err, tool->err);
	return tool->exit_code;
}

int tool_run(struct tool *tool, const char *format, ...)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), ret;
	va_list args;

	va_start(args, format);
	ret = run(tool, null, format, args);
	va_end(args);
	close(null);
	return ret;
}

int tool_run_with(struct tool *tool, int input, const char *format, ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = run(tool, input, format, args);
	va_end(args);
	return ret;
}

int tool_said(const struct tool *tool, const char *words)
{
	return strstr(tool->out, words) || strstr(tool->err, words);
}
