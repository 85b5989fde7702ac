// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Random lookups in much memory, and by many threads. Beside the map, in the
 * same run and in turns: a plain walk of two levels, one pointer per GiB and
 * 512 values in each table; and the least there can be, one load from an array
 * of 8 or of 4 bytes a piece in huge pages, without a look at anything else.
 * Every one is a call. The addresses are made beforehand, a batch at a time,
 * while no time is taken: making them costs as much as looking them up.
 *
 * Each is measured in two states: warm, after as many lookups that do not
 * count; and cold, just after something else had the caches.
 *
 * Prints NAME MEDIAN LEAST MOST, in ns of CPU time per lookup.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "libdmamem/map_private.h"

#define BASE UINT64_C(0x100000000000)
#define BATCH 4096
#define WARM_BATCHES 120
#define COLD_BATCHES 5
#define ROUNDS 41

/* More than any cache of one CPU */
#define OTHER_BYTES (UINT64_C(64) << 20)

struct plain_walk {
	uint64_t *tables[NR_GIBS];
};

struct subject {
	const char *name;
	uint64_t (*run)(const void *table, const uint64_t *addrs);
	const void *table;
	double warm[ROUNDS];
	double cold[ROUNDS];
};

static void *checked(void *mem)
{
	if (!mem) {
		fprintf(stderr, "out of memory\n");
		exit(1);
	}
	return mem;
}

static void plain_walk_set(struct plain_walk *walk, uint64_t addr,
			   uint64_t value)
{
	uint64_t **table = &walk->tables[addr >> GIB_SHIFT];

	if (!*table)
		*table = checked(aligned_alloc(PAGE_BYTES, PAGE_BYTES));
	(*table)[addr >> CHUNK_SHIFT & (CHUNKS_PER_GIB - 1)] = value;
}

/* A call, as the other one is */
static __attribute__((noinline)) uint64_t
plain_walk_translate(const struct plain_walk *walk, uint64_t addr)
{
	const uint64_t *table;

	if (addr >= ADDRESS_END)
		return UINT64_MAX;
	table = walk->tables[addr >> GIB_SHIFT];
	if (!table)
		return UINT64_MAX;
	return table[addr >> CHUNK_SHIFT & (CHUNKS_PER_GIB - 1)] +
	       (addr & (CHUNK_SIZE - 1));
}

/* A multiplication by the size makes a random number one below it */
static void make_addrs(uint64_t *addrs, uint64_t *state, uint64_t size)
{
	for (int i = 0; i < BATCH; i++) {
		*state = *state * UINT64_C(6364136223846793005) + 1;
		addrs[i] = BASE + (uint64_t)((__uint128_t)size * *state >> 64);
	}
}

static __attribute__((noinline)) uint64_t array_8(const uint64_t *values,
						  uint64_t addr)
{
	return values[(addr - BASE) >> CHUNK_SHIFT] + (addr & (CHUNK_SIZE - 1));
}

static __attribute__((noinline)) uint64_t array_4(const uint32_t *values,
						  uint64_t addr)
{
	return ((uint64_t)values[(addr - BASE) >> CHUNK_SHIFT] << CHUNK_SHIFT) +
	       (addr & (CHUNK_SIZE - 1));
}

static uint64_t run_plain(const void *table, const uint64_t *addrs)
{
	uint64_t sum = 0;

	for (int i = 0; i < BATCH; i++)
		sum += plain_walk_translate(table, addrs[i]);
	return sum;
}

static uint64_t run_array_8(const void *table, const uint64_t *addrs)
{
	uint64_t sum = 0;

	for (int i = 0; i < BATCH; i++)
		sum += array_8(table, addrs[i]);
	return sum;
}

static uint64_t run_array_4(const void *table, const uint64_t *addrs)
{
	uint64_t sum = 0;

	for (int i = 0; i < BATCH; i++)
		sum += array_4(table, addrs[i]);
	return sum;
}

