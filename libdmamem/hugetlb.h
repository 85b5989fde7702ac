/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#ifndef DMAMEM_HUGETLB_H
#define DMAMEM_HUGETLB_H

#include <stddef.h>
#include <stdint.h>

/**
 * dmamem_hugetlb_replace() - put hugetlb memory where fresh memory is
 * @mem: mapped by this library, nothing written to it yet
 * @len: bytes, a multiple of @page_size; so is @mem
 * @page_size: of the huge pages
 *
 * Shared, because a private page is another one after fork() and a write.
 *
 * Return: 0, or -ENOMEM (no huge pages are free) with nothing changed.
 */
int dmamem_hugetlb_replace(void *mem, size_t len, uint64_t page_size);

#endif
