/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory whose pages lie all over the place.
 */
#ifndef TOOLS_NVME_SCATTER_H
#define TOOLS_NVME_SCATTER_H

#include <stddef.h>
#include <stdint.h>

/**
 * scatter_alloc() - ordinary pages in no physical order
 * @nr_pages: how many, of the kernel's page size
 * @seed: of the order
 *
 * The kernel hands out pages as they are first touched, so they are touched in
 * a random order; huge pages are declined. Free with munmap().
 *
 * Return: the memory, zeroed and present, or NULL with errno set.
 */
void *scatter_alloc(size_t nr_pages, uint64_t seed);

#endif
