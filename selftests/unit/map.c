// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Maps: the cases one would think of, and how they are kept. map_random.c tries
 * the others.
 */
#include <errno.h>
#include <kselftest_harness.h>
#include <pthread.h>
#include <sys/mman.h>

#include "libdmamem/map_private.h"

#define GIB GIB_SIZE
#define CHUNK CHUNK_SIZE
#define PAGE PAGE_BYTES
#define BASE UINT64_C(0x1240000000)
#define END ADDRESS_END
#define DEFAULT 0x123

FIXTURE(map) {
	struct dmamem_map *map;
};

FIXTURE_SETUP(map)
{
	ASSERT_EQ(0, dmamem_map_create(DMAMEM_MAP_LINEAR, DEFAULT, &self->map));
}

FIXTURE_TEARDOWN(map)
{
	dmamem_map_free(self->map);
}

/* What describes @addr: 'g'iB, 'c'hunk, 'l'eaf, or '-' for nothing */
static char kind_of(const struct dmamem_map *map, uint64_t addr)
{
	uint64_t size, entry = map_entry(map, addr, &size);

	if (!entry)
		return '-';
	if (entry_is_leaf(entry))
		return 'l';
	return size == GIB ? 'g' : 'c';
}

static uint64_t length_at(const struct dmamem_map *map, uint64_t addr)
{
	uint64_t len = END - addr;

	dmamem_map_translate(map, addr, &len);
	return len;
}

TEST_F(map, refuses_what_it_cannot_hold)
{
	const struct {
		uint64_t addr;
		uint64_t len;
		uint64_t value;
		int error;
	} cases[] = {
		{ BASE + 1, PAGE, 0, -EINVAL },
		{ BASE, PAGE + 1, 0, -EINVAL },
		{ BASE, 0, 0, -EINVAL },
		{ BASE, PAGE, 1, -EINVAL },
		{ END, PAGE, 0, -EINVAL },
		{ END - PAGE, 2 * PAGE, 0, -EINVAL },
		{ BASE, END, 0, -EINVAL },
		/* 52 and 57 bits, and the kernel's half */
		{ UINT64_C(1) << 51, PAGE, 0, -EINVAL },
		{ UINT64_C(1) << 56, PAGE, 0, -EINVAL },
		{ -PAGE, PAGE, 0, -EINVAL },
		{ BASE, -PAGE, 0, -EINVAL },
		/* The last value would be beyond 64 bits */
		{ BASE, 2 * PAGE, -PAGE, -ERANGE },
	};

	ASSERT_EQ(0, dmamem_map_set(self->map, END - PAGE, PAGE, PAGE));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		EXPECT_EQ(cases[i].error,
			  dmamem_map_set(self->map, cases[i].addr,
					 cases[i].len, cases[i].value));
	for (size_t i = 4; i < 11; i++) {
		EXPECT_EQ(cases[i].error,
			  dmamem_map_clear(self->map, cases[i].addr,
					   cases[i].len));
		EXPECT_EQ(cases[i].error,
			  dmamem_map_reserve(self->map, cases[i].addr,
					     cases[i].len));
	}
	EXPECT_EQ(-EINVAL, dmamem_map_clear(self->map, BASE, PAGE - 1));
	EXPECT_EQ('-', kind_of(self->map, BASE));
	EXPECT_EQ(PAGE, dmamem_map_translate(self->map, END - PAGE, NULL));
}

TEST(unknown_rule)
{
	struct dmamem_map *map = NULL;

	EXPECT_EQ(-EINVAL, dmamem_map_create(DMAMEM_MAP_OPAQUE + 1, 0, &map));
	EXPECT_EQ(NULL, map);
	dmamem_map_free(NULL);
}

TEST_F(map, default_everywhere)
{
	const uint64_t addrs[] = { 0, 5, BASE, END - 1, END, UINT64_C(1) << 51,
				   UINT64_C(1) << 56, UINT64_MAX };
	uint64_t len;

	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		EXPECT_EQ(DEFAULT, dmamem_map_translate(self->map, addrs[i],
							NULL));
		len = 1;
		EXPECT_EQ(DEFAULT, dmamem_map_translate(self->map, addrs[i],
							&len));
		EXPECT_EQ(1, len);
	}
	EXPECT_EQ(END, length_at(self->map, 0));
	len = UINT64_MAX;
	dmamem_map_translate(self->map, UINT64_MAX - 7, &len);
	EXPECT_EQ(8, len);
}

