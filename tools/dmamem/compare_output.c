// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/compare_output.h"

#define PROGRAM "dmamem-report"

static int write_object(FILE *stream, struct json_object *report)
{
	fputs(json_object_to_json_string_ext(report, JSON_C_TO_STRING_PLAIN |
				JSON_C_TO_STRING_NOSLASHESCAPE), stream);
	fputc('\n', stream);
	return fflush(stream);
}

int compare_write_json(const char *path, struct json_object *report)
{
	bool to_stdout = !strcmp(path, "-");
	FILE *stream = to_stdout ? stdout : fopen(path, "we");
	int ret = stream ? write_object(stream, report) : -1;

	if (stream && !to_stdout && fclose(stream))
		ret = -1;
	if (!ret)
		return CMD_DONE;
	warn("%s", to_stdout ? "standard output" : path);
	return CMD_FAILED;
}

/* Becomes the program, or ends as a shell does that finds none */
static void become_program(int input, const char *path)
{
	dup2(input, STDIN_FILENO);
	execlp(PROGRAM, PROGRAM, "--html", path, "-", NULL);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return CMD_FAILED;
	if (WEXITSTATUS(status) == 127) {
		warnx("there is no " PROGRAM " in PATH");
		fputs("-> write --json FILE, and run " PROGRAM " where it is\n",
		      stderr);
		return CMD_CANNOT;
	}
	return WEXITSTATUS(status);
}

int compare_write_html(const char *path, struct json_object *report)
{
	FILE *stream;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		warn("pipe");
		return CMD_FAILED;
	}
	pid = fork();
	if (!pid)
		become_program(ends[0], path);
	close(ends[0]);
	/* A program that ends early says itself why */
	signal(SIGPIPE, SIG_IGN);
	stream = fdopen(ends[1], "w");
	if (stream) {
		write_object(stream, report);
		fclose(stream);
	}
	return pid < 0 ? CMD_FAILED : wait_for(pid);
}
