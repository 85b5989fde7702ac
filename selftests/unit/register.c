// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Registration rules, with a provider that invents the addresses.
 */
#include <errno.h>
#include <kselftest_harness.h>
#include <sys/mman.h>

#include <dmamem/memory.h>

#include "selftests/lib/inject.h"
#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define CHUNK DMAMEM_CHUNK_SIZE
#define BASE UINT64_C(0x1234600000)

static void *at(uint64_t offset)
{
	return (void *)(uintptr_t)(BASE + offset);
}

FIXTURE(registration) {
	struct dmamem_context *ctx;
	struct test_provider *provider;
};

FIXTURE_VARIANT(registration) {
	uint64_t run_pages;
};

FIXTURE_VARIANT_ADD(registration, scattered) { .run_pages = 1 };
FIXTURE_VARIANT_ADD(registration, chunks) { .run_pages = 512 };
FIXTURE_VARIANT_ADD(registration, contiguous) { .run_pages = 0 };

FIXTURE_SETUP(registration)
{
	ASSERT_EQ(0, test_provider_open(variant->run_pages, &self->ctx));
	self->provider = test_provider_of(self->ctx);
}

FIXTURE_TEARDOWN(registration)
{
	dmamem_close(self->ctx);
}

static void expect_registered(struct __test_metadata *_metadata,
			      const struct dmamem_context *ctx,
			      uint64_t offset, uint64_t len)
{
	const struct test_provider *provider = test_provider_of(ctx);
	const char *p = at(offset);

	for (uint64_t i = 0; i < len; i += PAGE)
		ASSERT_EQ(test_provider_dma(provider, (uintptr_t)p + i) + 7,
			  dmamem_translate(ctx, p + i + 7, NULL));
}

static void expect_absent(struct __test_metadata *_metadata,
			  const struct dmamem_context *ctx,
			  uint64_t offset, uint64_t len)
{
	const char *p = at(offset);

	for (uint64_t i = 0; i < len; i += PAGE)
		ASSERT_EQ(DMAMEM_NO_ADDRESS,
			  dmamem_translate(ctx, p + i, NULL));
}

TEST_F(registration, translates)
{
	ASSERT_EQ(0, dmamem_register(self->ctx, at(PAGE), 3 * CHUNK));
	expect_absent(_metadata, self->ctx, 0, PAGE);
	expect_registered(_metadata, self->ctx, PAGE, 3 * CHUNK);
	expect_absent(_metadata, self->ctx, 3 * CHUNK + PAGE, PAGE);
	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(PAGE), 3 * CHUNK));
	expect_absent(_metadata, self->ctx, 0, 4 * CHUNK);
}

TEST_F(registration, more_runs_than_fit_the_buffer)
{
	uint64_t len = (2 * DMAMEM_RUNS + 5) * PAGE;

	ASSERT_EQ(0, dmamem_register(self->ctx, at(0), len));
	expect_registered(_metadata, self->ctx, 0, len);
}

TEST_F(registration, refuses_misalignment)
{
	ASSERT_EQ(-EINVAL, dmamem_register(self->ctx, at(1), PAGE));
	ASSERT_EQ(-EINVAL, dmamem_register(self->ctx, at(0), PAGE + 512));
	ASSERT_EQ(-EINVAL, dmamem_register(self->ctx, at(0), 0));
	ASSERT_EQ(-EINVAL, dmamem_register(self->ctx, (void *)-PAGE, 2 * PAGE));
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(1), PAGE));
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(0), 0));
	ASSERT_EQ(-EINVAL, dmamem_register(self->ctx, (void *)(1ul << 48),
					   PAGE));
	ASSERT_EQ(-EINVAL, dmamem_register(self->ctx,
					   (void *)((1ul << 48) - PAGE),
					   2 * PAGE));
}

TEST_F(registration, refuses_overlap)
{
	uint64_t pinned;

	ASSERT_EQ(0, dmamem_register(self->ctx, at(4 * PAGE), 4 * PAGE));
	pinned = self->provider->pinned;
	for (int first = 1; first < 8; first++)
		ASSERT_EQ(-EBUSY, dmamem_register(self->ctx, at(first * PAGE),
						  4 * PAGE));
	ASSERT_EQ(-EBUSY, dmamem_register(self->ctx, at(0), CHUNK));
	ASSERT_EQ(pinned, self->provider->pinned);
	ASSERT_EQ(0, dmamem_register(self->ctx, at(0), 4 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(8 * PAGE), 4 * PAGE));
}

