/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which capability a mode takes: tried in processes that have given the others
 * up.
 */
#ifndef DMAMEM_TOOLS_COMPARE_PRIVILEGE_H
#define DMAMEM_TOOLS_COMPARE_PRIVILEGE_H

#include "tools/dmamem/compare_mode.h"

/**
 * compare_capability() - the capability that a mode takes
 * @compare: the comparison
 * @mode: the mode
 *
 * Files of /dev and /sys are opened as the user that we are; RLIMIT_MEMLOCK is
 * kept out of it.
 *
 * Return: "none", a name, "more than one", or NULL (it cannot be tried: there is
 * no memory that the mode takes, or we have too few ourselves).
 */
const char *compare_capability(struct compare *compare,
			       const struct compare_mode *mode);

/**
 * compare_counts_as_locked() - does RLIMIT_MEMLOCK hold for a mode?
 * @compare: the comparison
 * @mode: the mode
 *
 * Return: whether memory beyond the limit is refused without CAP_IPC_LOCK.
 */
bool compare_counts_as_locked(struct compare *compare,
			      const struct compare_mode *mode);

#endif
