/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The kinds of memory that a program may have.
 */
#ifndef TOOLS_MEMORY_KINDS_H
#define TOOLS_MEMORY_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct kind - a kind of memory
 * @name: For messages
 * @shared: Others see what is written
 * @map: Map @length bytes of it, a multiple of 2 MiB and aligned to that. Only
 *       THP is touched, others have no huge pages by themselves. NULL if there
 *       is none of it here: hugetlb memory is there when the pool has as much.
 */
struct kind {
	const char *name;
	bool shared;
	void *(*map)(size_t length, int prot);
};

extern const struct kind kinds[];
extern const unsigned int nr_kinds;

#endif