TEST_F(registration, unregisters_whole_registrations)
{
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4 * PAGE), 4 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(8 * PAGE), 4 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(13 * PAGE), 3 * PAGE));

	ASSERT_EQ(-ERANGE, dmamem_unregister(self->ctx, at(5 * PAGE), 3 * PAGE));
	ASSERT_EQ(-ERANGE, dmamem_unregister(self->ctx, at(4 * PAGE), 3 * PAGE));
	ASSERT_EQ(-ERANGE, dmamem_unregister(self->ctx, at(4 * PAGE), 5 * PAGE));
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(3 * PAGE), 5 * PAGE));
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(4 * PAGE),
					     12 * PAGE));
	expect_registered(_metadata, self->ctx, 4 * PAGE, 8 * PAGE);
	expect_registered(_metadata, self->ctx, 13 * PAGE, 3 * PAGE);

	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(4 * PAGE), 8 * PAGE));
	expect_absent(_metadata, self->ctx, 4 * PAGE, 9 * PAGE);
	expect_registered(_metadata, self->ctx, 13 * PAGE, 3 * PAGE);
}

TEST_F(registration, undoes_a_refusal)
{
	ASSERT_EQ(0, dmamem_register(self->ctx, at(0), PAGE));
	for (int fail = 0; fail < 2; fail++) {
		if (fail)
			self->provider->fail_runs = 0;
		else
			self->provider->fail_pin = 0;
		ASSERT_NE(0, dmamem_register(self->ctx, at(PAGE), 64 * CHUNK));
		expect_absent(_metadata, self->ctx, PAGE, 64 * CHUNK);
		expect_registered(_metadata, self->ctx, 0, PAGE);
	}
	ASSERT_EQ(0, dmamem_register(self->ctx, at(PAGE), 64 * CHUNK));
	expect_registered(_metadata, self->ctx, 0, 64 * CHUNK + PAGE);
}

static const uint64_t *leaf_of(const struct dmamem_context *ctx,
			       uint64_t offset)
{
	return dmamem_map_leaf(dmamem_dma_map(ctx), (uintptr_t)at(offset));
}

/* What is pinned for the library itself is no business of the caller's */
TEST_F(registration, does_without_its_own_pinned_memory)
{
	/* The second pin, or the second reading of runs, is the library's */
	self->provider->fail_pin = 1;
	ASSERT_EQ(0, dmamem_register(self->ctx, at(PAGE), PAGE));
	ASSERT_EQ(-1, self->provider->fail_pin);
	EXPECT_EQ(PAGE, self->provider->pinned);
	ASSERT_NE(NULL, leaf_of(self->ctx, 0));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->ctx, leaf_of(self->ctx, 0), NULL));
	/* In the next block of leaves there is nothing in the way */
	for (uint64_t i = 1; i < 600; i++)
		ASSERT_EQ(0, dmamem_register(self->ctx, at(i * CHUNK), PAGE));
	EXPECT_NE(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->ctx, leaf_of(self->ctx, 599 * CHUNK),
				   NULL));
	EXPECT_EQ(CHUNK + 600 * PAGE, self->provider->pinned);
}

/* No 2 MiB of consecutive addresses lie within 1 MiB, nor need they */
TEST_F(registration, boundary_smaller_than_the_library_needs)
{
	char text[DMAMEM_EXPLANATION_SIZE];

	self->provider->base.fitness.boundary = UINT64_C(1) << 20;
	EXPECT_EQ(0, dmamem_register(self->ctx, at(0), CHUNK / 2));
	EXPECT_EQ(0, dmamem_register(self->ctx, at(3 * CHUNK), 4 * PAGE));
	expect_registered(_metadata, self->ctx, 0, CHUNK / 2);
	expect_registered(_metadata, self->ctx, 3 * CHUNK, 4 * PAGE);
	EXPECT_EQ(0, dmamem_explain(self->ctx, text, sizeof(text)));
	if (variant->run_pages == 1)
		return;
	EXPECT_EQ(-ERANGE, dmamem_register(self->ctx, at(4 * CHUNK), CHUNK));
	dmamem_explain(self->ctx, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "0x1234e00000 has DMA addresses"));
	EXPECT_EQ(0, dmamem_unregister(self->ctx, at(0), CHUNK / 2));
	expect_absent(_metadata, self->ctx, 0, CHUNK);
}

