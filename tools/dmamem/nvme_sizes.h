/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A list of sizes as an argument.
 */
#ifndef DMAMEM_TOOLS_NVME_SIZES_H
#define DMAMEM_TOOLS_NVME_SIZES_H

#include <stddef.h>

#define NVME_SIZES 32

/**
 * nvme_sizes_parse() - sizes with commas between them: "4K,64K,1M"
 * @text: the list
 * @sizes: what they are, none 0
 * @bad: the word that is no size, cut off if need be; of at least 32 bytes
 *
 * Return: how many; 0 if there is none, one is no size, or they are more than
 * NVME_SIZES: @bad says which.
 */
unsigned int nvme_sizes_parse(const char *text, size_t sizes[NVME_SIZES],
			      char bad[32]);

#endif
