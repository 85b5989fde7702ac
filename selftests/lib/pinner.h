/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A thread in the middle of a PIN: the memory is not there until it is served.
 */
#ifndef DMAMEM_SELFTESTS_PINNER_H
#define DMAMEM_SELFTESTS_PINNER_H

#include <pthread.h>
#include <stddef.h>

struct pinner {
	int fd;
	int uffd;
	char *addr;
	size_t nr;
	int result;
	pthread_t thread;
};

/*
 * Pin @nr pages through @fd, as far as it goes without them. 0, -ENOTSUP without
 * userfaultfd, or another -errno
 */
int pinner_start(struct pinner *pinner, int fd, size_t nr);

/* Let it go on, to the end: the region's id or -errno */
int pinner_finish(struct pinner *pinner);

#endif
