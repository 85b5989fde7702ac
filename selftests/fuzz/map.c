// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * libFuzzer target: a map and the array of pages of map_random.c must agree
 * after any sequence of calls.
 *
 * The window lies across the border of two GiBs, each of which can be written
 * as a whole. A byte chooses the rule, then each call takes eight bytes.
 */
#include <stdlib.h>
#include <string.h>

#include <dmamem/map.h>

#include "selftests/lib/map_model.h"

#define PAGE DMAMEM_PAGE_SIZE
#define GIB (UINT64_C(1) << 30)
#define NR_PAGES 2048
#define BASE (UINT64_C(0x1240000000) - NR_PAGES / 2 * PAGE)
#define GIBS (UINT64_C(0x1240000000) - GIB)
#define DEFAULT 0x3000
#define MAX_CALLS 256

struct call {
	uint8_t what;
	uint8_t value;
	uint16_t first;
	uint16_t nr_pages;
	uint16_t probe;
};

struct subject {
	struct dmamem_map *map;
	struct map_model model;
};

static void expect(bool condition)
{
	if (!condition)
		abort();
}

/* Mostly values that join, and those at the ends of what there is */
static uint64_t value_of(const struct call *call, enum dmamem_map_rule rule,
			 uint64_t addr, uint64_t len)
{
	uint64_t linear = rule == DMAMEM_MAP_LINEAR;

	switch (call->value) {
	case 0:
		return 0;
	case 1:
		return linear ? -len : UINT64_MAX;
	case 2:
		return linear ? 0x5000 : UINT64_C(1) << 63;
	case 3 ... 9:
		return linear ? call->value * PAGE : call->value;
	case 10 ... 100:
		return linear ? addr - GIBS + 5 * GIB : 7;
	default:
		return linear ? addr - GIBS + 2 * GIB : DEFAULT;
	}
}

/* Of a GiB that is written, the model knows what is in the window */
static void write_gib(struct subject *s, const struct call *call)
{
	uint64_t half = call->first % 2;
	uint64_t addr = GIBS + half * GIB;
	uint64_t seen = half ? addr : BASE;
	uint64_t value = value_of(call, s->model.rule, addr, GIB);

	if (call->what & 1) {
		expect(!dmamem_map_clear(s->map, addr, GIB));
		map_model_clear(&s->model, seen, NR_PAGES / 2 * PAGE);
		return;
	}
	expect(!dmamem_map_set(s->map, addr, GIB, value));
	if (s->model.rule == DMAMEM_MAP_LINEAR)
		value += seen - addr;
	map_model_set(&s->model, seen, NR_PAGES / 2 * PAGE, value);
}

static void write_pages(struct subject *s, const struct call *call)
{
	uint64_t first = call->first % NR_PAGES;
	uint64_t nr = 1 + call->nr_pages % (NR_PAGES - first);
	uint64_t addr = BASE + first * PAGE;
	uint64_t value;

	if (call->what & 1) {
		expect(!dmamem_map_clear(s->map, addr, nr * PAGE));
		map_model_clear(&s->model, addr, nr * PAGE);
		return;
	}
	value = value_of(call, s->model.rule, addr, nr * PAGE);
	expect(!dmamem_map_set(s->map, addr, nr * PAGE, value));
	map_model_set(&s->model, addr, nr * PAGE, value);
}

static uint64_t compare(const struct subject *s, uint64_t addr, uint64_t len)
{
	uint64_t model_len = len, expected;

	expected = map_model_translate(&s->model, addr, &model_len);
	expect(dmamem_map_translate(s->map, addr, NULL) == expected);
	expect(dmamem_map_translate(s->map, addr, &len) == expected);
	expect(len == model_len);
	return len;
}

static void compare_all(const struct subject *s)
{
	uint64_t addr = BASE, end = BASE + NR_PAGES * PAGE;

	while (addr < end)
		addr += compare(s, addr, end - addr);
}

static void run(struct subject *s, const uint8_t *data, size_t size)
{
	struct call call;
	uint64_t probe;

	for (int i = 0; i < MAX_CALLS && size >= sizeof(call); i++) {
		memcpy(&call, data, sizeof(call));
		data += sizeof(call);
		size -= sizeof(call);
		if (call.what < 16)
			write_gib(s, &call);
		else
			write_pages(s, &call);
		probe = call.probe % NR_PAGES;
		compare(s, BASE + probe * PAGE + call.value,
			(NR_PAGES - probe) * PAGE - call.value);
	}
	compare_all(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct subject s;

	if (!size)
		return 0;
	if (!map_model_init(&s.model, data[0] % 3, DEFAULT, BASE, NR_PAGES))
		return 0;
	if (!dmamem_map_create(data[0] % 3, DEFAULT, &s.map)) {
		run(&s, data + 1, size - 1);
		dmamem_map_free(s.map);
	}
	map_model_free(&s.model);
	return 0;
}
