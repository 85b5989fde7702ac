// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * When memory runs out, a map is as it was.
 */
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/map.h>

#include "selftests/lib/inject.h"
#include "selftests/lib/map_model.h"

#define PAGE DMAMEM_PAGE_SIZE
#define CHUNK DMAMEM_CHUNK_SIZE
#define GIB (UINT64_C(1) << 30)
#define BASE UINT64_C(0x7ffe00000000)
#define WINDOW (3 * GIB)

/* More requests than any one call makes */
#define MANY 100

struct range {
	uint64_t offset;
	uint64_t len;
	uint64_t value;
};

/* What is there, and the call that is to fail */
FIXTURE(nomem) {
	struct dmamem_map *map;
	struct map_model model;
};

FIXTURE_VARIANT(nomem) {
	enum dmamem_map_rule rule;
	struct range before;
	bool clear;
	struct range call;
	/* Leaves of the first block that are in use already */
	unsigned int nr_taken;
};

/* From within a chunk of one GiB to within a chunk of the third */
FIXTURE_VARIANT_ADD(nomem, set_in_empty) {
	.rule = DMAMEM_MAP_LINEAR,
	.call = { 5 * PAGE, 2 * GIB + CHUNK, 0x1000 },
};

/* The ends need leaves in two GiBs that had one entry each */
FIXTURE_VARIANT_ADD(nomem, set_over_gibs) {
	.rule = DMAMEM_MAP_LINEAR,
	.before = { 0, 3 * GIB, 8 * GIB },
	.call = { 5 * PAGE, 2 * GIB, 0x1000 },
};

FIXTURE_VARIANT_ADD(nomem, clear_in_gib) {
	.rule = DMAMEM_MAP_LINEAR,
	.before = { 0, 3 * GIB, 8 * GIB },
	.clear = true,
	.call = { GIB + 5 * PAGE, PAGE },
};

/* There is a leaf for one end, but not for the other */
FIXTURE_VARIANT_ADD(nomem, set_with_one_leaf_left) {
	.rule = DMAMEM_MAP_LINEAR,
	.before = { 0, 3 * GIB, 8 * GIB },
	.call = { 5 * PAGE, 2 * GIB, 0x1000 },
	.nr_taken = 511,
};

/* Every one of 1024 chunks needs a leaf, and so three blocks of them */
FIXTURE_VARIANT_ADD(nomem, set_value_that_takes_leaves) {
	.rule = DMAMEM_MAP_UNIFORM,
	.before = { CHUNK, CHUNK, 77 },
	.call = { 5 * PAGE, 2 * GIB, UINT64_MAX },
};

FIXTURE_VARIANT_ADD(nomem, opaque_value_that_takes_leaves) {
	.rule = DMAMEM_MAP_OPAQUE,
	.before = { CHUNK, CHUNK, UINT64_MAX - 1 },
	.call = { 5 * PAGE, GIB + CHUNK, UINT64_MAX },
};

FIXTURE_SETUP(nomem)
{
	ASSERT_TRUE(map_model_init(&self->model, variant->rule, 0, BASE,
				   WINDOW / PAGE));
}

FIXTURE_TEARDOWN(nomem)
{
	map_model_free(&self->model);
}

static int do_set(FIXTURE_DATA(nomem) *self, const struct range *range)
{
	return range->len ? dmamem_map_set(self->map, BASE + range->offset,
					   range->len, range->value) : 0;
}

static int take_leaves(struct dmamem_map *map, unsigned int nr)
{
	int ret = 0;

	while (!ret && nr--)
		ret = dmamem_map_set(map, BASE + WINDOW + nr * CHUNK, PAGE, 0);
	return ret;
}

static void model_set(FIXTURE_DATA(nomem) *self, const struct range *range)
{
	map_model_set(&self->model, BASE + range->offset, range->len,
		      range->value);
}

static int do_call(FIXTURE_DATA(nomem) *self, bool clear,
		   const struct range *range)
{
	if (clear)
		return dmamem_map_clear(self->map, BASE + range->offset,
					range->len);
	return do_set(self, range);
}

static void expect_model(struct __test_metadata *_metadata,
			 FIXTURE_DATA(nomem) *self)
{
	uint64_t addr, end = BASE + WINDOW, value, len, model_len;

	for (addr = BASE; addr < end; addr += len) {
		len = end - addr;
		model_len = len;
		value = dmamem_map_translate(self->map, addr, &len);
		ASSERT_EQ(map_model_translate(&self->model, addr, &model_len),
			  value);
		ASSERT_EQ(model_len, len);
	}
}

