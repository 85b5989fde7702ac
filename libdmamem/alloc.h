/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory that the library allocates for its users.
 */
#ifndef DMAMEM_ALLOC_PRIVATE_H
#define DMAMEM_ALLOC_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dmamem/alloc.h>

/**
 * struct dmamem_backing - what memory is made of
 * @hugetlb_size: bytes of a hugetlb page, 0 for ordinary memory
 * @shared: it is in a file of its own
 * @node: NUMA node or DMAMEM_ANY_NODE
 * @chunks: whole chunks of 2 MiB, so that huge pages fit
 */
struct dmamem_backing {
	uint64_t hugetlb_size;
	bool shared;
	int node;
	bool chunks;
};

/**
 * struct dmamem_mapping - mapped memory
 * @addr: where it is
 * @len: bytes mapped
 * @fd: the file behind it, or -1
 */
struct dmamem_mapping {
	char *addr;
	size_t len;
	int fd;
};

/**
 * dmamem_mapping_create() - map memory and give it its pages
 * @backing: what it is made of
 * @size: bytes
 * @mapping: the result, unchanged on failure
 *
 * Return: 0, -EINVAL (no such node), -ENOMEM, -EMFILE or -ENFILE.
 */
int dmamem_mapping_create(const struct dmamem_backing *backing, size_t size,
			  struct dmamem_mapping *mapping);

/* Address space that starts at a multiple of @align, or NULL */
char *dmamem_mapping_reserve(size_t len, size_t align);

void dmamem_mapping_free(const struct dmamem_mapping *mapping);

/* Frees all that is left; nothing of it is registered any more */
void dmamem_allocations_free(void *allocations);

#endif
