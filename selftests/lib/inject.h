/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory that runs out on demand: unit tests are linked with --wrap for the
 * functions that the library gets its memory from.
 */
#ifndef DMAMEM_SELFTESTS_INJECT_H
#define DMAMEM_SELFTESTS_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* From now on the request after @after others fails: that one, or all */
void inject_one(unsigned int after);
void inject_all(unsigned int after);

/* No more failures. Was there one? */
bool inject_stop(void);

/* For what is not under test; nests */
void inject_pause(void);
void inject_resume(void);

/* What the linker makes of malloc() and the others */
void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *mem, size_t size);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __real_mprotect(void *addr, size_t len, int prot);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *mem, size_t size);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t offset);
int __wrap_mprotect(void *addr, size_t len, int prot);

#endif
