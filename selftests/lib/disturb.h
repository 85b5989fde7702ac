/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A process that does all it can to have the kernel move another one's memory.
 */
#ifndef DMAMEM_SELFTESTS_DISTURB_H
#define DMAMEM_SELFTESTS_DISTURB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define DISTURB_RANGES 2

/**
 * struct disturb - what it has done so far
 * @rounds: compaction, migration, collapse, forks and memory pressure, in turn
 * @moved: pages that migration moved
 * @collapsed: calls of MADV_COLLAPSE that succeeded
 * @ready: it has let go of what it inherited
 * @pid: the process
 * @victim: the other one
 * @ranges: the other one's memory
 */
struct disturb {
	uint64_t rounds;
	uint64_t moved;
	uint64_t collapsed;
	atomic_bool ready;
	pid_t pid;
	pid_t victim;
	struct iovec ranges[DISTURB_RANGES];
};

/* Start on the caller's memory, none of which it shares; NULL on failure */
struct disturb *disturb_start(const struct iovec ranges[DISTURB_RANGES]);

/* Stop; @disturb stays readable until the caller ends */
void disturb_stop(struct disturb *disturb);

#endif
