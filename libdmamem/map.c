// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A map's life, and looking addresses up in it.
 */
#include <errno.h>

#include "libdmamem/map_private.h"

/**
 * struct map_unit - what one entry, or one part of a leaf, says of an address
 * @value: of the very byte
 * @left: bytes from there on for which this holds
 * @absent: nothing is set; only told apart in linear maps, where the default
 *          value does not advance
 */
struct map_unit {
	uint64_t value;
	uint64_t left;
	bool absent;
};

int dmamem_map_create_config(enum dmamem_map_rule rule, uint64_t default_value,
			     const struct dmamem_map_config *config,
			     struct dmamem_map **map)
{
	struct dmamem_map *new;
	int ret;

	if (rule != DMAMEM_MAP_LINEAR && rule != DMAMEM_MAP_UNIFORM &&
	    rule != DMAMEM_MAP_OPAQUE)
		return -EINVAL;

	new = dmamem_map_tables_reserve(config->leaves_added);
	if (!new)
		return -ENOMEM;
	ret = -pthread_mutex_init(&new->lock, NULL);
	if (ret) {
		dmamem_map_tables_release(new);
		return ret;
	}
	new->nr_linear_gibs = rule == DMAMEM_MAP_LINEAR ? NR_GIBS : 0;
	new->rule = rule;
	new->default_value = default_value;
	new->config = *config;
	new->resident = config->resident;
	*map = new;
	return 0;
}

int dmamem_map_create(enum dmamem_map_rule rule, uint64_t default_value,
		      struct dmamem_map **map)
{
	static const struct dmamem_map_config config;

	return dmamem_map_create_config(rule, default_value, &config, map);
}

void dmamem_map_free(struct dmamem_map *map)
{
	if (!map)
		return;
	dmamem_map_leaves_release(map);
	pthread_mutex_destroy(&map->lock);
	dmamem_map_tables_release(map);
}

const uint64_t *dmamem_map_leaf(const struct dmamem_map *map, uint64_t addr)
{
	uint64_t size, entry = map_entry(map, addr, &size);

	if (entry_is_leaf(entry))
		return entry_leaf(entry);
	if (!entry || !map->resident)
		return NULL;
	return entry_leaf(load_index(map->spares, addr >> CHUNK_SHIFT));
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* How many of the @max pages after *@page continue the run that it is in? */
static uint64_t pages_joined(const uint64_t *page, uint64_t value,
			     uint64_t step, uint64_t max)
{
	const uint64_t *p = page;
	const uint64_t *last;

	/* A run does not go on from the highest address to 0 */
	if (step)
		max = min_u64(max, (UINT64_MAX - value) >> PAGE_BITS);
	for (last = p + max; p < last; p++) {
		value += step;
		if (load_page(p + 1) != value)
			break;
	}
	return p - page;
}

static struct map_unit leaf_unit(const struct dmamem_map *map, uint64_t entry,
				 uint64_t addr, uint64_t want)
{
	unsigned int index = page_index(addr);
	const uint64_t *page = &entry_leaf(entry)[index];
	uint64_t value = load_page(page);
	uint64_t offset = addr & (PAGE_BYTES - 1);
	struct map_unit unit = { .value = value, .left = PAGE_BYTES - offset };
	uint64_t max, step = 0;

	if (map->rule == DMAMEM_MAP_OPAQUE) {
		if (entry & ENTRY_BOXED)
			unit.left = CHUNK_SIZE - (addr & (CHUNK_SIZE - 1));
		return unit;
	}
	if (map->rule == DMAMEM_MAP_LINEAR) {
		unit.absent = value == LEAF_ABSENT;
		unit.value = unit.absent ? map->default_value : value + offset;
		step = unit.absent ? 0 : PAGE_BYTES;
	}
	if (want > unit.left) {
		max = min_u64(PAGES_PER_CHUNK - 1 - index,
			      (want - unit.left + PAGE_BYTES - 1) >> PAGE_BITS);
		unit.left += pages_joined(page, value, step, max) * PAGE_BYTES;
	}
	return unit;
}

/* Most of the address space is empty: pass over it quickly, up to @want bytes */
static uint64_t empty_gibs(const struct dmamem_map *map, uint64_t addr,
			   uint64_t left, uint64_t want)
{
	uint64_t gib = (addr >> GIB_SHIFT) + 1;

	while (left < want && gib < NR_GIBS && !load_acquire(&map->root[gib])) {
		left += GIB_SIZE;
		gib++;
	}
	return left;
}

/* @want: more than this need not be looked at where it takes time */
static struct map_unit unit_at(const struct dmamem_map *map, uint64_t addr,
			       uint64_t want)
{
	uint64_t size, entry = map_entry(map, addr, &size);
	struct map_unit unit;
	uint64_t offset;

	if (entry_is_leaf(entry))
		return leaf_unit(map, entry, addr, want);

	if (map->rule == DMAMEM_MAP_OPAQUE)
		size = CHUNK_SIZE;
	offset = addr & (size - 1);
	unit.left = size - offset;
	unit.absent = !entry && map->rule == DMAMEM_MAP_LINEAR;
	if (!entry && size == GIB_SIZE)
		unit.left = empty_gibs(map, addr, unit.left, want);
	if (!entry)
		unit.value = map->default_value;
	else if (map->rule == DMAMEM_MAP_LINEAR)
		unit.value = entry_value(map, entry) + offset;
	else
		unit.value = entry_value(map, entry);
	return unit;
}

/* Does @next continue what @first began @distance bytes before? */
static bool units_join(const struct dmamem_map *map,
		       const struct map_unit *first, uint64_t distance,
		       const struct map_unit *next)
{
	if (map->rule == DMAMEM_MAP_OPAQUE || first->absent != next->absent)
		return false;
	if (map->rule == DMAMEM_MAP_UNIFORM || first->absent)
		return first->value == next->value;
	return next->value > first->value &&
	       next->value - first->value == distance;
}

static uint64_t translate_run(const struct dmamem_map *map, uint64_t addr,
			      uint64_t *len)
{
	struct map_unit first = unit_at(map, addr, *len);
	uint64_t max = min_u64(ADDRESS_END - addr, *len);
	uint64_t done = first.left;

	while (done < max) {
		struct map_unit next = unit_at(map, addr + done, max - done);

		if (!units_join(map, &first, done, &next))
			break;
		done += next.left;
	}
	*len = min_u64(done, max);
	return first.value;
}

static uint64_t translate_beyond(const struct dmamem_map *map, uint64_t addr,
				 uint64_t *len)
{
	if (len && *len > -addr)
		*len = -addr;
	return map->default_value;
}

uint64_t dmamem_map_translate_slow(const struct dmamem_map *map, uint64_t addr,
				   uint64_t *len)
{
	if (addr >= ADDRESS_END)
		return translate_beyond(map, addr, len);
	if (!len)
		return unit_at(map, addr, 0).value;
	return translate_run(map, addr, len);
}

uint64_t dmamem_map_translate(const struct dmamem_map *map, uint64_t addr,
			      uint64_t *len)
{
	return map_translate(map, addr, len);
}
