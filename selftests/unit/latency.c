// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Percentiles from ranges: beside those of all values sorted, never below and
 * never 1.6 % above.
 */
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"
#include "selftests/lib/random.h"
#include "tools/nvme/latency.h"

#define NR_VALUES 20000

static const double percents[] = { 0.001, 1, 25, 50, 90, 99, 99.9, 99.99, 100 };

static struct latencies latencies;
static uint64_t values[NR_VALUES];

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The smallest value that @percent of all values do not exceed */
static uint64_t exact(double percent)
{
	uint64_t i;

	for (i = 0; (double)(i + 1) * 100 < percent * NR_VALUES; i++)
		;
	return values[i];
}

TEST(nothing)
{
	memset(&latencies, 0, sizeof(latencies));
	EXPECT_EQ(0, latency_percentile(&latencies, 50));
	EXPECT_EQ(0, latency_percentile(&latencies, 100));
}

TEST(one_value)
{
	static const uint64_t ones[] = {
		0, 1, 127, 128, 129, 1000000, UINT64_MAX - 1, UINT64_MAX,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(ones); i++) {
		memset(&latencies, 0, sizeof(latencies));
		latency_add(&latencies, ones[i]);
		EXPECT_EQ(ones[i], latency_percentile(&latencies, 1));
		EXPECT_EQ(ones[i], latency_percentile(&latencies, 50));
		EXPECT_EQ(ones[i], latency_percentile(&latencies, 100));
	}
}

TEST(small_values_are_exact)
{
	memset(&latencies, 0, sizeof(latencies));
	for (uint64_t i = 1; i <= 100; i++)
		latency_add(&latencies, i);
	EXPECT_EQ(100, latencies.count);
	for (uint64_t i = 1; i <= 100; i++)
		EXPECT_EQ(i, latency_percentile(&latencies, (double)i));
	EXPECT_EQ(100, latency_percentile(&latencies, 99.9));
}

/* Of all magnitudes, as times are */
TEST(beside_sorted_values)
{
	struct random random;

	random_init(&random);
	memset(&latencies, 0, sizeof(latencies));
	for (unsigned int i = 0; i < NR_VALUES; i++) {
		values[i] = random_next(&random) >> random_below(&random, 64);
		latency_add(&latencies, values[i]);
	}
	qsort(values, NR_VALUES, sizeof(*values), compare);
	for (unsigned int i = 0; i < ARRAY_SIZE(percents); i++) {
		uint64_t right = exact(percents[i]);
		uint64_t got = latency_percentile(&latencies, percents[i]);

		EXPECT_LE(right, got);
		EXPECT_LE(got - right, right / 64);
	}
}

TEST_HARNESS_MAIN
