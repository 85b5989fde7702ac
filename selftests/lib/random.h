/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Repeatable random numbers, and seeds that a test prints and takes.
 */
#ifndef DMAMEM_SELFTESTS_RANDOM_H
#define DMAMEM_SELFTESTS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

/* Start from the environment's SEED, or from the clock; prints the seed */
void random_init(struct random *random);

uint64_t random_next(struct random *random);

/* 0 to @n - 1 */
static inline uint64_t random_below(struct random *random, uint64_t n)
{
	return random_next(random) % n;
}

/* True once in @n times */
static inline bool random_once_in(struct random *random, uint64_t n)
{
	return random_below(random, n) == 0;
}

#endif
