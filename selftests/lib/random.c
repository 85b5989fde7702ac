// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "selftests/lib/random.h"

void random_init(struct random *random)
{
	const char *seed = getenv("SEED");
	struct timespec now;

	if (seed) {
		random->state = strtoull(seed, NULL, 0);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		random->state = now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
	}
	printf("# SEED=%" PRIu64 "\n", random->state);
	fflush(stdout);
}

/* splitmix64 */
uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
