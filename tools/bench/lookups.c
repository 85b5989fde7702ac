// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Lookups in a map, again and again.
 */
#include "tools/bench/lookups.h"

/* Pieces keep apart from each other, in an order that is not theirs */
static uint64_t address_of(uint64_t offset, uint64_t piece)
{
	return (offset / piece ^ 5) * 2 * piece;
}

int lookups_make_map(uint64_t base, uint64_t size, uint64_t piece,
		     struct dmamem_map **map)
{
	struct dmamem_map *m;
	uint64_t at;
	int ret;

	ret = dmamem_map_create(DMAMEM_MAP_LINEAR, UINT64_MAX, &m);
	if (ret)
		return ret;
	for (at = 0; !ret && at < size; at += piece)
		ret = dmamem_map_set(m, base + at,
				     piece < size - at ? piece : size - at,
				     address_of(at, piece));
	if (ret)
		dmamem_map_free(m);
	else
		*map = m;
	return ret;
}

uint64_t lookups_run(const struct dmamem_map *map, uint64_t base,
		     uint64_t size, uint64_t len, uint64_t nr)
{
	uint64_t sum = 0, left, addr;

	for (uint64_t i = 0; i < nr; i++) {
		addr = base + i * 0x12345 % (size - len);
		/* Not over the end of a chunk */
		addr &= ~(len ? len - 1 : 0);
		left = len;
		sum += dmamem_map_translate(map, addr, len ? &left : NULL);
	}
	return sum;
}
