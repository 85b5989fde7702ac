// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Measuring calls what it is told, as often as it is told, and says what fails.
 */
#include <errno.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "tools/bench/measure.h"

struct calls {
	int before;
	int run;
	int after;
	int fail_at;
};

static int count_before(void *arg)
{
	struct calls *calls = arg;

	calls->before++;
	return 0;
}

static int count_run(void *arg)
{
	struct calls *calls = arg;

	return ++calls->run == calls->fail_at ? -EXDEV : 0;
}

static int count_after(void *arg)
{
	struct calls *calls = arg;

	calls->after++;
	return 0;
}

static struct measure measure_calls(struct calls *calls)
{
	return (struct measure){
		.before = count_before,
		.run = count_run,
		.after = count_after,
		.arg = calls,
		.rounds = 12,
		.per = 1,
		.clock = CLOCK_MONOTONIC,
		.counter = -1,
	};
}

TEST(as_often_as_told)
{
	struct calls calls = { 0 };
	struct measure measure = measure_calls(&calls);
	struct spread spread;

	ASSERT_EQ(0, measure_run(&measure, &spread));
	EXPECT_EQ(12, calls.before);
	EXPECT_EQ(12, calls.run);
	EXPECT_EQ(12, calls.after);
	EXPECT_LE(0, spread.least);
	EXPECT_LE(spread.least, spread.median);
	EXPECT_LE(spread.median, spread.most);
	EXPECT_GT(0, spread.instructions);
}

TEST(ends_at_a_failure)
{
	struct calls calls = { .fail_at = 5 };
	struct measure measure = measure_calls(&calls);
	struct spread spread = { .median = 77 };

	EXPECT_EQ(-EXDEV, measure_run(&measure, &spread));
	EXPECT_EQ(5, calls.run);
	EXPECT_EQ(4, calls.after);
	EXPECT_EQ(77, spread.median);
}

TEST(without_before_and_after)
{
	struct calls calls = { 0 };
	struct measure measure = measure_calls(&calls);
	struct spread spread;

	measure.before = NULL;
	measure.after = NULL;
	measure.rounds = 1;
	ASSERT_EQ(0, measure_run(&measure, &spread));
	EXPECT_EQ(1, calls.run);
	EXPECT_EQ(spread.least, spread.most);
	EXPECT_EQ(spread.least, spread.median);
}

/* A loop of so many turns takes that many instructions, and a few for each */
static int turn(void *arg)
{
	for (volatile int i = 0; i < 100000; i++)
		;
	(void)arg;
	return 0;
}

TEST(instructions_where_there_is_a_counter)
{
	const struct measure measure = {
		.run = turn,
		.rounds = 5,
		.per = 100000,
		.clock = CLOCK_MONOTONIC,
		.counter = measure_counter_open(false),
	};
	struct spread spread;

	if (measure.counter < 0)
		SKIP(return, "no counter of instructions: %s",
		     strerror(-measure.counter));
	ASSERT_EQ(0, measure_run(&measure, &spread));
	EXPECT_LE(2, spread.instructions);
	EXPECT_GE(50, spread.instructions);
	close(measure.counter);
}

TEST_HARNESS_MAIN
