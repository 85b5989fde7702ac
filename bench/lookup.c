// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Random lookups in much memory, and by many threads. Beside the map, in the
 * same run and in turns: a plain walk of two levels, one pointer per GiB and
 * 512 values in each table; and the least there can be, one load from an array
 * of values in huge pages, without a look at anything else.
 *
 * Prints NAME MEDIAN MIN MAX, in ns of CPU time per lookup.
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
#define LOOKUPS 500000
#define ROUNDS 41

struct plain_walk {
	uint64_t *tables[NR_GIBS];
};

struct subject {
	const char *name;
	uint64_t (*run)(const struct subject *subject, uint64_t size);
	const void *table;
	double ns[ROUNDS];
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
		*table = checked(aligned_alloc(PAGE_SIZE, PAGE_SIZE));
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
static uint64_t random_addr(uint64_t *state, uint64_t size)
{
	*state = *state * UINT64_C(6364136223846793005) + 1;
	return BASE + (uint64_t)((__uint128_t)size * *state >> 64);
}

static uint64_t run_plain(const struct subject *subject, uint64_t size)
{
	uint64_t sum = 0, state = 1;

	for (int i = 0; i < LOOKUPS; i++)
		sum += plain_walk_translate(subject->table,
					    random_addr(&state, size));
	return sum;
}

static uint64_t run_map(const struct subject *subject, uint64_t size)
{
	uint64_t sum = 0, state = 1;

	for (int i = 0; i < LOOKUPS; i++)
		sum += dmamem_map_translate(subject->table,
					    random_addr(&state, size), NULL);
	return sum;
}

static __attribute__((noinline)) uint64_t array_load(const uint64_t *values,
						     uint64_t addr)
{
	return values[(addr - BASE) >> CHUNK_SHIFT] + (addr & (CHUNK_SIZE - 1));
}

static uint64_t run_array(const struct subject *subject, uint64_t size)
{
	uint64_t sum = 0, state = 1;

	for (int i = 0; i < LOOKUPS; i++)
		sum += array_load(subject->table, random_addr(&state, size));
	return sum;
}

/* In pieces of a huge page */
static uint64_t *new_array(uint64_t size)
{
	uint64_t bytes = size / CHUNK_SIZE * sizeof(uint64_t);
	uint64_t *array;

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

static void report(struct subject *subject, const char *what)
{
	qsort(subject->ns, ROUNDS, sizeof(double), compare);
	printf("%s-%s %.2f %.2f %.2f\n", subject->name, what,
	       subject->ns[ROUNDS / 2], subject->ns[0],
	       subject->ns[ROUNDS - 1]);
}

/* In turns, so that what disturbs the machine disturbs all of them */
static void measure(struct subject *subjects, int nr, uint64_t size,
		    const char *what)
{
	uint64_t sum = 0;
	double start;

	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < nr; i++) {
			start = now_ns();
			sum += subjects[i].run(&subjects[i], size);
			subjects[i].ns[round] = (now_ns() - start) / LOOKUPS;
		}
	}
	for (int i = 0; i < nr; i++)
		report(&subjects[i], what);
	if (!sum)
		exit(1);
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
	uint64_t *array = new_array(size);
	struct subject subjects[] = {
		{ .name = "plain", .run = run_plain, .table = walk },
		{ .name = "array", .run = run_array, .table = array },
		{ .name = "pieces", .run = run_map, .table = pieces },
		{ .name = "contiguous", .run = run_map, .table = contiguous },
	};
	uint64_t value;

	for (uint64_t i = 0; i < size; i += CHUNK_SIZE) {
		value = (i ^ CHUNK_SIZE) * 2;
		plain_walk_set(walk, BASE + i, value);
		array[i >> CHUNK_SHIFT] = value;
		enter(pieces, BASE + i, CHUNK_SIZE, value);
	}
	enter(contiguous, BASE, size, CHUNK_SIZE);
	measure(subjects, 4, size, what);
	dmamem_map_free(pieces);
	dmamem_map_free(contiguous);
	free_walk(walk);
	free(array);
}

struct thread {
	pthread_t thread;
	pthread_barrier_t *barrier;
	const struct subject *subject;
	double ns;
};

static void *run_thread(void *arg)
{
	struct thread *thread = arg;
	uint64_t sum = 0;
	double start;

	pthread_barrier_wait(thread->barrier);
	start = now_ns();
	sum += run_map(thread->subject, UINT64_C(64) << 30);
	thread->ns = (now_ns() - start) / LOOKUPS;
	return sum ? thread : NULL;
}

static double run_threads(const struct subject *subject, int nr)
{
	struct thread threads[64];
	pthread_barrier_t barrier;
	double ns = 0;

	pthread_barrier_init(&barrier, NULL, nr);
	for (int i = 0; i < nr; i++) {
		threads[i].barrier = &barrier;
		threads[i].subject = subject;
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

/* One thread and as many as there are CPUs, in turns */
static void compare_threads(void)
{
	struct dmamem_map *map = new_map();
	struct subject one = { .name = "threads", .table = map };
	struct subject all = { .name = "threads", .table = map };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char what[32];

	for (uint64_t i = 0; i < UINT64_C(64) << 30; i += CHUNK_SIZE)
		enter(map, BASE + i, CHUNK_SIZE, (i ^ CHUNK_SIZE) * 2);
	for (int round = 0; round < ROUNDS; round++) {
		one.ns[round] = run_threads(&one, 1);
		all.ns[round] = run_threads(&all, cpus < 64 ? cpus : 64);
	}
	report(&one, "1");
	snprintf(what, sizeof(what), "%ld", cpus < 64 ? cpus : 64);
	report(&all, what);
	dmamem_map_free(map);
}

int main(void)
{
	compare_size("1GiB", UINT64_C(1) << 30);
	compare_size("64GiB", UINT64_C(64) << 30);
	compare_size("1TiB", UINT64_C(1) << 40);
	compare_size("8TiB", UINT64_C(8) << 40);
	compare_threads();
	return 0;
}
