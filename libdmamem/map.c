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

	new = dmamem_map_tables_reserve();
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
	return __atomic_load_n(&map->spares[addr >> CHUNK_SHIFT],
			       __ATOMIC_ACQUIRE);
}

static struct map_unit leaf_unit(const struct dmamem_map *map, uint64_t entry,
				 uint64_t addr, uint64_t want)
{
	const uint64_t *leaf = entry_leaf(entry);
	unsigned int page = page_index(addr);
	uint64_t value = load_page(&leaf[page]);
	uint64_t offset = addr & (PAGE_SIZE - 1);
	bool linear = map->rule == DMAMEM_MAP_LINEAR;
	struct map_unit unit = { .value = value, .left = PAGE_SIZE - offset };
	uint64_t step = 0;

	if (map->rule == DMAMEM_MAP_OPAQUE) {
		if (entry & ENTRY_BOXED)
			unit.left = CHUNK_SIZE - (addr & (CHUNK_SIZE - 1));
		return unit;
	}
	if (linear && value == LEAF_ABSENT) {
		unit.absent = true;
		unit.value = map->default_value;
	} else if (linear) {
		unit.value = value + offset;
		step = PAGE_SIZE;
	}
	while (unit.left < want && ++page < PAGES_PER_CHUNK) {
		/* A run does not go on from the highest address to 0 */
		if (step && value + step < value)
			break;
		value += step;
		if (load_page(&leaf[page]) != value)
			break;
		unit.left += PAGE_SIZE;
	}
	return unit;
}

/* @want: more than this of a leaf need not be looked at */
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
	uint64_t max = ADDRESS_END - addr;
	uint64_t done = first.left;

	if (*len < max)
		max = *len;
	while (done < max) {
		struct map_unit next = unit_at(map, addr + done, max - done);

		if (!units_join(map, &first, done, &next))
			break;
		done += next.left;
	}
	*len = done < max ? done : max;
	return first.value;
}

static uint64_t translate_beyond(const struct dmamem_map *map, uint64_t addr,
				 uint64_t *len)
{
	if (len && *len > -addr)
		*len = -addr;
	return map->default_value;
}

static __attribute__((noinline)) uint64_t
translate_slow(const struct dmamem_map *map, uint64_t addr, uint64_t *len)
{
	if (addr >= ADDRESS_END)
		return translate_beyond(map, addr, len);
	if (!len)
		return unit_at(map, addr, 0).value;
	return translate_run(map, addr, len);
}

static inline bool within(const uint64_t *len, uint64_t left)
{
	return likely(!len || *len <= left);
}

/* One page of a linear map's leaf */
static inline uint64_t translate_leaf(const struct dmamem_map *map,
				      uint64_t entry, uint64_t addr,
				      uint64_t *len)
{
	uint64_t offset = addr & (PAGE_SIZE - 1);
	uint64_t value = load_page(&entry_leaf(entry)[page_index(addr)]);

	if (unlikely(value == LEAF_ABSENT || !within(len, PAGE_SIZE - offset)))
		return translate_slow(map, addr, len);
	return value + offset;
}

/* The common cases by the shortest way, the others by translate_slow() */
uint64_t dmamem_map_translate(const struct dmamem_map *map, uint64_t addr,
			      uint64_t *len)
{
	uint64_t entry, offset;

	if (unlikely(addr >> GIB_SHIFT >= map->nr_linear_gibs))
		return translate_slow(map, addr, len);

	entry = load_index(map->root, addr >> GIB_SHIFT);
	if (entry == ENTRY_TABLE) {
		entry = load_index(map->slots, addr >> CHUNK_SHIFT);
		offset = addr & (CHUNK_SIZE - 1);
		if (likely(entry & ENTRY_VALUE)) {
			if (within(len, CHUNK_SIZE - offset))
				return entry - ENTRY_VALUE + offset;
		} else if (entry) {
			return translate_leaf(map, entry, addr, len);
		}
	} else if (entry) {
		offset = addr & (GIB_SIZE - 1);
		if (within(len, GIB_SIZE - offset))
			return entry - ENTRY_VALUE + offset;
	}
	return translate_slow(map, addr, len);
}