/* An address beyond 48 bits must not be taken for one within */
TEST_F(map, addresses_are_not_cut_off)
{
	ASSERT_EQ(0, dmamem_map_set(self->map, 0, END / 2, GIB));
	for (unsigned int bit = 48; bit < 64; bit++)
		EXPECT_EQ(DEFAULT,
			  dmamem_map_translate(self->map,
					       UINT64_C(1) << bit | BASE,
					       NULL));
}

TEST_F(map, bounded_by_what_is_asked)
{
	uint64_t len = 100;

	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, 3 * CHUNK, GIB));
	EXPECT_EQ(GIB + 7, dmamem_map_translate(self->map, BASE + 7, &len));
	EXPECT_EQ(100, len);
	len = 0;
	EXPECT_EQ(GIB, dmamem_map_translate(self->map, BASE, &len));
	EXPECT_EQ(0, len);
	EXPECT_EQ(3 * CHUNK - 7, length_at(self->map, BASE + 7));
	EXPECT_EQ(1, length_at(self->map, BASE + 3 * CHUNK - 1));
}

TEST_F(map, one_entry_for_a_gib)
{
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, 4 * GIB, 7 * PAGE));
	EXPECT_EQ('g', kind_of(self->map, BASE));
	EXPECT_EQ('g', kind_of(self->map, BASE + 4 * GIB - 1));
	EXPECT_EQ(4 * GIB, length_at(self->map, BASE));
	EXPECT_FALSE(self->map->granule_ready[BASE >> GRANULE_SHIFT]);

	/* A page of it changes, and changes back */
	ASSERT_EQ(0, dmamem_map_clear(self->map, BASE + GIB + PAGE, PAGE));
	EXPECT_EQ('g', kind_of(self->map, BASE));
	EXPECT_EQ('l', kind_of(self->map, BASE + GIB));
	EXPECT_EQ('c', kind_of(self->map, BASE + GIB + CHUNK));
	EXPECT_EQ(GIB + PAGE, length_at(self->map, BASE));
	EXPECT_EQ(PAGE, length_at(self->map, BASE + GIB + PAGE));
	EXPECT_EQ(3 * GIB - 2 * PAGE,
		  length_at(self->map, BASE + GIB + 2 * PAGE));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + GIB + PAGE, PAGE,
				    GIB + 8 * PAGE));
	EXPECT_EQ('g', kind_of(self->map, BASE + GIB));
	EXPECT_EQ(4 * GIB, length_at(self->map, BASE));
}

TEST_F(map, folds_in_any_order)
{
	for (uint64_t i = 0; i < 512; i++)
		ASSERT_EQ(0, dmamem_map_set(self->map,
					    BASE + (i * 37 % 512) * PAGE, PAGE,
					    GIB + (i * 37 % 512) * PAGE));
	EXPECT_EQ('c', kind_of(self->map, BASE));
	for (uint64_t i = 511; i > 0; i--)
		ASSERT_EQ(0, dmamem_map_set(self->map, BASE + i * CHUNK, CHUNK,
					    GIB + i * CHUNK));
	EXPECT_EQ('g', kind_of(self->map, BASE));
}

TEST_F(map, empty_again)
{
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, 3 * PAGE, GIB));
	EXPECT_EQ('l', kind_of(self->map, BASE));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, dmamem_map_clear(self->map, BASE + i * PAGE,
					      PAGE));
	EXPECT_EQ('-', kind_of(self->map, BASE));
}

/* Nothing in the address space is below it and above it at once */
TEST_F(map, does_not_join_around_the_end)
{
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK, -CHUNK));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + CHUNK, CHUNK, 0));
	EXPECT_EQ(CHUNK, length_at(self->map, BASE));
	EXPECT_EQ(UINT64_MAX, dmamem_map_translate(self->map,
						   BASE + CHUNK - 1, NULL));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, 2 * PAGE, -2 * PAGE));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + 2 * PAGE,
				    CHUNK - 2 * PAGE, 0));
	EXPECT_EQ('l', kind_of(self->map, BASE));
	EXPECT_EQ(2 * PAGE, length_at(self->map, BASE));
}

