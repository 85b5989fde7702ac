/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The kinds of memory that a program may have.
 */
#ifndef TOOLS_MEMORY_KINDS_H
#define TOOLS_MEMORY_KINDS_H

#include <stdbool.h>
#include <stddef.h>

#define GIGANTIC (1024UL << 20)

/**
 * struct kind - a kind of memory
 * @name: For messages
 * @shared: Others see what is written
 * @unit: Bytes of its pages
 * @map: Map @length bytes of it, a multiple of 2 MiB and of @unit, and aligned to
 *       that. Only THP is touched, others have no huge pages by themselves. NULL if there
 *       is none of it here: hugetlb memory is there when the pool has as much.
 */
struct kind {
	const char *name;
	bool shared;
	size_t unit;
	void *(*map)(size_t length, int prot);
};

extern const struct kind kinds[];
extern const unsigned int nr_kinds;

/* The shortest length that @map takes */
size_t kind_length(const struct kind *kind);

#endif
