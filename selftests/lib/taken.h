/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What has just been freed, taken by a new owner who notices if anybody writes
 * to it.
 */
#ifndef DMAMEM_SELFTESTS_TAKEN_H
#define DMAMEM_SELFTESTS_TAKEN_H

#include <stddef.h>
#include <stdint.h>

struct taken {
	uint64_t *memory;
	size_t length;
};

/*
 * A processor keeps freed pages for itself: stay on one, also those forked from
 * here, so that taken_fill() gets what they free. 0 or -1.
 */
int taken_prepare(void);

/* Take most of the free memory and fill it with a pattern; 0 or -ENOMEM */
int taken_fill(struct taken *taken);

/* How many of @nr pages, by their physical addresses, were taken */
size_t taken_count(const struct taken *taken, const uint64_t *phys, size_t nr);

/* Words that are not what they were filled with */
size_t taken_changed(const struct taken *taken);

void taken_free(struct taken *taken);

#endif
