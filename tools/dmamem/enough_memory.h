/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Is there as much memory as is asked for? Otherwise the kernel would end
 * processes to find it.
 */
#ifndef DMAMEM_TOOLS_ENOUGH_MEMORY_H
#define DMAMEM_TOOLS_ENOUGH_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Is @size available, in bytes? If not, that is said */
bool enough_memory(uint64_t size);

#endif
