/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Lookups in a map, again and again: what is measured of translation.
 */
#ifndef TOOLS_BENCH_LOOKUPS_H
#define TOOLS_BENCH_LOOKUPS_H

#include <stdint.h>

#include <dmamem/map.h>

/**
 * lookups_make_map() - a map of memory that lies in pieces for a device
 * @base: address of the memory, a multiple of the pieces
 * @size: bytes of it
 * @piece: bytes that are consecutive, a power of two; not less than @size: all
 * @map: the map, to be given to dmamem_map_free()
 *
 * Return: 0, or -ENOMEM.
 */
int lookups_make_map(uint64_t base, uint64_t size, uint64_t piece,
		     struct dmamem_map **map);

/**
 * lookups_run() - translate addresses all over the memory
 * @map: the map
 * @base: address of the memory
 * @size: bytes of it
 * @len: bytes that are asked for, a power of two; 0: only the address
 * @nr: how often
 *
 * Return: the sum of what came back.
 */
uint64_t lookups_run(const struct dmamem_map *map, uint64_t base,
		     uint64_t size, uint64_t len, uint64_t nr);

#endif
