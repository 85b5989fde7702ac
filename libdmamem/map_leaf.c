// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory for leaves, in aligned blocks. A leaf that a reader may hold stays
 * with its chunk until the map is freed: nothing that was taken is given back.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "libdmamem/map_private.h"

#define LEAVES_PER_BLOCK (CHUNK_SIZE / PAGE_BYTES)

struct dmamem_leaf_block {
	struct dmamem_leaf_block *next;
	char *mem;
	size_t nr_taken;
};

/* One chunk, so that it takes at most one leaf to describe it */
static char *map_block(void)
{
	uintptr_t start;
	char *mem;

	mem = mmap(NULL, 2 * CHUNK_SIZE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;

	start = -(uintptr_t)mem & (CHUNK_SIZE - 1);
	if (start)
		munmap(mem, start);
	munmap(mem + start + CHUNK_SIZE, CHUNK_SIZE - start);
	return mem + start;
}

static struct dmamem_leaf_block *new_block(void)
{
	struct dmamem_leaf_block *block = calloc(1, sizeof(*block));

	if (!block)
		return NULL;
	block->mem = map_block();
	if (!block->mem) {
		free(block);
		return NULL;
	}
	return block;
}

static void free_block(struct dmamem_leaf_block *block)
{
	munmap(block->mem, CHUNK_SIZE);
	free(block);
}

static void append_block(struct dmamem_leaf_pool *pool,
			 struct dmamem_leaf_block *block)
{
	if (pool->last)
		pool->last->next = block;
	else
		pool->first = block;
	if (!pool->current)
		pool->current = block;
	pool->last = block;
	pool->nr_free += LEAVES_PER_BLOCK;
}

/* The owner may need a leaf of the block itself to enter it into the map */
static int grow(struct dmamem_map *map)
{
	const struct dmamem_map_config *config = &map->config;
	struct dmamem_leaf_block *block = new_block();

	if (!block)
		return -ENOMEM;
	append_block(&map->pool, block);
	if (!config->leaves_added)
		return 0;
	return config->leaves_added(config->arg, block->mem, CHUNK_SIZE);
}

static void drop_block(struct dmamem_map *map, struct dmamem_leaf_block *block)
{
	const struct dmamem_map_config *config = &map->config;

	if (config->leaves_removed)
		config->leaves_removed(config->arg, block->mem, CHUNK_SIZE);
	free_block(block);
	map->pool.nr_free -= LEAVES_PER_BLOCK;
}

/* The way back: drop the blocks behind @last that nothing was taken from */
static void drop_unused(struct dmamem_map *map, struct dmamem_leaf_block *last)
{
	struct dmamem_leaf_pool *pool = &map->pool;
	struct dmamem_leaf_block *block = last ? last->next : pool->first;
	struct dmamem_leaf_block *next;

	pool->last = last;
	for (; block; block = next) {
		next = block->next;
		if (!block->nr_taken) {
			drop_block(map, block);
			continue;
		}
		if (pool->last)
			pool->last->next = block;
		else
			pool->first = block;
		pool->last = block;
	}
	if (pool->last)
		pool->last->next = NULL;
	else
		pool->first = NULL;
	pool->current = pool->first;
}

/*
 * See to it that the next @nr calls of dmamem_map_leaf_take() succeed, or get
 * no memory at all but what the owner needed for itself.
 */
int dmamem_map_leaves_reserve(struct dmamem_map *map, size_t nr)
{
	struct dmamem_leaf_block *last = map->pool.last;
	int ret;

	while (map->pool.nr_free < nr) {
		ret = grow(map);
		if (ret) {
			drop_unused(map, last);
			return ret;
		}
	}
	return 0;
}

/*
 * Which of @leaf_to_dma says where devices find a leaf. There is one for all
 * leaves of a run. 0: none, devices cannot, or there are too many runs.
 */
static uint64_t index_of(struct dmamem_map *map, uint64_t leaf)
{
	uint64_t *last = &map->pool.last_index;
	uint64_t dma, to_dma;

	if (!map->config.leaves_added)
		return 0;
	dma = map_translate(map, leaf, NULL);
	if (dma == map->default_value)
		return 0;
	to_dma = dma - leaf;
	if (!*last || map->leaf_to_dma[*last] != to_dma) {
		if (*last == NR_LEAF_INDEXES - 1)
			return 0;
		map->leaf_to_dma[++*last] = to_dma;
	}
	return *last;
}

/* A leaf that nobody has seen yet, contents undefined, with its index */
uint64_t dmamem_map_leaf_take(struct dmamem_map *map)
{
	struct dmamem_leaf_pool *pool = &map->pool;
	uint64_t leaf;

	while (pool->current->nr_taken == LEAVES_PER_BLOCK)
		pool->current = pool->current->next;
	pool->nr_free--;
	leaf = (uintptr_t)pool->current->mem +
	       pool->current->nr_taken++ * PAGE_BYTES;
	return leaf | index_of(map, leaf) << LEAF_INDEX_SHIFT;
}

void dmamem_map_leaves_release(struct dmamem_map *map)
{
	struct dmamem_leaf_block *block;

	while ((block = map->pool.first)) {
		map->pool.first = block->next;
		free_block(block);
	}
}