TEST(resident_lists_that_the_device_cannot_read)
{
	struct test_provider *provider;
	struct dmamem_context *ctx;
	char text[DMAMEM_EXPLANATION_SIZE];

	ASSERT_EQ(0, test_provider_open_flags(0, DMAMEM_OPEN_RESIDENT_LISTS,
					      &ctx));
	provider = test_provider_of(ctx);
	provider->base.fitness.boundary = UINT64_C(1) << 20;
	EXPECT_EQ(-ERANGE, dmamem_register(ctx, at(0), CHUNK / 2));
	EXPECT_EQ(0, provider->nr_regions);
	expect_absent(_metadata, ctx, 0, CHUNK);
	dmamem_explain(ctx, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "across a boundary"));
	dmamem_close(ctx);
}

/* A list for every chunk, from the first registration on */
TEST(resident_lists)
{
	const uint64_t *leaf;
	struct dmamem_context *ctx;
	uint64_t addr;

	ASSERT_EQ(0, test_provider_open_flags(0, DMAMEM_OPEN_RESIDENT_LISTS,
					      &ctx));
	ASSERT_EQ(0, dmamem_register(ctx, at(0), 600 * CHUNK));
	for (uint64_t i = 0; i < 600 * CHUNK; i += CHUNK) {
		addr = (uintptr_t)at(i);
		leaf = dmamem_map_leaf(dmamem_dma_map(ctx), addr);
		ASSERT_NE(NULL, leaf);
		EXPECT_NE(DMAMEM_NO_ADDRESS, dmamem_translate(ctx, leaf, NULL));
		EXPECT_EQ(dmamem_translate(ctx, at(i), NULL), leaf[0]);
		EXPECT_EQ(dmamem_translate(ctx, at(i + CHUNK - PAGE), NULL),
			  leaf[511]);
	}
	ASSERT_EQ(0, dmamem_unregister(ctx, at(0), 600 * CHUNK));
	EXPECT_EQ(NULL, dmamem_map_leaf(dmamem_dma_map(ctx), BASE));
	dmamem_close(ctx);
}

/* Memory runs out at each of the places where it can */
TEST_F(registration, undoes_what_memory_was_missing_for)
{
	uint64_t pinned = 0;
	bool failed = true;
	int n;

	for (n = 0; failed && n < 100; n++) {
		int ret;

		inject_one(n);
		ret = dmamem_register(self->ctx, at(PAGE), 5 * CHUNK);
		failed = inject_stop();
		ASSERT_EQ(failed ? -ENOMEM : 0, ret);
		if (failed)
			expect_absent(_metadata, self->ctx, 0, 6 * CHUNK);
		pinned = self->provider->pinned;
		if (failed)
			ASSERT_EQ(0, pinned % CHUNK);
	}
	EXPECT_LT(2, n);
	EXPECT_FALSE(failed);
	expect_registered(_metadata, self->ctx, PAGE, 5 * CHUNK);
}

TEST_F(registration, needs_no_memory_after_reserve)
{
	ASSERT_EQ(0, dmamem_reserve(self->ctx, at(0), 8 * CHUNK));
	inject_all(0);
	for (int i = 0; i < 8; i++)
		EXPECT_EQ(0, dmamem_register(self->ctx,
					     at(i * CHUNK + i * PAGE),
					     CHUNK / 2));
	/* As often as one likes, but no more at the same time */
	for (int i = 0; i < 8; i++) {
		EXPECT_EQ(0, dmamem_unregister(self->ctx,
					       at(i * CHUNK + i * PAGE),
					       CHUNK / 2));
		EXPECT_EQ(0, dmamem_register(self->ctx, at(i * CHUNK), CHUNK));
	}
	/* What was asked for and refused made no difference */
	EXPECT_TRUE(inject_stop());
	expect_registered(_metadata, self->ctx, 0, 8 * CHUNK);
}

