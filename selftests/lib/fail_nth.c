// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "selftests/lib/fail_nth.h"

#define DEBUGFS "/sys/kernel/debug/"

static const struct {
	const char *path;
	const char *value;
} settings[] = {
	/* Fail allocations that may sleep, too: that is nearly all of them */
	{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
	{ DEBUGFS "fail_page_alloc/ignore-gfp-highmem", "N" },
	/* Single pages, too */
	{ DEBUGFS "fail_page_alloc/min-order", "0" },
	/* No stack trace of each: one of real trouble shall stand out */
	{ DEBUGFS "failslab/verbose", "0" },
	{ DEBUGFS "fail_page_alloc/verbose", "0" },
	{ DEBUGFS "fail_usercopy/verbose", "0" },
};

static int write_string(const char *path, const char *value)
{
	int ret = 0;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int fail_nth_open(void)
{
	int ret;
	int fd;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		ret = write_string(settings[i].path, settings[i].value);
		if (ret)
			return ret;
	}
	fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int fail_nth_arm(int fd, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	return pwrite(fd, text, length, 0) == length ? 0 : -errno;
}

/*
 * The file's own reads and writes copy from and to user memory: each is a place
 * that may be the n-th. What is left is looked at before it counts itself.
 */
int fail_nth_disarm(int fd)
{
	char text[16] = "";
	int happened;

	if (pread(fd, text, sizeof(text) - 1, 0) < 0 && errno != EFAULT)
		return -errno;
	/* If the read failed for this, it had not happened before */
	happened = text[0] && !strtoul(text, NULL, 10);
	while (fail_nth_arm(fd, 0)) {
		if (errno != EFAULT)
			return -errno;
	}
	return happened;
}
