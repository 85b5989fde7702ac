/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Free memory in pieces, as on a machine that has run for long.
 */
#ifndef DMAMEM_TOOLS_COMPARE_FRAGMENT_H
#define DMAMEM_TOOLS_COMPARE_FRAGMENT_H

#include <stddef.h>

/**
 * struct fragments - what keeps the memory in pieces
 * @held: pages of 4 KiB, each in another 2 MiB
 * @nr_pipes: pipes that hold them
 * @pipes: their ends
 */
struct fragments {
	size_t held;
	size_t nr_pipes;
	int (*pipes)[2];
};

/**
 * fragment_memory() - hold one page in nearly each 2 MiB of free memory
 * @fragments: for fragment_undo()
 *
 * The pages lie in pipes. The kernel can no more move them than page tables,
 * most of what it allocates for itself, or what a device is writing to; all the
 * rest is free.
 *
 * Return: 0, or -ENOMEM with nothing changed.
 */
int fragment_memory(struct fragments *fragments);

/* Give the pages back */
void fragment_undo(struct fragments *fragments);

#endif
