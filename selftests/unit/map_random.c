// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A million and a half random operations on a map and on an array of pages,
 * which must agree after every one.
 */
#include <kselftest_harness.h>

#include <dmamem/map.h>

#include "selftests/lib/map_model.h"
#include "selftests/lib/random.h"

#define PAGE DMAMEM_PAGE_SIZE
#define GIB (UINT64_C(1) << 30)
#define NR_OPS 500000

/* Three GiB around a GiB that can be set as a whole, at both ends of the map */
FIXTURE(map_random) {
	struct dmamem_map *map;
	struct map_model model;
	struct random random;
};

FIXTURE_VARIANT(map_random) {
	enum dmamem_map_rule rule;
	uint64_t default_value;
	uint64_t base;
};

FIXTURE_VARIANT_ADD(map_random, linear) {
	.rule = DMAMEM_MAP_LINEAR,
	.default_value = 0x5000,
	.base = 0,
};

FIXTURE_VARIANT_ADD(map_random, uniform) {
	.rule = DMAMEM_MAP_UNIFORM,
	.default_value = 3,
	.base = (UINT64_C(1) << 48) - 3 * GIB,
};

FIXTURE_VARIANT_ADD(map_random, opaque) {
	.rule = DMAMEM_MAP_OPAQUE,
	.default_value = UINT64_MAX,
	.base = UINT64_C(0x1200000000),
};

FIXTURE_SETUP(map_random)
{
	random_init(&self->random);
	ASSERT_TRUE(map_model_init(&self->model, variant->rule,
				   variant->default_value, variant->base,
				   3 * GIB / PAGE));
	ASSERT_EQ(0, dmamem_map_create(variant->rule, variant->default_value,
				       &self->map));
}

FIXTURE_TEARDOWN(map_random)
{
	dmamem_map_free(self->map);
	map_model_free(&self->model);
}

/* Mostly small, some exactly a chunk or a GiB, few large */
static uint64_t random_pages(struct random *random)
{
	switch (random_below(random, 64)) {
	case 0:
		return GIB / PAGE >> random_below(random, 64) / 32 * 9;
	case 1 ... 8:
		return 512;
	case 9 ... 12:
		return 1 + random_below(random, 2048);
	default:
		return 1 + random_below(random, 16);
	}
}

/* Near the places where chunks and GiBs meet, so that ranges meet as well */
static void random_range(const struct map_model *model, struct random *random,
			 uint64_t *addr, uint64_t *len)
{
	uint64_t pages = random_pages(random);
	uint64_t first = random_below(random, 2) * (GIB / PAGE) +
			 GIB / PAGE - 1024 + random_below(random, 2048);

	if (random_below(random, 2))
		first -= first % 512;
	if (pages == GIB / PAGE)
		first = GIB / PAGE * random_below(random, 3);
	if (pages > model->nr_pages - first)
		pages = model->nr_pages - first;
	*addr = model->base + first * PAGE;
	*len = pages * PAGE;
}

/* Values that fit their neighbours, so that entries fold */
static uint64_t random_value(const struct map_model *model, struct random *random,
			     uint64_t addr, uint64_t len)
{
	uint64_t kind = random_below(random, 32);

	if (model->rule == DMAMEM_MAP_LINEAR) {
		/* The first and the last values that there are */
		if (kind == 0)
			return 0;
		if (kind == 1)
			return -len;
		/* From 30 on they do not fit 4 bytes */
		return (kind < 28 ? 1 : kind) * (UINT64_C(1) << 40) +
		       (kind < 30 ? 0 : PAGE) + (addr - model->base);
	}
	if (kind == 0)
		return UINT64_MAX - 1;
	return kind < 28 ? 7 : random_below(random, 6);
}

static void random_write(struct __test_metadata *_metadata,
			 FIXTURE_DATA(map_random) *self)
{
	struct map_model *model = &self->model;
	uint64_t addr, len, value;

	random_range(model, &self->random, &addr, &len);
	if (random_below(&self->random, 3) == 0) {
		ASSERT_EQ(0, dmamem_map_clear(self->map, addr, len));
		map_model_clear(model, addr, len);
		return;
	}
	value = random_value(model, &self->random, addr, len);
	ASSERT_EQ(0, dmamem_map_set(self->map, addr, len, value));
	map_model_set(model, addr, len, value);
}

static void random_read(struct __test_metadata *_metadata,
			FIXTURE_DATA(map_random) *self)
{
	uint64_t addr, len, expected_len, expected;

	random_range(&self->model, &self->random, &addr, &len);
	addr += random_below(&self->random, PAGE);
	if (random_below(&self->random, 4) == 0)
		len += random_below(&self->random, PAGE);
	if (len > self->model.base + 3 * GIB - addr)
		len = self->model.base + 3 * GIB - addr;
	expected_len = len;
	expected = map_model_translate(&self->model, addr, &expected_len);
	ASSERT_EQ(expected, dmamem_map_translate(self->map, addr, NULL));
	ASSERT_EQ(expected, dmamem_map_translate(self->map, addr, &len));
	ASSERT_EQ(expected_len, len) {
		TH_LOG("at %#llx", (unsigned long long)addr);
	}
}

TEST_F_TIMEOUT(map_random, agrees_with_array, 600)
{
	for (int i = 0; i < NR_OPS / 2; i++) {
		random_write(_metadata, self);
		random_read(_metadata, self);
	}
}

TEST_HARNESS_MAIN