/* Four blocks of pinned tables, the third of which cannot be had */
TEST(reserve_gives_back_what_is_not_enough)
{
	struct test_provider *provider;
	struct dmamem_context *ctx;
	char text[DMAMEM_EXPLANATION_SIZE];

	ASSERT_EQ(0, test_provider_open_flags(0, DMAMEM_OPEN_RESIDENT_LISTS,
					      &ctx));
	provider = test_provider_of(ctx);
	for (int i = 0; i < 3; i++) {
		provider->fail_pin = i ? 1 : 2;
		EXPECT_EQ(-EFAULT, dmamem_reserve(ctx, at(0), 2000 * CHUNK));
		EXPECT_EQ(-1, provider->fail_pin);
		/* What describes the tables themselves stays */
		EXPECT_EQ(1, provider->nr_regions);
	}
	provider->base.fitness.boundary = UINT64_C(1) << 20;
	EXPECT_EQ(-ERANGE, dmamem_reserve(ctx, at(0), 2000 * CHUNK));
	dmamem_explain(ctx, text, sizeof(text));
	EXPECT_NE(NULL, strstr(text, "across a boundary"));
	provider->base.fitness.boundary = 0;

	EXPECT_EQ(0, dmamem_reserve(ctx, at(0), 2000 * CHUNK));
	EXPECT_EQ(4, provider->nr_regions);
	provider->fail_pin = 1;
	EXPECT_EQ(0, dmamem_register(ctx, at(0), 2000 * CHUNK));
	expect_registered(_metadata, ctx, 1999 * CHUNK, CHUNK);
	dmamem_close(ctx);
}

TEST_F(registration, map_of_registrations)
{
	const struct dmamem_map *map = dmamem_registration_map(self->ctx);
	uint64_t len = CHUNK, first, second;

	ASSERT_EQ(0, dmamem_register(self->ctx, at(PAGE), PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(2 * PAGE), PAGE));
	first = dmamem_map_translate(map, BASE + PAGE, &len);
	EXPECT_EQ(PAGE, len);
	second = dmamem_map_translate(map, BASE + 2 * PAGE, NULL);
	EXPECT_NE(0, first);
	EXPECT_NE(0, second);
	EXPECT_NE(first, second);
	EXPECT_EQ(0, dmamem_map_translate(map, BASE, NULL));
}

/* Of memory that there is: the kernel is asked */
TEST_F(registration, map_of_numa_nodes)
{
	const struct dmamem_map *map = NULL;
	uint64_t len = 64 * PAGE, node;
	char *mem;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, dmamem_register(self->ctx, mem, len / 2));
	ASSERT_EQ(0, dmamem_numa_map(self->ctx, &map));
	ASSERT_EQ(0, dmamem_register(self->ctx, mem + len / 2, len / 2));
	node = dmamem_map_translate(map, (uintptr_t)mem, NULL);
	if (node == DMAMEM_NO_NODE)
		SKIP(goto out, "the kernel does not say");
	EXPECT_GT(1024, node);
	EXPECT_NE(DMAMEM_NO_NODE,
		  dmamem_map_translate(map, (uintptr_t)mem + len - 1, NULL));
	EXPECT_EQ(DMAMEM_NO_NODE,
		  dmamem_map_translate(map, (uintptr_t)mem + len, NULL));
	ASSERT_EQ(0, dmamem_unregister(self->ctx, mem, len / 2));
	EXPECT_EQ(DMAMEM_NO_NODE,
		  dmamem_map_translate(map, (uintptr_t)mem, NULL));
out:
	munmap(mem, len);
}

TEST_F(registration, failures_in_words)
{
	char text[256], some[8];
	size_t len;

	EXPECT_EQ(0, dmamem_explain(self->ctx, text, sizeof(text)));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(PAGE), PAGE));
	ASSERT_EQ(-EBUSY, dmamem_register(self->ctx, at(0), 2 * PAGE));
	len = dmamem_explain(self->ctx, text, sizeof(text));
	EXPECT_EQ(strlen(text), len);
	EXPECT_STREQ("0x1234601000 is registered already", text);
	EXPECT_EQ(len, dmamem_explain(self->ctx, NULL, 0));
	EXPECT_EQ(len, dmamem_explain(self->ctx, some, sizeof(some)));
	EXPECT_STREQ("0x12346", some);
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(PAGE), 2 * PAGE));
	dmamem_explain(self->ctx, text, sizeof(text));
	EXPECT_STREQ("0x1234602000 is not registered", text);
}

TEST_HARNESS_MAIN
