// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "selftests/lib/inject.h"

static struct {
	bool armed;
	bool repeat;
	bool failed;
	unsigned int after;
	unsigned int paused;
} inject;

void inject_one(unsigned int after)
{
	inject.armed = true;
	inject.repeat = false;
	inject.failed = false;
	inject.after = after;
}

void inject_all(unsigned int after)
{
	inject_one(after);
	inject.repeat = true;
}

bool inject_stop(void)
{
	inject.armed = false;
	return inject.failed;
}

void inject_pause(void)
{
	inject.paused++;
}

void inject_resume(void)
{
	inject.paused--;
}

/* Threads do not meet here: tests with threads do not arm */
static bool fails(void)
{
	if (!inject.armed || inject.paused)
		return false;
	if (inject.after) {
		inject.after--;
		return false;
	}
	inject.armed = inject.repeat;
	inject.failed = true;
	errno = ENOMEM;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *mem, size_t size)
{
	return fails() ? NULL : __real_realloc(mem, size);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (fails())
		return MAP_FAILED;
	return __real_mmap(addr, len, prot, flags, fd, offset);
}

int __wrap_mprotect(void *addr, size_t len, int prot)
{
	return fails() ? -1 : __real_mprotect(addr, len, prot);
}
