// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What Documentation/registration.rst says of threads: whatever may be called at
 * any time is called at the same time, each thread on memory of its own, and
 * each sees its own memory as if it were alone. Also a test for ThreadSanitizer.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include <kselftest_harness.h>

#include <dmamem/alloc.h>
#include <dmamem/handover.h>
#include <dmamem/memory.h>

#include "selftests/lib/random.h"
#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define CHUNK DMAMEM_CHUNK_SIZE
#define NR_ROUNDS 1000
/* Address space for each thread; nobody else maps anything there */
#define SLICE (4 * CHUNK)
#define NR_SLICES 4

struct shared {
	struct dmamem_context *ctx;
	struct test_provider *provider;
	char *space;
	uint64_t seed;
	/* In the last slice, registered all the time */
	char *always;
	int wrong;
};

struct worker {
	struct shared *shared;
	struct random random;
	char *slice;
	pthread_t thread;
};

static void expect(struct worker *worker, bool right)
{
	if (!right)
		__atomic_fetch_add(&worker->shared->wrong, 1,
				   __ATOMIC_RELAXED);
}

static bool has_address(const struct shared *shared, const void *addr)
{
	return dmamem_translate(shared->ctx, addr, NULL) ==
	       test_provider_dma(shared->provider, (uintptr_t)addr);
}

/* Anywhere in the slice, up to two chunks */
static void *choose_range(struct worker *worker, size_t *len)
{
	uint64_t page = random_below(&worker->random, SLICE / PAGE - 1);
	uint64_t most = SLICE / PAGE - page;

	if (most > 2 * CHUNK / PAGE)
		most = 2 * CHUNK / PAGE;
	*len = (1 + random_below(&worker->random, most)) * PAGE;
	return worker->slice + page * PAGE;
}

static int go_on(void *arg, size_t done, size_t total)
{
	(void)arg;
	return done > total;
}

static void *register_and_unregister(void *arg)
{
	struct worker *worker = arg;
	struct shared *shared = worker->shared;
	struct dmamem_histogram histogram;
	uint64_t region, offset, all;
	size_t len;
	char *addr;

	for (int i = 0; i < NR_ROUNDS; i++) {
		addr = choose_range(worker, &len);
		expect(worker, i % 2 ?
		       !dmamem_register(shared->ctx, addr, len) :
		       !dmamem_register_progress(shared->ctx, addr, len, go_on,
						 NULL));
		expect(worker, has_address(shared, addr));
		expect(worker, has_address(shared, addr + len - 1));
		expect(worker, !dmamem_get_histogram(shared->ctx, addr,
						     &histogram));
		expect(worker, histogram.nr_runs == len / PAGE);
		expect(worker, !dmamem_get_region(shared->ctx, addr + len - 1,
						  &region, &offset, &all));
		expect(worker, offset == len - 1 && all == len);
		expect(worker, !dmamem_unregister(shared->ctx, addr, len));
		expect(worker, dmamem_translate(shared->ctx, addr, NULL) ==
		       DMAMEM_NO_ADDRESS);
	}
	return NULL;
}

static void *reserve(void *arg)
{
	struct worker *worker = arg;
	size_t len;
	char *addr;

	for (int i = 0; i < NR_ROUNDS; i++) {
		addr = choose_range(worker, &len);
		expect(worker, !dmamem_reserve(worker->shared->ctx, addr, len));
		expect(worker, dmamem_translate(worker->shared->ctx, addr,
						NULL) == DMAMEM_NO_ADDRESS);
	}
	return NULL;
}

static void *allocate_and_free(void *arg)
{
	static const uint64_t flags[] = { 0, DMAMEM_ALLOC_SHARED };
	struct worker *worker = arg;
	struct shared *shared = worker->shared;
	uint64_t offset;
	void *mem[2];
	size_t len;
	int fd;

	for (int i = 0; i < NR_ROUNDS / 2; i++) {
		len = (1 + random_below(&worker->random, 40)) * PAGE;
		for (int n = 0; n < 2; n++) {
			expect(worker, !dmamem_alloc(shared->ctx, len, flags[n],
						     DMAMEM_ANY_NODE, &mem[n]));
			expect(worker, has_address(shared, mem[n]));
			memset(mem[n], i, len);
		}
		expect(worker, !dmamem_get_file(shared->ctx, mem[1], &fd,
						&offset));
		expect(worker, dmamem_get_file(shared->ctx, mem[0], &fd,
					       &offset) == -EOPNOTSUPP);
		for (int n = 0; n < 2; n++)
			expect(worker, !dmamem_free(shared->ctx, mem[n]));
	}
	return NULL;
}

