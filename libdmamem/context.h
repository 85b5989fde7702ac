/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A context: a provider, the maps that describe its memory, and who is told.
 */
#ifndef DMAMEM_CONTEXT_H
#define DMAMEM_CONTEXT_H

#include <pthread.h>

#include <dmamem/memory.h>

#include "libdmamem/provider.h"

/* Runs asked of the provider at once: 64 KiB of them */
#define DMAMEM_RUNS 4096

/**
 * struct dmamem_registration - memory between register and unregister
 * @addr: first byte
 * @len: bytes
 * @region: the provider's name for it
 */
struct dmamem_registration {
	uint64_t addr;
	uint64_t len;
	uint64_t region;
};

/**
 * struct dmamem_arena - registered memory for the leaves of the DMA map
 * @next: the one before
 * @region: the provider's name for it
 */
struct dmamem_arena {
	struct dmamem_arena *next;
	uint64_t region;
};

/**
 * struct dmamem_context - what dmamem_open() returns
 * @provider: pins
 * @dma_map: DMA addresses; its leaves live in registered memory
 * @registration_map: pointer to the struct dmamem_registration of each page;
 *                    there is no other record of the registrations
 * @lock: held while registrations change; knows its owner, so that a callback
 *        that calls back gets -EDEADLK
 * @arenas: memory of the DMA map's leaves
 * @runs: buffer for the provider's runs
 */
struct dmamem_context {
	struct dmamem_provider *provider;
	struct dmamem_map *dma_map;
	struct dmamem_map *registration_map;
	pthread_mutex_t lock;
	struct dmamem_arena *arenas;
	struct dmamem_run runs[DMAMEM_RUNS];
};

/* Takes the provider over if it succeeds */
int dmamem_context_create(struct dmamem_provider *provider,
			  struct dmamem_context **ctx);

/* memory_arena.c */
int dmamem_arena_add(void *arg, void *mem, size_t len);
void dmamem_arenas_release(struct dmamem_context *ctx);

/* memory.c */
void dmamem_release_all(struct dmamem_context *ctx);

#endif
