// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <stdlib.h>

#include "selftests/lib/map_model.h"

#define PAGE DMAMEM_PAGE_SIZE
#define PAGES_PER_CHUNK (DMAMEM_CHUNK_SIZE / PAGE)

bool map_model_init(struct map_model *model, enum dmamem_map_rule rule,
		    uint64_t default_value, uint64_t base, size_t nr_pages)
{
	*model = (struct map_model){
		.rule = rule,
		.default_value = default_value,
		.base = base,
		.nr_pages = nr_pages,
		.pages = calloc(nr_pages, sizeof(*model->pages)),
	};
	if (!model->pages)
		return false;
	map_model_clear(model, base, nr_pages * PAGE);
	return true;
}

void map_model_free(struct map_model *model)
{
	free(model->pages);
}

static void write_pages(struct map_model *model, uint64_t addr, uint64_t len,
			struct map_model_page page, uint64_t step)
{
	uint64_t first = (addr - model->base) / PAGE;
	uint64_t end = first + len / PAGE;

	for (uint64_t i = first; i < end; i++) {
		uint64_t chunk = i - i % PAGES_PER_CHUNK;

		/* Windows begin with a chunk */
		page.whole = chunk >= first && chunk + PAGES_PER_CHUNK <= end;
		model->pages[i] = page;
		page.value += step;
	}
	if (!len)
		return;
	/* What is left of a chunk is no whole one any more */
	for (uint64_t i = first; i % PAGES_PER_CHUNK; i--)
		model->pages[i - 1].whole = false;
	for (uint64_t i = end; i % PAGES_PER_CHUNK; i++)
		model->pages[i].whole = false;
}

void map_model_set(struct map_model *model, uint64_t addr, uint64_t len,
		   uint64_t value)
{
	struct map_model_page page = { .value = value, .set = true };

	write_pages(model, addr, len, page,
		    model->rule == DMAMEM_MAP_LINEAR ? PAGE : 0);
}

void map_model_clear(struct map_model *model, uint64_t addr, uint64_t len)
{
	struct map_model_page page = { .value = model->default_value };

	write_pages(model, addr, len, page, 0);
}

static bool chunk_is_empty(const struct map_model *model, uint64_t page)
{
	const struct map_model_page *chunk;

	chunk = &model->pages[page - page % PAGES_PER_CHUNK];
	for (uint64_t i = 0; i < PAGES_PER_CHUNK; i++)
		if (chunk[i].value != model->default_value)
			return false;
	return true;
}

static bool joins(const struct map_model *model, uint64_t page)
{
	const struct map_model_page *a = &model->pages[page - 1];
	const struct map_model_page *b = &model->pages[page];

	if (model->rule == DMAMEM_MAP_UNIFORM)
		return a->value == b->value;
	if (a->set != b->set)
		return false;
	return !a->set || (b->value && b->value - PAGE == a->value);
}

/* The page after the last one that @first's value holds for, @max at most */
static uint64_t run_end(const struct map_model *model, uint64_t first,
			uint64_t max)
{
	uint64_t end = first + 1;

	if (model->rule == DMAMEM_MAP_OPAQUE) {
		if (model->pages[first].whole || chunk_is_empty(model, first))
			end = first - first % PAGES_PER_CHUNK + PAGES_PER_CHUNK;
		return end;
	}
	while (end < max && joins(model, end))
		end++;
	return end;
}

uint64_t map_model_translate(const struct map_model *model, uint64_t addr,
			     uint64_t *len)
{
	uint64_t first = (addr - model->base) / PAGE;
	uint64_t offset = addr % PAGE;
	uint64_t max = model->nr_pages, valid;

	if (len) {
		if (*len / PAGE < max - first)
			max = first + *len / PAGE + 2;
		if (max > model->nr_pages)
			max = model->nr_pages;
		valid = (run_end(model, first, max) - first) * PAGE - offset;
		if (valid < *len)
			*len = valid;
	}
	if (model->rule == DMAMEM_MAP_LINEAR && model->pages[first].set)
		return model->pages[first].value + offset;
	return model->pages[first].value;
}
