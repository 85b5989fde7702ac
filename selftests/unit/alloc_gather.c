// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Finding huge pages that follow each other among many.
 */
#include "kselftest_harness.h"

#include "libdmamem/alloc_gather.h"
#include "selftests/lib/random.h"

#define CHUNK DMAMEM_CHUNK_SIZE
#define NR 8

/* Addresses in chunks, in the order in which the pages came */
static const struct dmamem_gather_page *
find_for(const struct dmamem_fitness *fitness, const uint64_t *chunks,
	 size_t want, struct dmamem_gather_page *pages)
{
	for (size_t i = 0; i < NR; i++)
		pages[i] = (struct dmamem_gather_page){ chunks[i] * CHUNK, i };
	return dmamem_gather_choose(pages, NR, want, fitness);
}

static const struct dmamem_gather_page *
find(const uint64_t *chunks, size_t want, struct dmamem_gather_page *pages)
{
	const struct dmamem_fitness any = { 0 };

	return find_for(&any, chunks, want, pages);
}

TEST(in_the_order_of_their_addresses)
{
	static const uint64_t chunks[NR] = { 9, 3, 12, 2, 20, 4, 30, 1 };
	const struct dmamem_gather_page *first;
	struct dmamem_gather_page pages[NR];

	first = find(chunks, 4, pages);
	ASSERT_NE(NULL, first);
	EXPECT_EQ(1 * CHUNK, first[0].value);
	EXPECT_EQ(7, first[0].index);
	EXPECT_EQ(3, first[1].index);
	EXPECT_EQ(1, first[2].index);
	EXPECT_EQ(5, first[3].index);
	EXPECT_EQ(NULL, find(chunks, 5, pages));
}

TEST(at_the_very_end)
{
	static const uint64_t chunks[NR] = { 41, 3, 5, 40, 9, 11, 42, 1 };
	const struct dmamem_gather_page *first;
	struct dmamem_gather_page pages[NR];

	first = find(chunks, 3, pages);
	ASSERT_NE(NULL, first);
	EXPECT_EQ(40 * CHUNK, first->value);
}

TEST(more_than_there_are)
{
	static const uint64_t chunks[NR] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct dmamem_gather_page pages[NR];

	EXPECT_NE(NULL, find(chunks, NR, pages));
	EXPECT_EQ(NULL, find(chunks, NR + 1, pages));
	EXPECT_EQ(NULL, dmamem_gather_choose(pages, 0, 1, NULL));
}

TEST(what_the_device_can_use)
{
	static const uint64_t chunks[NR] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct dmamem_fitness window = { 3 * CHUNK, 7 * CHUNK - 1, 0 };
	const struct dmamem_fitness boundary = { .boundary = 4 * CHUNK };
	const struct dmamem_gather_page *first;
	struct dmamem_gather_page pages[NR];

	first = find_for(&window, chunks, 4, pages);
	ASSERT_NE(NULL, first);
	EXPECT_EQ(3 * CHUNK, first->value);
	EXPECT_EQ(NULL, find_for(&window, chunks, 5, pages));
	first = find_for(&boundary, chunks, 4, pages);
	ASSERT_NE(NULL, first);
	EXPECT_EQ(4 * CHUNK, first->value);
}

/* Against the plainest search that there is */
TEST(random_pages)
{
	struct dmamem_gather_page pages[NR];
	uint64_t chunks[NR], want, run;
	struct random random;
	bool there;

	random_init(&random);
	for (int round = 0; round < 20000; round++) {
		uint64_t taken = 0;

		for (size_t i = 0; i < NR; i++) {
			do {
				chunks[i] = random_below(&random, 24);
			} while (taken >> chunks[i] & 1);
			taken |= UINT64_C(1) << chunks[i];
		}
		want = 1 + random_below(&random, 5);
		run = (UINT64_C(1) << want) - 1;
		there = false;
		for (int at = 0; at < 24; at++)
			there |= (taken >> at & run) == run;
		ASSERT_EQ(there, !!find(chunks, want, pages));
	}
}

TEST_HARNESS_MAIN
