// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Address bits, window and boundary of a device.
 */
#include <errno.h>
#include <string.h>

#include "kselftest_harness.h"

#include "libdmamem/explain.h"
#include "libdmamem/fitness.h"
#include "libdmamem/map_private.h"

static int check(const struct dmamem_options *options, uint64_t dma,
		 uint64_t len)
{
	const struct dmamem_run run = { dma, len };
	char why[DMAMEM_EXPLANATION_SIZE];
	struct dmamem_fitness fitness;

	dmamem_fitness_init(&fitness, options);
	return dmamem_fitness_check(&fitness, &run, 0x1000, why);
}

static int check_options(const struct dmamem_options *options)
{
	char why[DMAMEM_EXPLANATION_SIZE];

	return dmamem_fitness_check_options(options, why);
}

TEST(nothing_asked_everything_fits)
{
	const struct dmamem_options options = { 0 };

	EXPECT_EQ(0, check(&options, 0, UINT64_MAX - 4095));
	EXPECT_EQ(0, check(&options, UINT64_MAX - 4095, 4096));
}

TEST(address_bits)
{
	const struct dmamem_options options = { .address_bits = 32 };

	EXPECT_EQ(0, check(&options, 0xfffff000, 4096));
	EXPECT_EQ(-ERANGE, check(&options, 0xfffff000, 8192));
	EXPECT_EQ(-ERANGE, check(&options, UINT64_C(1) << 32, 4096));
}

TEST(window)
{
	const struct dmamem_options options = {
		.window_first = 0x10000,
		.window_last = 0x1ffff,
	};

	EXPECT_EQ(0, check(&options, 0x10000, 0x10000));
	EXPECT_EQ(-ERANGE, check(&options, 0xf000, 0x2000));
	EXPECT_EQ(-ERANGE, check(&options, 0x1f000, 0x2000));
}

TEST(window_without_an_end)
{
	const struct dmamem_options options = { .window_first = 0x10000 };

	EXPECT_EQ(0, check(&options, UINT64_MAX - 4095, 4096));
	EXPECT_EQ(-ERANGE, check(&options, 0xf000, 4096));
}

TEST(the_narrower_of_bits_and_window)
{
	const struct dmamem_options options = {
		.address_bits = 16,
		.window_last = 0xfffff,
	};

	EXPECT_EQ(0, check(&options, 0xf000, 4096));
	EXPECT_EQ(-ERANGE, check(&options, 0x10000, 4096));
}

TEST(boundary)
{
	const struct dmamem_options options = { .boundary = 0x10000 };

	EXPECT_EQ(0, check(&options, 0x10000, 0x10000));
	EXPECT_EQ(-ERANGE, check(&options, 0x1f000, 0x2000));
	EXPECT_EQ(-ERANGE, check(&options, 0x10000, 0x11000));
}

TEST(options_that_make_no_sense)
{
	struct dmamem_options options = { .address_bits = 65 };

	EXPECT_EQ(-EINVAL, check_options(&options));
	options.address_bits = 11;
	EXPECT_EQ(-EINVAL, check_options(&options));
	options.address_bits = 64;
	EXPECT_EQ(0, check_options(&options));
	options.boundary = 0x3000;
	EXPECT_EQ(-EINVAL, check_options(&options));
	options.boundary = 2048;
	EXPECT_EQ(-EINVAL, check_options(&options));
	options.boundary = 4096;
	EXPECT_EQ(0, check_options(&options));
	options.window_first = 0x2000;
	options.window_last = 0x1fff;
	EXPECT_EQ(-EINVAL, check_options(&options));
}

TEST_HARNESS_MAIN
