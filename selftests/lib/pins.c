// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "selftests/lib/pins.h"

/* Have what each processor has counted by itself added up */
static int gather(void)
{
	char byte;
	int ret = 0;
	int fd;

	fd = open("/proc/sys/vm/stat_refresh", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, &byte, 1) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The number behind @name, or -ENOENT */
static int64_t number_in(const char *path, const char *name)
{
	size_t length = strlen(name);
	int64_t number = -ENOENT;
	char line[128];
	FILE *file;

	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, length))
			continue;
		if (sscanf(line + length, "%" SCNd64, &number) != 1)
			number = -EIO;
		break;
	}
	fclose(file);
	return number;
}

int64_t pins_now(void)
{
	int64_t acquired;
	int64_t released;
	int ret;

	ret = gather();
	if (ret)
		return ret;
	acquired = number_in("/proc/vmstat", "nr_foll_pin_acquired ");
	if (acquired < 0)
		return acquired;
	released = number_in("/proc/vmstat", "nr_foll_pin_released ");
	return released < 0 ? released : acquired - released;
}

int64_t pins_charged(void)
{
	int64_t kib = number_in("/proc/self/status", "VmLck:");

	return kib < 0 ? kib : kib * 1024;
}
