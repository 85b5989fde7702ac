// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * One case of what the map does, so often that everything else does not count:
 * bench/library has callgrind count the instructions of one function in it.
 * Says how often.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/test_provider.h"
#include "tools/bench/lookups.h"

#define GIB (UINT64_C(1) << 30)
#define BASE (UINT64_C(0x7f0000000000))
#define LOOKUPS 100000

static void *at(uint64_t offset)
{
	return (void *)(uintptr_t)(BASE + offset);
}

static void check(int ret)
{
	if (ret) {
		fprintf(stderr, "failed: %s\n", strerror(-ret));
		exit(1);
	}
}

/* Look addresses up in a GiB that is registered in runs of @run_pages */
static uint64_t look_up(uint64_t run_pages, uint64_t size, uint64_t len)
{
	struct dmamem_context *ctx;
	uint64_t sum;

	check(test_provider_open(run_pages, &ctx));
	check(dmamem_register(ctx, at(0), size));
	sum = lookups_run(dmamem_dma_map(ctx), BASE, size, len, LOOKUPS);
	for (uint64_t i = 0; i < LOOKUPS; i++)
		sum += dmamem_translate(ctx, at(i * 0x12345 % size), NULL);
	/* Closing looks for registrations everywhere, which is not the case */
	return sum ? LOOKUPS : 0;
}

static uint64_t translate_chunk(void)
{
	return look_up(512, GIB / 2, 0);
}

static uint64_t translate_gib(void)
{
	return look_up(0, GIB, 0);
}

static uint64_t translate_page(void)
{
	return look_up(1, GIB / 4, 0);
}

static uint64_t translate_chunk_128k(void)
{
	return look_up(512, GIB / 2, 128 << 10);
}

static uint64_t translate_pages_128k(void)
{
	return look_up(32, GIB / 4, 128 << 10);
}

/* Register @size bytes in one call; per what, decides the caller */
static void register_one(uint64_t run_pages, uint64_t offset, uint64_t size)
{
	struct dmamem_context *ctx;

	check(test_provider_open(run_pages, &ctx));
	check(dmamem_register(ctx, at(offset), size));
}

static uint64_t register_contiguous(void)
{
	register_one(0, 0, 64 * GIB);
	return 64 * GIB / CHUNK_SIZE;
}

/* No GiB of the addresses is a GiB of the map */
static uint64_t register_contiguous_shifted(void)
{
	register_one(0, CHUNK_SIZE, 64 * GIB);
	return 64 * GIB / CHUNK_SIZE;
}

static uint64_t register_chunks(void)
{
	register_one(512, 0, 64 * GIB);
	return 64 * GIB / CHUNK_SIZE;
}

static uint64_t register_pages(void)
{
	register_one(1, 0, GIB);
	return GIB / PAGE_BYTES;
}

/* 64 GiB in registrations of 2 MiB */
static uint64_t register_each(void)
{
	struct dmamem_context *ctx;
	uint64_t i, nr = 64 * GIB / CHUNK_SIZE;

	check(test_provider_open(512, &ctx));
	for (i = 0; i < nr; i++)
		check(dmamem_register(ctx, at(i * CHUNK_SIZE), CHUNK_SIZE));
	return nr;
}

static const struct {
	const char *name;
	uint64_t (*run)(void);
} cases[] = {
	{ "translate-chunk", translate_chunk },
	{ "translate-gib", translate_gib },
	{ "translate-page", translate_page },
	{ "translate-chunk-128k", translate_chunk_128k },
	{ "translate-pages-128k", translate_pages_128k },
	{ "register-contiguous", register_contiguous },
	{ "register-contiguous-shifted", register_contiguous_shifted },
	{ "register-chunks", register_chunks },
	{ "register-pages", register_pages },
	{ "register-each", register_each },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(cases) / sizeof(*cases); i++) {
		if (strcmp(argv[1], cases[i].name))
			continue;
		printf("%ju\n", (uintmax_t)cases[i].run());
		return 0;
	}
	fprintf(stderr, "usage: %s CASE\n", argv[0]);
	return 1;
}
