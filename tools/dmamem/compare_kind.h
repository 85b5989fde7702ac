/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Kinds of memory that are compared.
 */
#ifndef DMAMEM_TOOLS_COMPARE_KIND_H
#define DMAMEM_TOOLS_COMPARE_KIND_H

#include <sys/uio.h>

#include "tools/dmamem/compare_mode.h"

/**
 * struct compare_kind - a kind of memory
 * @name: in tables
 * @of: its name among kinds[]
 * @unit: bytes of a page
 * @hugetlb: from the pool of hugetlb pages
 */
struct compare_kind {
	const char *name;
	const char *of;
	size_t unit;
	bool hugetlb;
};

extern const struct compare_kind compare_kinds[];
extern const unsigned int nr_compare_kinds;

/* The first kind that a mode takes */
const struct compare_kind *compare_kind_for(const struct compare_mode *mode);

/**
 * compare_map() - map memory of a kind
 * @compare: with compare.hostile, hugetlb pages are reserved for it
 * @kind: the kind
 * @length: bytes, a multiple of 2 MiB
 * @touched: whether its pages are there already
 * @memory: the memory, aligned to 2 MiB
 * @why: on failure, why there is none, COMPARE_WHY bytes
 *
 * Free with compare_unmap().
 *
 * Return: 0 or -errno.
 */
int compare_map(const struct compare *compare, const struct compare_kind *kind,
		size_t length, bool touched, struct iovec *memory, char *why);
void compare_unmap(const struct iovec *memory);

/* Write to each page, or read from each */
void compare_touch(const struct iovec *memory);
void compare_look(const struct iovec *memory);

/**
 * compare_reserve() - see to it that hugetlb pages are free
 * @compare: reserves only with compare.hostile
 * @nr: pages of 2 MiB
 * @why: on failure, why there are less, COMPARE_WHY bytes
 *
 * Return: 0 or -errno.
 */
int compare_reserve(const struct compare *compare, long nr, char *why);

#endif