TEST_F(map, leaves_are_list_pages)
{
	const uint64_t *leaf;

	EXPECT_EQ(NULL, dmamem_map_leaf(self->map, BASE));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + PAGE, PAGE, GIB));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + 2 * PAGE, PAGE, 0));
	leaf = dmamem_map_leaf(self->map, BASE);
	ASSERT_NE(NULL, leaf);
	EXPECT_EQ(0, (uintptr_t)leaf % PAGE);
	EXPECT_EQ(LEAF_ABSENT, leaf[0]);
	EXPECT_EQ(GIB, leaf[1]);
	EXPECT_EQ(0, leaf[2]);

	/* The leaf stays with its chunk, whatever happens to that */
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK, GIB));
	EXPECT_EQ(NULL, dmamem_map_leaf(self->map, BASE));
	ASSERT_EQ(0, dmamem_map_clear(self->map, BASE, PAGE));
	EXPECT_EQ(leaf, dmamem_map_leaf(self->map, BASE));
}

static bool complete(const struct dmamem_map *map, uint64_t addr)
{
	uint64_t size, entry = map_entry(map, addr, &size);

	return entry_is_leaf(entry) && entry & ENTRY_COMPLETE;
}

TEST_F(map, knows_leaves_without_holes)
{
	for (uint64_t i = 512; i-- > 0;) {
		ASSERT_FALSE(complete(self->map, BASE));
		ASSERT_EQ(0, dmamem_map_set(self->map, BASE + i * PAGE, PAGE,
					    (i ^ 1) * PAGE));
	}
	EXPECT_TRUE(complete(self->map, BASE));
	ASSERT_EQ(0, dmamem_map_clear(self->map, BASE + 9 * PAGE, PAGE));
	EXPECT_FALSE(complete(self->map, BASE));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + 9 * PAGE, PAGE, 0));
	EXPECT_TRUE(complete(self->map, BASE));

	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK, GIB));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, PAGE, 0));
	EXPECT_TRUE(complete(self->map, BASE));
}

TEST(values_of_any_kind)
{
	const uint64_t values[] = { 0, 1, 2, 3, 4, 6, 7, 0x1001, 0x1002,
				    INT64_MAX, UINT64_C(1) << 63, UINT64_MAX };
	const enum dmamem_map_rule rules[] = { DMAMEM_MAP_UNIFORM,
					       DMAMEM_MAP_OPAQUE };

	for (size_t r = 0; r < 2; r++) {
		struct dmamem_map *map;

		ASSERT_EQ(0, dmamem_map_create(rules[r], 5, &map));
		for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
			ASSERT_EQ(0, dmamem_map_set(map, BASE, GIB + CHUNK,
						    values[i]));
			ASSERT_EQ(0, dmamem_map_set(map, BASE + 2 * GIB, PAGE,
						    values[i]));
			EXPECT_EQ(values[i],
				  dmamem_map_translate(map, BASE + 9, NULL));
			EXPECT_EQ(values[i],
				  dmamem_map_translate(map, BASE + GIB, NULL));
			EXPECT_EQ(values[i],
				  dmamem_map_translate(map, BASE + 2 * GIB,
						       NULL));
			EXPECT_EQ(r ? CHUNK - 9 : GIB + CHUNK - 9,
				  length_at(map, BASE + 9));
		}
		dmamem_map_free(map);
	}
}

TEST(opaque_values_do_not_join)
{
	struct dmamem_map *map;

	ASSERT_EQ(0, dmamem_map_create(DMAMEM_MAP_OPAQUE, 0, &map));
	ASSERT_EQ(0, dmamem_map_set(map, BASE, 2 * CHUNK, 9));
	EXPECT_EQ(CHUNK, length_at(map, BASE));
	for (uint64_t i = 0; i < 512; i++)
		ASSERT_EQ(0, dmamem_map_set(map, BASE + i * PAGE, PAGE, 9));
	EXPECT_EQ(PAGE, length_at(map, BASE));
	dmamem_map_free(map);
}

