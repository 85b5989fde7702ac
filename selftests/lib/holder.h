/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A process that has a file of the module open and memory pinned, and does as
 * it is told.
 */
#ifndef DMAMEM_SELFTESTS_HOLDER_H
#define DMAMEM_SELFTESTS_HOLDER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct holder - a child that has a file open
 * @pid: the child
 * @socket: to talk to it
 * @region: what it has pinned
 * @dma_addr: its first address
 */
struct holder {
	pid_t pid;
	int socket;
	int region;
	uint64_t dma_addr;
};

/**
 * holder_start() - have a child open a file and pin memory for writing
 * @holder: the child
 * @bdf: the function whose node to open; NULL: /dev/dmamem
 * @guard: a function to guard; NULL: none
 * @addr: first byte of the memory
 * @length: bytes of it
 *
 * Return: 0, or -errno of what failed.
 */
int holder_start(struct holder *holder, const char *bdf, const char *guard,
		 void *addr, size_t length);

/* A copy of its descriptor, or -errno */
int holder_share(struct holder *holder);

/* Have it release the memory, or close the file; 0 or -errno */
int holder_unpin(struct holder *holder);
int holder_close(struct holder *holder);

/* Kill it with SIGKILL; when this returns it is gone, and its files are */
void holder_kill(struct holder *holder);

#endif
