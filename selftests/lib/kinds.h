/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The kinds of memory that a program may have.
 */
#ifndef DMAMEM_SELFTESTS_KINDS_H
#define DMAMEM_SELFTESTS_KINDS_H

#include <stdbool.h>
#include <stddef.h>

/* Every mapping of a kind is that long: hugepages of 2 MiB fit */
#define KIND_BYTES (2UL << 20)

/**
 * struct kind - a kind of memory
 * @name: For messages
 * @shared: Others see what is written
 * @map: Map KIND_BYTES of it, not touched; NULL if there is none of it here
 */
struct kind {
	const char *name;
	bool shared;
	void *(*map)(int prot);
};

extern const struct kind kinds[];
extern const unsigned int nr_kinds;

#endif