/* What decides on a huge page is how many GiBs are described by chunks */
TEST_F(map, counts_tables)
{
	const uint16_t *nr_tables = &self->map->nr_tables[BASE >> HUGE_SHIFT];

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK, GIB));
		EXPECT_EQ('c', kind_of(self->map, BASE));
		EXPECT_EQ(1, *nr_tables);
		ASSERT_EQ(0, dmamem_map_set(self->map, BASE, GIB, 0));
		EXPECT_EQ('g', kind_of(self->map, BASE));
		EXPECT_EQ(0, *nr_tables);
	}
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, PAGE, 0));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + GIB, PAGE, 0));
	EXPECT_EQ(1, *nr_tables);
}

/* Where 4 bytes tell all, nothing else is written; else they tell nothing */
TEST_F(map, packs_what_fits)
{
	const uint64_t values[] = { 0, CHUNK, PACKED_UNIT,
				    (PACKED_UNIT << 32) - 2 * PACKED_UNIT };
	const uint64_t wide[] = { PAGE, PACKED_UNIT / 2,
				  (PACKED_UNIT << 32) - PACKED_UNIT,
				  UINT64_C(1) << 62 };
	const uint64_t chunk = BASE >> CHUNK_SHIFT;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK, values[i]));
		EXPECT_NE(0, self->map->packed[chunk]);
		EXPECT_EQ(values[i] + 5,
			  dmamem_map_translate(self->map, BASE + 5, NULL));
	}
	EXPECT_EQ(0, self->map->slots[chunk]);
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++) {
		ASSERT_EQ(0, dmamem_map_set(self->map, BASE, CHUNK, wide[i]));
		EXPECT_EQ(0, self->map->packed[chunk]);
		EXPECT_EQ('c', kind_of(self->map, BASE));
		EXPECT_EQ(wide[i] + 5,
			  dmamem_map_translate(self->map, BASE + 5, NULL));
		EXPECT_EQ(CHUNK - 5, length_at(self->map, BASE + 5));
	}
}

static int protect_table(const void *table, size_t entry_size, int prot)
{
	size_t bytes = CHUNKS_PER_GRANULE * entry_size;

	return mprotect((char *)table + (BASE >> GRANULE_SHIFT) * bytes, bytes,
			prot);
}

static int protect(const struct dmamem_map *map, int prot)
{
	const uint64_t *leaf = dmamem_map_leaf(map, BASE);

	return mprotect((void *)map, offsetof(struct dmamem_map, root) +
			sizeof(map->root), prot) ||
	       protect_table(map->packed, sizeof(*map->packed), prot) ||
	       protect_table(map->slots, sizeof(*map->slots), prot) ||
	       protect_table(map->spares, sizeof(*map->spares), prot) ||
	       mprotect((void *)leaf, PAGE, prot);
}

/* Each address twice, so that the sum of two right results is 0 */
static uint64_t look_up_all(const struct dmamem_map *map)
{
	uint64_t len, value = 0;

	for (uint64_t addr = BASE; addr < BASE + 3 * GIB; addr += CHUNK / 4) {
		value ^= dmamem_map_translate(map, addr, NULL);
		len = 2 * GIB;
		value ^= dmamem_map_translate(map, addr, &len);
	}
	dmamem_map_translate(map, END, NULL);
	return value;
}

static void *look_up_thread(void *arg)
{
	for (int i = 0; i < 20; i++)
		if (look_up_all(arg))
			return arg;
	return NULL;
}

/* A reader that wrote, be it a counter, would take the cache line from others */
TEST_F(map, lookups_write_nothing)
{
	pthread_t threads[4];
	void *wrong;

	ASSERT_EQ(0, dmamem_map_set(self->map, BASE, 5 * PAGE, 8 * PAGE));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + CHUNK, CHUNK, GIB));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + 3 * CHUNK, CHUNK, PAGE));
	ASSERT_EQ(0, dmamem_map_set(self->map, BASE + GIB, GIB, GIB));
	ASSERT_EQ(0, protect(self->map, PROT_READ));
	EXPECT_EQ(0, look_up_all(self->map));
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, look_up_thread,
					    self->map));
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &wrong));
		EXPECT_EQ(NULL, wrong);
	}
	ASSERT_EQ(0, protect(self->map, PROT_READ | PROT_WRITE));
}

TEST_HARNESS_MAIN
