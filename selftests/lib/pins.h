/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What is pinned, by the kernel's own account.
 */
#ifndef DMAMEM_SELFTESTS_PINS_H
#define DMAMEM_SELFTESTS_PINS_H

#include <stdint.h>

/*
 * Pages that are pinned now, by whomever in the machine: how often a page was
 * pinned less how often one was unpinned. -errno if the kernel does not tell.
 * Needs root, who alone can have the counts of all processors gathered.
 */
int64_t pins_now(void);

/* Bytes charged to RLIMIT_MEMLOCK of this process; -errno on failure */
int64_t pins_charged(void);

#endif
