/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A map as plainly as can be: an array with one value per page of a window of
 * the address space, and a step of random operations on it and on a map.
 */
#ifndef DMAMEM_SELFTESTS_MAP_MODEL_H
#define DMAMEM_SELFTESTS_MAP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dmamem/map.h>

struct map_model_page {
	uint64_t value;
	bool set;
	/* In an opaque map: the chunk was set as a whole */
	bool whole;
};

struct map_model {
	enum dmamem_map_rule rule;
	uint64_t default_value;
	uint64_t base;
	size_t nr_pages;
	struct map_model_page *pages;
};

bool map_model_init(struct map_model *model, enum dmamem_map_rule rule,
		    uint64_t default_value, uint64_t base, size_t nr_pages);
void map_model_free(struct map_model *model);

/* Ranges must lie within the window, addresses anywhere in it */
void map_model_set(struct map_model *model, uint64_t addr, uint64_t len,
		   uint64_t value);
void map_model_clear(struct map_model *model, uint64_t addr, uint64_t len);
uint64_t map_model_translate(const struct map_model *model, uint64_t addr,
			     uint64_t *len);

#endif
