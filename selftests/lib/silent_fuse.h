/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A FUSE file system with one file, whose content is asked for and never comes.
 */
#ifndef DMAMEM_SELFTESTS_SILENT_FUSE_H
#define DMAMEM_SELFTESTS_SILENT_FUSE_H

#include <pthread.h>

#define SILENT_FUSE_FILE "/tmp/silent/file"

/**
 * struct silent_fuse - the file system's server, a thread
 * @device: /dev/fuse
 * @asked: The reading end of a pipe: a byte for each time content is asked for
 * @asks: The writing end
 * @thread: The thread
 */
struct silent_fuse {
	int device;
	int asked;
	int asks;
	pthread_t thread;
};

/* Mount it; 0 or -errno, -ENOENT if the kernel has no FUSE */
int silent_fuse_start(struct silent_fuse *fuse);

/* Unmount it: who waits for the content gets an error */
void silent_fuse_stop(struct silent_fuse *fuse);

#endif
