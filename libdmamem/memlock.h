/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#ifndef DMAMEM_MEMLOCK_H
#define DMAMEM_MEMLOCK_H

#include <stdint.h>

/**
 * dmamem_explain_memlock() - why the kernel would not lock memory
 * @needed: bytes asked for
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: -ENOMEM.
 */
int dmamem_explain_memlock(uint64_t needed, char *why);

#endif