/* One request fails, the first or the second or ..., or all after it too */
static void fail_at(struct __test_metadata *_metadata,
		    FIXTURE_DATA(nomem) *self,
		    const FIXTURE_VARIANT(nomem) *variant, unsigned int n,
		    bool *failed)
{
	int ret;

	ASSERT_EQ(0, dmamem_map_create(variant->rule, 0, &self->map));
	ASSERT_EQ(0, do_set(self, &variant->before));
	ASSERT_EQ(0, take_leaves(self->map, variant->nr_taken));
	if (n % 2)
		inject_one(n / 2);
	else
		inject_all(n / 2);
	ret = do_call(self, variant->clear, &variant->call);
	*failed = inject_stop();
	ASSERT_EQ(*failed ? -ENOMEM : 0, ret);
	if (*failed) {
		expect_model(_metadata, self);
		ASSERT_EQ(0, do_call(self, variant->clear, &variant->call));
	}
}

TEST_F_TIMEOUT(nomem, changes_nothing, 300)
{
	bool failed = true;
	unsigned int n;

	for (n = 0; failed && n < MANY; n++) {
		map_model_clear(&self->model, BASE, WINDOW);
		model_set(self, &variant->before);
		fail_at(_metadata, self, variant, n, &failed);
		if (variant->clear)
			map_model_clear(&self->model,
					BASE + variant->call.offset,
					variant->call.len);
		else
			model_set(self, &variant->call);
		expect_model(_metadata, self);
		dmamem_map_free(self->map);
	}
	/* At least the memory for leaves was asked for, in two pieces */
	EXPECT_LE(4, n);
	EXPECT_FALSE(failed);
}

TEST_F_TIMEOUT(nomem, cannot_happen_after_reserve, 300)
{
	ASSERT_EQ(0, dmamem_map_create(variant->rule, 0, &self->map));
	ASSERT_EQ(0, dmamem_map_reserve(self->map, BASE + PAGE,
					WINDOW - PAGE));
	inject_all(0);
	EXPECT_EQ(0, do_set(self, &variant->before));
	EXPECT_EQ(0, do_call(self, variant->clear, &variant->call));
	EXPECT_FALSE(inject_stop());

	model_set(self, &variant->before);
	if (variant->clear)
		map_model_clear(&self->model, BASE + variant->call.offset,
				variant->call.len);
	else
		model_set(self, &variant->call);
	expect_model(_metadata, self);
	dmamem_map_free(self->map);
}

TEST(create)
{
	struct dmamem_map *map = NULL;
	bool failed = true;
	unsigned int n;

	for (n = 0; failed && n < MANY; n++) {
		int ret;

		inject_one(n);
		ret = dmamem_map_create(DMAMEM_MAP_LINEAR, 0, &map);
		failed = inject_stop();
		ASSERT_EQ(failed ? -ENOMEM : 0, ret);
		ASSERT_EQ(failed, !map);
	}
	EXPECT_LE(3, n);
	dmamem_map_free(map);
}

/* What was once split or given back needs nothing to be split again */
TEST(no_memory_for_what_was_there)
{
	struct dmamem_map *map;

	ASSERT_EQ(0, dmamem_map_create(DMAMEM_MAP_LINEAR, 0, &map));
	ASSERT_EQ(0, dmamem_map_set(map, BASE, CHUNK / 2, GIB));
	ASSERT_EQ(0, dmamem_map_set(map, BASE + CHUNK / 2, GIB - CHUNK / 2,
				    GIB + CHUNK / 2));
	inject_all(0);
	EXPECT_EQ(0, dmamem_map_clear(map, BASE, CHUNK / 2));
	EXPECT_EQ(0, dmamem_map_set(map, BASE, GIB, 7 * GIB));
	EXPECT_EQ(0, dmamem_map_clear(map, BASE, CHUNK / 2));
	EXPECT_EQ(0, dmamem_map_clear(map, BASE, GIB));
	EXPECT_EQ(0, dmamem_map_clear(map, BASE, CHUNK / 4));
	/* Clearing what was never set needs nothing anywhere */
	EXPECT_EQ(0, dmamem_map_clear(map, 0, UINT64_C(1) << 48));
	EXPECT_EQ(0, dmamem_map_clear(map, PAGE, PAGE));
	EXPECT_FALSE(inject_stop());
	dmamem_map_free(map);
}

TEST_HARNESS_MAIN
