// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
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

static int cannot_write(const char *path)
{
	warn("%s", strcmp(path, "-") ? path : "standard output");
	return CMD_FAILED;
}

/* What a file had stays until there is something to replace it */
int compare_open_json(const char *path, FILE **stream)
{
	int fd;

	*stream = stdout;
	if (!strcmp(path, "-"))
		return CMD_DONE;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	*stream = fd < 0 ? NULL : fdopen(fd, "w");
	return *stream ? CMD_DONE : cannot_write(path);
}

int compare_write_json(const char *path, FILE *stream,
		       struct json_object *report)
{
	bool is_file = stream != stdout;
	int ret;

	/* Pipes and devices have nothing to be cut off */
	if (is_file && ftruncate(fileno(stream), 0) && errno != EINVAL)
		return cannot_write(path);
	ret = write_object(stream, report);
	if (is_file && fclose(stream))
		ret = -1;
	return ret ? cannot_write(path) : CMD_DONE;
}

static bool is_in(const char *folder, size_t length)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.*s/" PROGRAM, (int)length, folder);
	return !access(path, X_OK);
}

int compare_find_report(void)
{
	const char *folder = getenv("PATH");
	size_t length;

	for (; folder && *folder; folder += length + !!folder[length]) {
		length = strcspn(folder, ":");
		if (is_in(folder, length))
			return CMD_DONE;
	}
	warnx("there is no " PROGRAM " in PATH");
	fputs("-> write --json FILE, and run " PROGRAM " where it is\n",
	      stderr);
	return CMD_CANNOT;
}

/* Becomes the program, or ends as a shell does that finds none */
static void become_program(int input, const char *path)
{
	dup2(input, STDIN_FILENO);
	execlp(PROGRAM, PROGRAM, "--html", path, "-", NULL);
	warn(PROGRAM);
	_exit(127);
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return CMD_FAILED;
	return WEXITSTATUS(status) == 127 ? CMD_CANNOT : WEXITSTATUS(status);
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
	stream = fdopen(ends[1], "w");
	if (stream) {
		write_object(stream, report);
		fclose(stream);
	}
	return pid < 0 ? CMD_FAILED : wait_for(pid);
}
