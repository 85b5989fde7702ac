// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Readers look at pages that nobody changes while writers change all others:
 * leaves, chunks and GiBs split and fold around them. Also a test for
 * ThreadSanitizer.
 */
#include <kselftest_harness.h>
#include <pthread.h>

#include <dmamem/memory.h>

#include "selftests/lib/random.h"
#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define CHUNK DMAMEM_CHUNK_SIZE
#define GIB (UINT64_C(1) << 30)
#define BASE (UINT64_C(0x7f) << 40)
#define NR_READERS 3
#define NR_ROUNDS 400
#define DEFAULT 77

/*
 * The first GiB and chunk have every fourth page unchanged, set or not, so that
 * the chunk's leaf folds when the others fit and the GiB does when they all
 * do. A GiB further on has its first chunk unchanged.
 */
struct shared {
	struct dmamem_map *map;
	enum dmamem_map_rule rule;
	uint64_t skew;
	uint64_t seed;
	uint64_t next_fresh;
	int stop;
	int wrong;
};

static uint64_t value_of(const struct shared *shared, uint64_t addr)
{
	return shared->rule == DMAMEM_MAP_LINEAR ?
	       addr - BASE + 8 * GIB + shared->skew : 5;
}

/* The value of the very byte */
static uint64_t byte_value(const struct shared *shared, uint64_t addr)
{
	uint64_t value = value_of(shared, addr & ~(PAGE - 1));

	return shared->rule == DMAMEM_MAP_LINEAR ? value + addr % PAGE : value;
}

static void mark_wrong(struct shared *shared)
{
	__atomic_fetch_add(&shared->wrong, 1, __ATOMIC_RELAXED);
}

static bool stopped(struct shared *shared)
{
	return __atomic_load_n(&shared->stop, __ATOMIC_RELAXED);
}

static void read_one(struct shared *shared, uint64_t addr, uint64_t len,
		     bool set)
{
	uint64_t expected = set ? byte_value(shared, addr) : DEFAULT;
	uint64_t left = len;

	if (dmamem_map_translate(shared->map, addr, NULL) != expected)
		mark_wrong(shared);
	if (dmamem_map_translate(shared->map, addr, &left) != expected)
		mark_wrong(shared);
	/* In one piece, as far as it is of interest, or page by page */
	if (left != len && (shared->rule != DMAMEM_MAP_OPAQUE ||
			    left < PAGE - addr % PAGE))
		mark_wrong(shared);
}

static void *reader(void *arg)
{
	struct shared *shared = arg;
	struct random random = { .state = shared->seed + (uintptr_t)&random };
	uint64_t page, offset;

	while (!stopped(shared)) {
		offset = random_below(&random, PAGE);
		page = random_below(&random, 512) & ~3;
		read_one(shared, BASE + page * PAGE + offset, PAGE - offset,
			 true);
		/* In the next chunk such a page is never set */
		read_one(shared, BASE + CHUNK + page * PAGE + offset,
			 PAGE - offset, false);
		read_one(shared, BASE + GIB + page * PAGE + offset,
			 2 * PAGE - offset, true);
	}
	return NULL;
}

static void write_pages(struct shared *shared, struct random *random,
			uint64_t chunk)
{
	uint64_t addr;
	bool fit = random_below(random, 2);

	for (uint64_t page = 0; page < 512; page++) {
		if (page % 4 == 0)
			continue;
		addr = chunk + page * PAGE;
		if (fit && chunk == BASE)
			dmamem_map_set(shared->map, addr, PAGE,
				       value_of(shared, addr));
		else if (random_below(random, 2))
			dmamem_map_set(shared->map, addr, PAGE,
				       random_below(random, 9) * PAGE);
		else
			dmamem_map_clear(shared->map, addr, PAGE);
	}
}

static void write_gib(struct shared *shared, struct random *random)
{
	uint64_t addr = BASE + GIB + CHUNK;

	/* All of it fits: one entry for the GiB. Then it breaks again */
	if (random_below(random, 2))
		dmamem_map_set(shared->map, addr, GIB - CHUNK,
			       value_of(shared, addr));
	addr += random_below(random, 500) * CHUNK;
	if (random_below(random, 2))
		dmamem_map_clear(shared->map, addr, CHUNK);
	else
		dmamem_map_set(shared->map, addr + PAGE, PAGE, 3 * PAGE);
}

static void *writer(void *arg)
{
	struct shared *shared = arg;
	struct random random = { .state = shared->seed };

	for (int i = 0; i < NR_ROUNDS; i++) {
		write_pages(shared, &random, BASE);
		write_pages(shared, &random, BASE + CHUNK);
		write_gib(shared, &random);
	}
	return NULL;
}

/*
 * GiBs that are one entry each, broken one after the other: what was never
 * described by chunks before is read at the very moment when it is, and so is a
 * chunk that never had a leaf.
 */
#define FRESH (BASE + 1024 * GIB)
#define NR_FRESH 1000

static void *fresh_reader(void *arg)
{
	struct shared *shared = arg;
	uint64_t addr, next;

	while (!stopped(shared)) {
		next = __atomic_load_n(&shared->next_fresh, __ATOMIC_RELAXED);
		addr = FRESH + next * GIB;
		for (int i = 0; i < 64; i++)
			read_one(shared, addr + i * CHUNK / 8, PAGE, true);
	}
	return NULL;
}

