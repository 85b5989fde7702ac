/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A context: a provider, the maps that describe its memory, and who is told.
 */
#ifndef DMAMEM_CONTEXT_H
#define DMAMEM_CONTEXT_H

#include <pthread.h>

#include <dmamem/memory.h>

#include "libdmamem/map_private.h"
#include "libdmamem/provider.h"

/* Runs asked of the provider at once: 64 KiB of them */
#define DMAMEM_RUNS 4096

/**
 * struct dmamem_registration - memory between register and unregister
 * @addr: first byte
 * @len: bytes
 * @region: the provider's name for it
 * @link: the next one on a list: of unused records, or of the registrations that
 *        somebody is to be told of
 * @reserved: the record was allocated beforehand and is kept when unused
 * @contiguous: it must be one run
 * @adopted: another process pinned it
 */
struct dmamem_registration {
	uint64_t addr;
	uint64_t len;
	uint64_t region;
	struct dmamem_registration *link;
	bool reserved;
	bool contiguous;
	bool adopted;
};

/**
 * struct dmamem_notify - somebody who is told of registrations
 * @next: who is told after this one
 * @prev: who is told before
 * @ops: callbacks
 * @arg: for them
 */
struct dmamem_notify {
	struct dmamem_notify *next;
	struct dmamem_notify *prev;
	struct dmamem_notify_ops ops;
	void *arg;
};

/**
 * struct dmamem_arena - registered memory for the leaves of the DMA map
 * @next: the one before
 * @mem: the memory, one chunk
 * @region: the provider's name for it
 */
struct dmamem_arena {
	struct dmamem_arena *next;
	void *mem;
	uint64_t region;
};

/**
 * struct dmamem_context - what dmamem_open() returns
 * @provider: pins
 * @dma_map: DMA addresses; its leaves live in registered memory
 * @registration_map: pointer to the struct dmamem_registration of each page;
 *                    there is no other record of the registrations
 * @numa_map: NUMA nodes, NULL until somebody asks for it
 * @lock: held while registrations change; knows its owner, so that a callback
 *        that calls back gets -EDEADLK
 * @arenas: memory of the DMA map's leaves, as far as it is pinned
 * @first_notify: who is told of registrations first
 * @last_notify: who is told last
 * @reserved: records for registrations, allocated beforehand
 * @explain_lock: guards @explanation
 * @explanation: the last failure in words
 * @allocations_lock: guards @allocations
 * @allocations: tree of what dmamem_alloc() has returned
 * @adopts: it was opened with DMAMEM_OPEN_MODULE_FD
 * @runs: buffer for the provider's runs
 */
struct dmamem_context {
	struct dmamem_provider *provider;
	struct dmamem_map *dma_map;
	struct dmamem_map *registration_map;
	struct dmamem_map *numa_map;
	pthread_mutex_t lock;
	struct dmamem_arena *arenas;
	struct dmamem_notify *first_notify;
	struct dmamem_notify *last_notify;
	struct dmamem_registration *reserved;
	pthread_mutex_t explain_lock;
	char explanation[DMAMEM_EXPLANATION_SIZE];
	pthread_mutex_t allocations_lock;
	void *allocations;
	bool adopts;
	struct dmamem_run runs[DMAMEM_RUNS];
};

/* context.c. Takes the provider over if it succeeds */
int dmamem_context_create(struct dmamem_provider *provider,
			  const struct dmamem_options *options,
			  struct dmamem_context **ctx);

/* context.c. 0, or -EIO in the child of a fork() */
int dmamem_check_owner(struct dmamem_context *ctx);

/* context_explain.c. Returns @error, for the caller's return statement */
int dmamem_fail(struct dmamem_context *ctx, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* memory.c. Of @wanted: addr, len, contiguous, adopted and, if so, region */
int dmamem_register_as(struct dmamem_context *ctx,
		       const struct dmamem_registration *wanted);
void dmamem_release_all(struct dmamem_context *ctx);
void dmamem_forget_all(struct dmamem_context *ctx);
struct dmamem_registration *
dmamem_registration_at(const struct dmamem_context *ctx, uint64_t addr,
		       uint64_t *len);
struct dmamem_registration *
dmamem_registration_next(const struct dmamem_context *ctx, uint64_t addr);
const char *dmamem_provider_words(const struct dmamem_context *ctx,
				  const char *otherwise);
int dmamem_check_range(struct dmamem_context *ctx, const void *addr,
		       size_t len);

/* memory_reserve.c */
struct dmamem_registration *
dmamem_registration_alloc(struct dmamem_context *ctx);
void dmamem_registration_free(struct dmamem_context *ctx,
			      struct dmamem_registration *reg);
void dmamem_reserved_free(struct dmamem_context *ctx);

/* memory_notify.c; called with the context's lock held */
int dmamem_notify_registered(struct dmamem_context *ctx,
			     const struct dmamem_registration *reg);
void dmamem_notify_unregistered(struct dmamem_context *ctx,
				const struct dmamem_registration *reg);
int dmamem_notify_add_first(struct dmamem_context *ctx,
			    const struct dmamem_notify_ops *ops, void *arg);
void dmamem_notify_free_all(struct dmamem_context *ctx);

/* memory_arena.c */
int dmamem_arena_add(void *arg, void *mem, size_t len);
void dmamem_arena_remove(void *arg, void *mem, size_t len);
void dmamem_arenas_release(struct dmamem_context *ctx);

#endif
