// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The child of a fork() can translate and close, and harms the parent with
 * nothing.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include <dmamem/alloc.h>
#include <dmamem/memory.h>

#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define CHUNK DMAMEM_CHUNK_SIZE
#define BASE UINT64_C(0x1234600000)

static void *at(uint64_t page)
{
	return (void *)(uintptr_t)(BASE + page * PAGE);
}

/* @told: how often a callback was called, in memory that the child shares */
FIXTURE(fork)
{
	struct dmamem_context *ctx;
	struct dmamem_notify *notify;
	void *allocated;
	int *told;
};

static int on_registered(void *arg, void *addr, size_t len)
{
	*(int *)arg += addr && len;
	return 0;
}

static void on_unregistered(void *arg, void *addr, size_t len)
{
	*(int *)arg += addr && len;
}

static void *map_shared(void *at, int flags)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | flags, -1, 0);
}

/* As a leaf is that lies in hugetlb memory */
static bool share_leaf(const struct dmamem_context *ctx)
{
	void *leaf = (void *)dmamem_map_leaf(dmamem_dma_map(ctx), BASE);
	char copy[PAGE];

	if (!leaf)
		return false;
	memcpy(copy, leaf, PAGE);
	if (map_shared(leaf, MAP_FIXED) == MAP_FAILED)
		return false;
	memcpy(leaf, copy, PAGE);
	return true;
}

FIXTURE_SETUP(fork)
{
	static const struct dmamem_notify_ops ops = {
		.registered = on_registered,
		.unregistered = on_unregistered,
	};

	self->told = map_shared(NULL, 0);
	ASSERT_NE(MAP_FAILED, self->told);
	ASSERT_EQ(0, test_provider_open(1, &self->ctx));
	ASSERT_EQ(0, dmamem_alloc(self->ctx, PAGE, 0, DMAMEM_ANY_NODE,
				  &self->allocated));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 8 * PAGE));
	ASSERT_EQ(0, dmamem_notify_add(self->ctx, &ops, self->told,
				       &self->notify));
	ASSERT_EQ(2, *self->told);
	ASSERT_TRUE(share_leaf(self->ctx));
}

FIXTURE_TEARDOWN(fork)
{
	EXPECT_EQ(0, dmamem_close(self->ctx));
	munmap(self->told, PAGE);
}

static bool translates(const struct dmamem_context *ctx)
{
	const struct test_provider *provider = test_provider_of(ctx);

	for (uint64_t i = 4; i < 12; i++)
		if (dmamem_translate(ctx, at(i), NULL) !=
		    test_provider_dma(provider, BASE + i * PAGE))
			return false;
	return true;
}

static int go_on(void *arg, size_t done, size_t total)
{
	(void)arg;
	return done > total;
}

/* How many calls do not fail as they are to */
static int count_wrong(struct dmamem_context *ctx, void *allocated)
{
	void *mem = NULL;
	int wrong = 0;

	wrong += dmamem_register(ctx, at(100), PAGE) != -EIO;
	wrong += dmamem_register_progress(ctx, at(100), PAGE, go_on, NULL) !=
		 -EIO;
	wrong += dmamem_unregister(ctx, at(4), 8 * PAGE) != -EIO;
	wrong += dmamem_reserve(ctx, at(0), CHUNK) != -EIO;
	wrong += dmamem_alloc(ctx, PAGE, 0, DMAMEM_ANY_NODE, &mem) != -EIO;
	wrong += dmamem_free(ctx, allocated) != -EIO;
	wrong += dmamem_add_device(ctx, "0000:00:00.0") != -EIO;
	wrong += !!mem;
	wrong += !translates(ctx);
	return wrong;
}

TEST_F(fork, child_changes_nothing_and_closes)
{
	uint64_t pinned = test_provider_of(self->ctx)->pinned;
	int status, wrong;
	pid_t child;

	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		wrong = count_wrong(self->ctx, self->allocated);
		wrong += dmamem_close(self->ctx) != 0;
		_exit(wrong);
	}
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(2, *self->told);
	EXPECT_TRUE(translates(self->ctx));
	EXPECT_EQ(pinned, test_provider_of(self->ctx)->pinned);
	EXPECT_EQ(0, dmamem_unregister(self->ctx, at(4), 8 * PAGE));
	EXPECT_EQ(0, dmamem_free(self->ctx, self->allocated));
	EXPECT_EQ(4, *self->told);
}

TEST_HARNESS_MAIN