static void break_fresh(struct __test_metadata *_metadata,
			struct shared *shared)
{
	for (uint64_t i = 0; i < NR_FRESH; i++) {
		__atomic_store_n(&shared->next_fresh, i, __ATOMIC_RELAXED);
		ASSERT_EQ(0, dmamem_map_clear(shared->map,
					      FRESH + i * GIB + 8 * CHUNK - PAGE,
					      PAGE));
	}
}

FIXTURE(map_threads) {
	struct shared shared;
};

/* Values that do not fit 4 bytes are skewed */
FIXTURE_VARIANT(map_threads) {
	enum dmamem_map_rule rule;
	uint64_t skew;
};

FIXTURE_VARIANT_ADD(map_threads, linear) { .rule = DMAMEM_MAP_LINEAR };

FIXTURE_VARIANT_ADD(map_threads, skewed) {
	.rule = DMAMEM_MAP_LINEAR,
	.skew = PAGE,
};

FIXTURE_VARIANT_ADD(map_threads, uniform) { .rule = DMAMEM_MAP_UNIFORM };
FIXTURE_VARIANT_ADD(map_threads, opaque) { .rule = DMAMEM_MAP_OPAQUE };

FIXTURE_SETUP(map_threads)
{
	struct shared *shared = &self->shared;
	struct random random;

	random_init(&random);
	shared->seed = random.state;
	shared->rule = variant->rule;
	shared->skew = variant->skew;
	ASSERT_EQ(0, dmamem_map_create(variant->rule, DEFAULT, &shared->map));
	for (uint64_t page = 0; page < 512; page += 4)
		ASSERT_EQ(0, dmamem_map_set(shared->map, BASE + page * PAGE,
					    PAGE, value_of(shared, BASE +
							   page * PAGE)));
	ASSERT_EQ(0, dmamem_map_set(shared->map, BASE + GIB, CHUNK,
				    value_of(shared, BASE + GIB)));
}

FIXTURE_TEARDOWN(map_threads)
{
	dmamem_map_free(self->shared.map);
}

TEST_F_TIMEOUT(map_threads, readers_see_what_nobody_changes, 300)
{
	struct shared *shared = &self->shared;
	pthread_t readers[NR_READERS], writers[2];

	for (int i = 0; i < NR_READERS; i++)
		ASSERT_EQ(0, pthread_create(&readers[i], NULL, reader, shared));
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&writers[i], NULL, writer, shared));
	for (int i = 0; i < 2; i++)
		pthread_join(writers[i], NULL);
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < NR_READERS; i++)
		pthread_join(readers[i], NULL);
	EXPECT_EQ(0, shared->wrong);
}

TEST_F_TIMEOUT(map_threads, readers_see_gibs_break, 300)
{
	struct shared *shared = &self->shared;
	pthread_t readers[NR_READERS];

	ASSERT_EQ(0, dmamem_map_set(shared->map, FRESH, NR_FRESH * GIB,
				    value_of(shared, FRESH)));
	for (int i = 0; i < NR_READERS; i++)
		ASSERT_EQ(0, pthread_create(&readers[i], NULL, fresh_reader,
					    shared));
	break_fresh(_metadata, shared);
	__atomic_store_n(&shared->stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < NR_READERS; i++)
		pthread_join(readers[i], NULL);
	EXPECT_EQ(0, shared->wrong);
}

/* Threads that register and unregister ranges of their own, side by side */
struct owner {
	struct dmamem_context *ctx;
	int index;
	int wrong;
};

#define NR_OWNERS 4
#define OWNER_PAGES 64

static void *own(void *arg)
{
	struct owner *owner = arg;
	const struct test_provider *provider = test_provider_of(owner->ctx);
	uint64_t dma, len = OWNER_PAGES * PAGE;
	char *mem = (char *)(uintptr_t)(BASE + owner->index * len);

	for (int i = 0; i < 2000; i++) {
		owner->wrong += dmamem_register(owner->ctx, mem, len) != 0;
		for (uint64_t page = 0; page < OWNER_PAGES; page++) {
			dma = test_provider_dma(provider,
						(uintptr_t)mem + page * PAGE);
			owner->wrong += dma !=
					dmamem_translate(owner->ctx,
							 mem + page * PAGE,
							 NULL);
		}
		owner->wrong += dmamem_unregister(owner->ctx, mem, len) != 0;
		owner->wrong += dmamem_translate(owner->ctx, mem, NULL) !=
				DMAMEM_NO_ADDRESS;
	}
	return NULL;
}

FIXTURE(register_threads) {
	struct dmamem_context *ctx;
};

FIXTURE_VARIANT(register_threads) {
	uint64_t run_pages;
};

FIXTURE_VARIANT_ADD(register_threads, scattered) { .run_pages = 1 };
FIXTURE_VARIANT_ADD(register_threads, contiguous) { .run_pages = 0 };

FIXTURE_SETUP(register_threads)
{
	ASSERT_EQ(0, test_provider_open(variant->run_pages, &self->ctx));
}

FIXTURE_TEARDOWN(register_threads)
{
	dmamem_close(self->ctx);
}

TEST_F_TIMEOUT(register_threads, side_by_side, 300)
{
	struct owner owners[NR_OWNERS];
	pthread_t threads[NR_OWNERS];

	for (int i = 0; i < NR_OWNERS; i++) {
		owners[i] = (struct owner){ .ctx = self->ctx, .index = i };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, own,
					    &owners[i]));
	}
	for (int i = 0; i < NR_OWNERS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, owners[i].wrong);
	}
}

TEST_HARNESS_MAIN
