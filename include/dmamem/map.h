/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Address translation map: a 64-bit value for every 4 KiB page of a 48-bit
 * address space, kept in 2 MiB chunks.
 */
#ifndef DMAMEM_MAP_H
#define DMAMEM_MAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DMAMEM_PAGE_SHIFT 12
#define DMAMEM_PAGE_SIZE (UINT64_C(1) << DMAMEM_PAGE_SHIFT)
#define DMAMEM_CHUNK_SHIFT 21
#define DMAMEM_CHUNK_SIZE (UINT64_C(1) << DMAMEM_CHUNK_SHIFT)
#define DMAMEM_ADDRESS_BITS 48

/**
 * enum dmamem_map_rule - how values of neighbouring pages relate
 * @DMAMEM_MAP_LINEAR: values advance with the address, as DMA addresses do.
 *                     Values are multiples of 4 KiB; pages join when their
 *                     values are as far apart as they are.
 * @DMAMEM_MAP_UNIFORM: any values; pages join when their values are equal
 *                      (RDMA keys, NUMA nodes)
 * @DMAMEM_MAP_OPAQUE: any values; nothing joins. A chunk that is set as a whole
 *                     by one dmamem_map_set(), or has nothing set, is one piece;
 *                     in other chunks each page is
 *
 * In uniform and opaque maps it makes no difference whether a page has the
 * default value because it was set to it or because it was not set. Values of
 * 2^63 and more take a leaf (4 KiB for 2 MiB) in these maps even where one
 * value covers a whole chunk.
 */
enum dmamem_map_rule {
	DMAMEM_MAP_LINEAR,
	DMAMEM_MAP_UNIFORM,
	DMAMEM_MAP_OPAQUE,
};

struct dmamem_map;

/**
 * dmamem_map_create() - make an empty map
 * @rule: how values of neighbouring pages relate
 * @default_value: what dmamem_map_translate() returns where nothing is set
 * @map: the new map, unchanged on failure
 *
 * Return: 0, or
 * -EINVAL (@rule is not one of the enum),
 * -ENOMEM (no memory or no address space for the tables).
 */
int dmamem_map_create(enum dmamem_map_rule rule, uint64_t default_value,
		      struct dmamem_map **map);

/**
 * dmamem_map_free() - free a map and all its tables
 * @map: from dmamem_map_create(), or NULL. Nobody may be reading it.
 */
void dmamem_map_free(struct dmamem_map *map);

/**
 * dmamem_map_set() - give a range a value
 * @map: the map
 * @addr: first address, a multiple of 4 KiB
 * @len: bytes, a multiple of 4 KiB
 * @value: value of the first page; in a linear map a multiple of 4 KiB that
 *         advances with the address
 *
 * What was set in the range before is overwritten. Writers are serialised by
 * the map; readers of other ranges are not disturbed.
 *
 * Return: 0, or with the map unchanged
 * -EINVAL (misaligned or empty range, range that ends beyond 48 bits,
 * misaligned value in a linear map),
 * -ERANGE (values of a linear map beyond 64 bits),
 * -ENOMEM.
 */
int dmamem_map_set(struct dmamem_map *map, uint64_t addr, uint64_t len,
		   uint64_t value);

/**
 * dmamem_map_clear() - give a range the default value back
 * @map: the map
 * @addr: first address, a multiple of 4 KiB
 * @len: bytes, a multiple of 4 KiB
 *
 * Return: 0, or with the map unchanged -EINVAL or -ENOMEM as
 * dmamem_map_set() does (clearing part of a large entry may need a table).
 */
int dmamem_map_clear(struct dmamem_map *map, uint64_t addr, uint64_t len);

/**
 * dmamem_map_reserve() - get the memory for a range beforehand
 * @map: the map
 * @addr: first address, a multiple of 4 KiB
 * @len: bytes, a multiple of 4 KiB
 *
 * From then on setting and clearing within the range cannot fail for memory.
 * Costs 4 KiB for each 2 MiB, freed with the map.
 *
 * Return: 0, or with nothing reserved -EINVAL or -ENOMEM as
 * dmamem_map_set() does.
 */
int dmamem_map_reserve(struct dmamem_map *map, uint64_t addr, uint64_t len);

/**
 * dmamem_map_translate() - look an address up
 * @map: the map
 * @addr: any address
 * @len: in: bytes of interest; out: how many of them, starting at @addr, the
 *       result is valid for: all of them consecutive (linear) or of the same
 *       value (uniform, opaque). NULL if only @addr itself matters.
 *
 * Takes no lock, writes nothing to the map, never fails. May run while other
 * ranges are set or cleared; the caller sees to it that this one is not. A range
 * that reaches beyond 48 bits is answered for up to there.
 *
 * Return: the value for @addr, in a linear map advanced to the very byte, or
 * the default value where nothing is set or @addr is beyond 48 bits.
 */
uint64_t dmamem_map_translate(const struct dmamem_map *map, uint64_t addr,
			      uint64_t *len);

#ifdef __cplusplus
}
#endif

#endif
