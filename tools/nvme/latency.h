/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Percentiles of very many times in little memory: counts of ranges, each less
 * than 1.6 % wide.
 */
#ifndef TOOLS_NVME_LATENCY_H
#define TOOLS_NVME_LATENCY_H

#include <stdint.h>

/* 64 ranges for each power of two */
#define LATENCY_STEP_BITS 6
#define LATENCY_RANGES ((65 - LATENCY_STEP_BITS) << LATENCY_STEP_BITS)

/**
 * struct latencies - times that were seen; all zero: none
 * @count: how many
 * @longest: the longest of them
 * @ranges: how many were in each range
 */
struct latencies {
	uint64_t count;
	uint64_t longest;
	uint64_t ranges[LATENCY_RANGES];
};

/**
 * latency_add() - one more
 * @latencies: what it belongs to
 * @time: in any unit; below 128 units it is kept exactly
 */
void latency_add(struct latencies *latencies, uint64_t time);

/**
 * latency_percentile() - a time that some percentage did not exceed
 * @latencies: the times
 * @percent: more than 0, up to 100
 *
 * Return: the end of the range that the time is in, at most the longest of all;
 * 0 if there are none.
 */
uint64_t latency_percentile(const struct latencies *latencies, double percent);

#endif
