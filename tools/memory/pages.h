/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory of a kind, and where it is.
 */
#ifndef TOOLS_MEMORY_PAGES_H
#define TOOLS_MEMORY_PAGES_H

#include <stddef.h>
#include <stdint.h>

#define PAGE 4096UL
#define HUGE (2UL << 20)

/* Private anonymous memory of small pages, touched; NULL on failure */
void *pages_map(size_t length);

/* Write to each page */
void pages_touch(void *addr, size_t length);

/* Address space at a multiple of 2 MiB, to be mapped over; NULL on failure */
void *pages_find_space(size_t length);

/* As pages_map(), aligned to 2 MiB and made of huge pages; NULL if that fails */
void *pages_map_thp(size_t length);

/* See to it that the pool has @nr free hugetlb pages of 2 MiB; 0 or -errno */
int pages_reserve_hugetlb(long nr);

/* The same for the pool of each NUMA node */
int pages_reserve_hugetlb_each(long nr);

/* Physical address of the byte at @addr, 0 if there is no page */
uint64_t pages_phys(const void *addr);

/* The same for @nr pages */
void pages_phys_of(const void *addr, size_t nr, uint64_t *phys);

/* Pages that long-term users hold now, in the whole machine */
long pages_pinned(void);

/* A number from a file of the kernel: "/proc/meminfo", "HugePages_Free:" */
long pages_count(const char *file, const char *key);

/* Write a string to a file of the kernel; 0 or -errno */
int pages_write(const char *file, const char *text);

#endif