/* What is registered now, as somebody is told who comes and goes */
struct books {
	struct dmamem_map *map;
	int64_t balance;
};

static int enter_books(void *arg, void *addr, size_t len)
{
	struct books *books = arg;

	books->balance += len;
	return dmamem_map_set(books->map, (uintptr_t)addr, len, 5);
}

static void leave_books(void *arg, void *addr, size_t len)
{
	struct books *books = arg;

	books->balance -= len;
	dmamem_map_clear(books->map, (uintptr_t)addr, len);
}

static void *come_and_go(void *arg)
{
	static const struct dmamem_notify_ops ops = { enter_books,
						      leave_books };
	struct worker *worker = arg;
	struct shared *shared = worker->shared;
	struct dmamem_notify *notify;
	struct books books = { 0 };

	expect(worker, !dmamem_map_create(DMAMEM_MAP_UNIFORM, 0, &books.map));
	for (int i = 0; i < NR_ROUNDS; i++) {
		expect(worker, !dmamem_notify_add(shared->ctx, &ops, &books,
						  &notify));
		expect(worker, dmamem_map_translate(books.map,
						    (uintptr_t)shared->always,
						    NULL) == 5);
		expect(worker, !dmamem_notify_remove(shared->ctx, notify));
		expect(worker, !books.balance);
	}
	dmamem_map_free(books.map);
	return NULL;
}

/* Everything else that may be called at any time */
static void *ask(void *arg)
{
	struct worker *worker = arg;
	struct shared *shared = worker->shared;
	const struct dmamem_map *numa;
	char text[64];

	for (int i = 0; i < NR_ROUNDS; i++) {
		expect(worker, has_address(shared, shared->always));
		expect(worker, !dmamem_numa_map(shared->ctx, &numa));
		dmamem_map_translate(numa, (uintptr_t)shared->always, NULL);
		expect(worker, dmamem_map_translate(dmamem_registration_map(shared->ctx),
						    (uintptr_t)shared->always,
						    NULL));
		expect(worker, dmamem_add_device(shared->ctx, "edu") ==
		       -EINVAL);
		expect(worker, dmamem_device_fd(shared->ctx, "0000:00:00.0") ==
		       -EOPNOTSUPP);
		expect(worker, dmamem_module_fd(shared->ctx) ==
		       TEST_PROVIDER_FD);
		expect(worker, dmamem_explain(shared->ctx, text, sizeof(text)));
		expect(worker, !!dmamem_get_reason(shared->ctx));
	}
	return NULL;
}

FIXTURE(memory_threads)
{
	struct shared shared;
};

FIXTURE_SETUP(memory_threads)
{
	struct shared *shared = &self->shared;
	struct random random;
	char *mem;

	random_init(&random);
	memset(shared, 0, sizeof(*shared));
	shared->seed = random_next(&random);
	ASSERT_EQ(0, test_provider_open(1, &shared->ctx));
	shared->provider = test_provider_of(shared->ctx);
	mem = mmap(NULL, (NR_SLICES + 1) * SLICE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)mem);
	shared->space = mem + (-(uintptr_t)mem & (CHUNK - 1));
	shared->always = shared->space + (NR_SLICES - 1) * SLICE;
	ASSERT_EQ(0, dmamem_register(shared->ctx, shared->always, 3 * PAGE));
}

FIXTURE_TEARDOWN(memory_threads)
{
	EXPECT_EQ(0, dmamem_close(self->shared.ctx));
}

TEST_F_TIMEOUT(memory_threads, all_at_once, 300)
{
	static void *(* const jobs[])(void *arg) = {
		register_and_unregister, register_and_unregister, reserve,
		allocate_and_free, allocate_and_free, come_and_go, ask,
	};
	struct worker workers[ARRAY_SIZE(jobs)];
	struct shared *shared = &self->shared;

	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		workers[i] = (struct worker){
			.shared = shared,
			.random.state = shared->seed + i,
			.slice = shared->space + i % (NR_SLICES - 1) * SLICE,
		};
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, jobs[i],
					    &workers[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		ASSERT_EQ(0, pthread_join(workers[i].thread, NULL));
	EXPECT_EQ(0, shared->wrong);
	EXPECT_TRUE(has_address(shared, shared->always + 2 * PAGE));
	ASSERT_EQ(0, dmamem_unregister(shared->ctx, shared->always, 3 * PAGE));
	/* What is left are the library's own tables */
	EXPECT_EQ(0, shared->provider->pinned % CHUNK);
}

TEST_HARNESS_MAIN
