// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * RLIMIT_MEMLOCK in words, for kernel interfaces that only say ENOMEM.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libdmamem/explain.h"
#include "libdmamem/memlock.h"

static uint64_t locked_bytes(void)
{
	char text[8192], *line;
	ssize_t len = 0;
	int fd;

	fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	line = strstr(text, "VmLck:");
	return line ? strtoull(line + strlen("VmLck:"), NULL, 10) << 10 : 0;
}

int dmamem_explain_memlock(uint64_t needed, char *why)
{
	uint64_t used = locked_bytes();
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY || used + needed <= limit.rlim_cur)
		return dmamem_because(why, -ENOMEM, "the kernel is out of memory");
	return dmamem_because(why, -ENOMEM,
			      "RLIMIT_MEMLOCK: needs %ju bytes, %ju of %ju are used (see ulimit -l)",
			      (uintmax_t)needed, (uintmax_t)used,
			      (uintmax_t)limit.rlim_cur);
}
