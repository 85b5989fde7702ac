/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the kernel, or an administrator, may do to memory at any time.
 */
#ifndef DMAMEM_TOOLS_COMPARE_DISTURB_H
#define DMAMEM_TOOLS_COMPARE_DISTURB_H

#include <sys/uio.h>

#include "tools/dmamem/compare_kind.h"

/**
 * struct compare_outcome - what the kernel answered
 * @asked: pages of 4 KiB that it was asked to move; 0: all
 * @text: words for it, "" if there is nothing to say
 */
struct compare_outcome {
	size_t asked;
	char text[COMPARE_WHY];
};

/**
 * struct compare_disturbance - a way to move memory
 * @name: in tables
 * @what: in full
 * @hostile: others on the machine would notice
 * @applies: is there such a thing for this kind, and on this machine? If not,
 *           say why, COMPARE_WHY bytes. NULL: always.
 * @prepare: before the memory is mapped; NULL: nothing. Returns what
 *           compare_settle() frees once the memory has its pages.
 * @run: do it to memory of the calling process. 0, or -errno that the kernel
 *       refused with.
 */
struct compare_disturbance {
	const char *name;
	const char *what;
	bool hostile;
	bool (*applies)(const struct compare_kind *kind, char *why);
	struct iovec (*prepare)(const struct compare_kind *kind, size_t length);
	int (*run)(const struct compare_kind *kind, const struct iovec *memory,
		   struct compare_outcome *outcome);
};

extern const struct compare_disturbance compare_disturbances[];
extern const unsigned int nr_compare_disturbances;

/* Free what @prepare has returned */
void compare_settle(const struct iovec *prepared);

#endif