static uint64_t run_map(const void *table, const uint64_t *addrs)
{
	uint64_t sum = 0;

	for (int i = 0; i < BATCH; i++)
		sum += dmamem_map_translate(table, addrs[i], NULL);
	return sum;
}

/* In pieces of a huge page */
static void *new_array(uint64_t bytes)
{
	void *array;

	bytes = (bytes + CHUNK_SIZE - 1) & ~(CHUNK_SIZE - 1);
	array = checked(aligned_alloc(CHUNK_SIZE, bytes));
	madvise(array, bytes, MADV_HUGEPAGE);
	return array;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(const char *name, const char *what, double ns[ROUNDS])
{
	qsort(ns, ROUNDS, sizeof(double), compare);
	printf("%s-%s %.2f %.2f %.2f\n", name, what, ns[ROUNDS / 2], ns[0],
	       ns[ROUNDS - 1]);
}

/* ns per lookup */
static double run_batches(const struct subject *subject, uint64_t size,
			  uint64_t *state, int nr)
{
	uint64_t addrs[BATCH], sum = 0;
	double start, ns = 0;

	for (int i = 0; i < nr; i++) {
		make_addrs(addrs, state, size);
		start = now_ns();
		sum += subject->run(subject->table, addrs);
		ns += now_ns() - start;
	}
	if (!sum)
		exit(1);
	return ns / nr / BATCH;
}

static void use_caches(char *other)
{
	for (uint64_t i = 0; i < OTHER_BYTES; i += 64)
		other[i]++;
}

/* In turns, so that what disturbs the machine disturbs all of them */
static void measure(struct subject *subjects, int nr, uint64_t size,
		    const char *what)
{
	char *other = new_array(OTHER_BYTES), name[64];
	uint64_t state = 1;

	for (int round = 0; round < ROUNDS; round++) {
		for (struct subject *s = subjects; s < subjects + nr; s++) {
			use_caches(other);
			s->cold[round] = run_batches(s, size, &state,
						     COLD_BATCHES);
			run_batches(s, size, &state, WARM_BATCHES);
			s->warm[round] = run_batches(s, size, &state,
						     WARM_BATCHES);
		}
	}
	for (struct subject *s = subjects; s < subjects + nr; s++) {
		report(s->name, what, s->warm);
		snprintf(name, sizeof(name), "%s-cold", what);
		report(s->name, name, s->cold);
	}
	free(other);
}

static struct dmamem_map *new_map(void)
{
	struct dmamem_map *map = NULL;

	dmamem_map_create(DMAMEM_MAP_LINEAR, UINT64_MAX, &map);
	return checked(map);
}

static void enter(struct dmamem_map *map, uint64_t addr, uint64_t len,
		  uint64_t value)
{
	if (dmamem_map_set(map, addr, len, value)) {
		fprintf(stderr, "cannot write %#jx\n", (uintmax_t)addr);
		exit(1);
	}
}

static void free_walk(struct plain_walk *walk)
{
	for (uint64_t i = 0; i < NR_GIBS; i++)
		free(walk->tables[i]);
	free(walk);
}

/* No two chunks are neighbours for the device; and all of them are */
static void compare_size(const char *what, uint64_t size)
{
	struct plain_walk *walk = checked(calloc(1, sizeof(*walk)));
	struct dmamem_map *pieces = new_map(), *contiguous = new_map();
	uint64_t *array8 = new_array(size / CHUNK_SIZE * sizeof(*array8));
	uint32_t *array4 = new_array(size / CHUNK_SIZE * sizeof(*array4));
	struct subject subjects[] = {
		{ .name = "plain", .run = run_plain, .table = walk },
		{ .name = "array8", .run = run_array_8, .table = array8 },
		{ .name = "array4", .run = run_array_4, .table = array4 },
		{ .name = "pieces", .run = run_map, .table = pieces },
		{ .name = "contiguous", .run = run_map, .table = contiguous },
	};
	uint64_t value;

	for (uint64_t i = 0; i < size; i += CHUNK_SIZE) {
		value = (i ^ CHUNK_SIZE) * 2;
		plain_walk_set(walk, BASE + i, value);
		array8[i >> CHUNK_SHIFT] = value;
		array4[i >> CHUNK_SHIFT] = value >> CHUNK_SHIFT;
		enter(pieces, BASE + i, CHUNK_SIZE, value);
	}
	enter(contiguous, BASE, size, CHUNK_SIZE);
	measure(subjects, 5, size, what);
	dmamem_map_free(pieces);
	dmamem_map_free(contiguous);
	free_walk(walk);
	free(array8);
	free(array4);
}

#define MAX_THREADS 64
#define THREADS_SIZE (UINT64_C(64) << 30)

struct thread {
	pthread_t thread;
	pthread_barrier_t *barrier;
	struct subject subject;
	double ns;
};

static void *run_thread(void *arg)
{
	struct thread *thread = arg;
	uint64_t state = (uintptr_t)&state;

	run_batches(&thread->subject, THREADS_SIZE, &state, WARM_BATCHES);
	pthread_barrier_wait(thread->barrier);
	thread->ns = run_batches(&thread->subject, THREADS_SIZE, &state,
				 WARM_BATCHES);
	return NULL;
}

/* Threads that look up at once, each in the map that is its own or the same */
static double run_threads(struct dmamem_map **maps, bool own, int nr)
{
	struct thread threads[MAX_THREADS];
	pthread_barrier_t barrier;
	double ns = 0;

	pthread_barrier_init(&barrier, NULL, nr);
	for (int i = 0; i < nr; i++) {
		threads[i].barrier = &barrier;
		threads[i].subject = (struct subject){
			.run = run_map, .table = maps[own ? i : 0],
		};
		if (pthread_create(&threads[i].thread, NULL, run_thread,
				   &threads[i]))
			exit(1);
	}
	for (int i = 0; i < nr; i++) {
		pthread_join(threads[i].thread, NULL);
		ns += threads[i].ns / nr;
	}
	pthread_barrier_destroy(&barrier);
	return ns;
}

static struct dmamem_map *new_pieces(uint64_t size)
{
	struct dmamem_map *map = new_map();

	for (uint64_t i = 0; i < size; i += CHUNK_SIZE)
		enter(map, BASE + i, CHUNK_SIZE, (i ^ CHUNK_SIZE) * 2);
	return map;
}

/*
 * One thread and as many as there are CPUs, in turns. CPUs may be halves of one
 * core, or run slower when all are busy: how much slower threads that share
 * nothing are side by side is the measure for those that share a map.
 */
static void compare_threads(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int nr = cpus < MAX_THREADS ? (int)cpus : MAX_THREADS;
	struct dmamem_map *maps[MAX_THREADS];
	double one[ROUNDS], shared[ROUNDS], own[ROUNDS];
	char what[32];

	for (int i = 0; i < nr; i++)
		maps[i] = new_pieces(THREADS_SIZE);
	for (int round = 0; round < ROUNDS; round++) {
		one[round] = run_threads(maps, false, 1);
		shared[round] = run_threads(maps, false, nr);
		own[round] = run_threads(maps, true, nr);
	}
	snprintf(what, sizeof(what), "%d", nr);
	report("threads", "1", one);
	report("apart", what, own);
	report("threads", what, shared);
	for (int i = 0; i < nr; i++)
		dmamem_map_free(maps[i]);
}

int main(void)
{
	compare_size("1GiB", UINT64_C(1) << 30);
	compare_size("64GiB", UINT64_C(64) << 30);
	compare_size("1TiB", UINT64_C(1) << 40);
	compare_size("4TiB", UINT64_C(4) << 40);
	compare_size("8TiB", UINT64_C(8) << 40);
	compare_threads();
	return 0;
}
