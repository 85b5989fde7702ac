/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The pool of hugetlb pages of 2 MiB, of which each NUMA node has its part.
 */
#ifndef DMAMEM_TOOLS_COMPARE_POOL_H
#define DMAMEM_TOOLS_COMPARE_POOL_H

#define COMPARE_POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define COMPARE_POOL_NODES 64

/**
 * struct compare_pool - how large the pool is
 * @nr: parts
 * @nodes: pages of each, in the order of the files' names
 */
struct compare_pool {
	unsigned int nr;
	long nodes[COMPARE_POOL_NODES];
};

/* Note how large it is now */
void compare_pool_read(struct compare_pool *pool);

/* Make it that large again; a message if it does not become so */
void compare_pool_restore(const struct compare_pool *pool);

#endif
