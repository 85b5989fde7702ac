// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Registration rules, with a provider that invents the addresses.
 */
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/memory.h>

#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define CHUNK DMAMEM_CHUNK_SIZE
#define BASE UINT64_C(0x7f1234600000)

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
			self->provider->fail_runs = variant->run_pages == 1;
		else
			self->provider->fail_pin = 0;
		ASSERT_NE(0, dmamem_register(self->ctx, at(PAGE), 64 * CHUNK));
		expect_absent(_metadata, self->ctx, PAGE, 64 * CHUNK);
		expect_registered(_metadata, self->ctx, 0, PAGE);
	}
	self->provider->fail_runs = -1;
	ASSERT_EQ(0, dmamem_register(self->ctx, at(PAGE), 64 * CHUNK));
	expect_registered(_metadata, self->ctx, 0, 64 * CHUNK + PAGE);
}

TEST_HARNESS_MAIN
