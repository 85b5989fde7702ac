// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Percentiles of very many times in little memory.
 */
#include "tools/nvme/latency.h"

#define STEPS (UINT64_C(1) << LATENCY_STEP_BITS)

/* Bits that do not count: all but the first LATENCY_STEP_BITS + 1 */
static unsigned int bits_dropped(uint64_t time)
{
	if (time < 2 * STEPS)
		return 0;
	return 63 - LATENCY_STEP_BITS - __builtin_clzll(time);
}

static unsigned int range_of(uint64_t time)
{
	unsigned int dropped = bits_dropped(time);

	return dropped * STEPS + (time >> dropped);
}

static uint64_t end_of(unsigned int range)
{
	unsigned int dropped = range < 2 * STEPS ? 0 : range / STEPS - 1;

	return ((range - dropped * STEPS + 1) << dropped) - 1;
}

void latency_add(struct latencies *latencies, uint64_t time)
{
	latencies->count++;
	if (time > latencies->longest)
		latencies->longest = time;
	latencies->ranges[range_of(time)]++;
}

/* As many as the percentage asks for, one if it asks for less */
static uint64_t rank_of(const struct latencies *latencies, double percent)
{
	double exact = (double)latencies->count * percent / 100;
	uint64_t rank = exact;

	if ((double)rank < exact)
		rank++;
	return rank ? rank : 1;
}

uint64_t latency_percentile(const struct latencies *latencies, double percent)
{
	uint64_t end, seen = 0, rank = rank_of(latencies, percent);
	unsigned int range;

	for (range = 0; range < LATENCY_RANGES; range++) {
		seen += latencies->ranges[range];
		if (seen < rank)
			continue;
		end = end_of(range);
		return end < latencies->longest ? end : latencies->longest;
	}
	return latencies->longest;
}
