// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Allocating registered memory, and asking about it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include <dmamem/alloc.h>

#include "libdmamem/alloc_room.h"
#include "selftests/lib/test_provider.h"

#define PAGE ((size_t)4096)
#define MIB(n) ((size_t)(n) << 20)

FIXTURE(alloc)
{
	struct dmamem_context *ctx;
	struct test_provider *provider;
	char *addr;
};

/* Runs of how many pages; 0: everything is one */
FIXTURE_VARIANT(alloc)
{
	uint64_t run_pages;
};

FIXTURE_VARIANT_ADD(alloc, contiguous) { .run_pages = 0 };
FIXTURE_VARIANT_ADD(alloc, scattered) { .run_pages = 1 };

FIXTURE_SETUP(alloc)
{
	ASSERT_EQ(0, test_provider_open(variant->run_pages, &self->ctx));
	self->provider = test_provider_of(self->ctx);
	self->addr = NULL;
}

FIXTURE_TEARDOWN(alloc)
{
	EXPECT_EQ(0, dmamem_close(self->ctx));
}

static int get(FIXTURE_DATA(alloc) *self, size_t size, uint64_t flags)
{
	void *addr = self->addr;
	int ret;

	ret = dmamem_alloc(self->ctx, size, flags, DMAMEM_ANY_NODE, &addr);
	self->addr = addr;
	return ret;
}

static bool is_mapped(void *addr)
{
	return !msync(addr, PAGE, MS_ASYNC);
}

TEST_F(alloc, is_registered_and_zero)
{
	uint64_t arena;

	ASSERT_EQ(0, get(self, 3 * PAGE - 1, 0));
	for (size_t i = 0; i < 3 * PAGE; i++)
		ASSERT_EQ(0, self->addr[i]);
	for (size_t i = 0; i < 3; i++)
		EXPECT_EQ(test_provider_dma(self->provider,
					    (uintptr_t)self->addr + i * PAGE),
			  dmamem_translate(self->ctx, self->addr + i * PAGE,
					   NULL));
	arena = self->provider->pinned - 3 * PAGE;
	EXPECT_EQ(0, dmamem_free(self->ctx, self->addr));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->ctx, self->addr, NULL));
	EXPECT_EQ(arena, self->provider->pinned);
	EXPECT_FALSE(is_mapped(self->addr));
}

TEST_F(alloc, large_memory_is_aligned_for_huge_pages)
{
	ASSERT_EQ(0, get(self, MIB(5), 0));
	EXPECT_EQ(0, (uintptr_t)self->addr % MIB(2));
}

TEST_F(alloc, grows_and_shrinks)
{
	void *addrs[100];

	for (size_t i = 0; i < 100; i++) {
		ASSERT_EQ(0, get(self, (i + 1) * PAGE, 0));
		addrs[i] = self->addr;
		memset(addrs[i], i, (i + 1) * PAGE);
	}
	for (size_t i = 0; i < 100; i += 2)
		EXPECT_EQ(0, dmamem_free(self->ctx, addrs[i]));
	for (size_t i = 1; i < 100; i += 2)
		EXPECT_EQ(i, ((char *)addrs[i])[i * PAGE]);
	for (size_t i = 0; i < 100; i += 2)
		EXPECT_EQ(-EINVAL, dmamem_free(self->ctx, addrs[i]));
	/* The rest is closed with the context: the sanitizer watches */
}

TEST_F(alloc, contiguous_or_not_at_all)
{
	struct dmamem_histogram histogram;
	char text[DMAMEM_EXPLANATION_SIZE];
	int ret = get(self, 2 * PAGE, DMAMEM_ALLOC_CONTIGUOUS);

	if (variant->run_pages) {
		EXPECT_EQ(-ENOBUFS, ret);
		EXPECT_EQ(NULL, self->addr);
		EXPECT_EQ(0, self->provider->nr_regions);
		dmamem_explain(self->ctx, text, sizeof(text));
		EXPECT_NE(NULL, strstr(text, "not one run"));
		return;
	}
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, dmamem_get_histogram(self->ctx, self->addr, &histogram));
	EXPECT_EQ(1, histogram.nr_runs);
}

TEST_F(alloc, one_page_is_always_contiguous)
{
	EXPECT_EQ(0, get(self, PAGE, DMAMEM_ALLOC_CONTIGUOUS));
}

TEST_F(alloc, what_makes_no_sense)
{
	void *addr = NULL;

	EXPECT_EQ(-EINVAL, get(self, 0, 0));
	EXPECT_EQ(-EINVAL, get(self, PAGE, 1 << 4));
	EXPECT_EQ(-EINVAL, get(self, PAGE, DMAMEM_ALLOC_HUGE_2M |
					   DMAMEM_ALLOC_HUGE_1G));
	EXPECT_EQ(-EINVAL, dmamem_alloc(self->ctx, PAGE, 0, -2, &addr));
	EXPECT_EQ(-EINVAL, dmamem_alloc(self->ctx, PAGE, 0, 1 << 20, &addr));
	EXPECT_EQ(-EINVAL, dmamem_alloc(self->ctx, PAGE, 0, 1000, &addr));
	EXPECT_EQ(-ENOMEM, get(self, SIZE_MAX, 0));
	EXPECT_EQ(-ENOMEM, get(self, SIZE_MAX - MIB(2), 0));
	EXPECT_EQ(NULL, addr);
	EXPECT_EQ(NULL, self->addr);
	EXPECT_EQ(0, self->provider->nr_regions);
}

TEST_F(alloc, free_takes_what_alloc_returned)
{
	int local;

	ASSERT_EQ(0, get(self, 2 * PAGE, 0));
	EXPECT_EQ(0, dmamem_free(self->ctx, NULL));
	EXPECT_EQ(-EINVAL, dmamem_free(self->ctx, &local));
	EXPECT_EQ(-EINVAL, dmamem_free(self->ctx, self->addr + PAGE));
	EXPECT_EQ(0, dmamem_free(self->ctx, self->addr));
	EXPECT_EQ(-EINVAL, dmamem_free(self->ctx, self->addr));
}

TEST_F(alloc, shared_memory_has_a_file)
{
	uint64_t offset;
	char *other;
	int fd;

	ASSERT_EQ(0, get(self, 4 * PAGE, DMAMEM_ALLOC_SHARED));
	memcpy(self->addr + 2 * PAGE, "hello", 6);
	ASSERT_EQ(0, dmamem_get_file(self->ctx, self->addr + 2 * PAGE, &fd,
				     &offset));
	EXPECT_EQ(2 * PAGE, offset);
	other = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, offset);
	ASSERT_NE(MAP_FAILED, other);
	EXPECT_STREQ("hello", other);
	EXPECT_EQ(0, munmap(other, PAGE));
	EXPECT_EQ(-1, ftruncate(fd, PAGE));
	EXPECT_EQ(-1, ftruncate(fd, MIB(1)));

	EXPECT_EQ(0, dmamem_free(self->ctx, self->addr));
	EXPECT_EQ(-1, fcntl(fd, F_GETFD));
}

TEST_F(alloc, each_shared_allocation_has_its_own_file)
{
	uint64_t offset;
	int fds[2];

	for (size_t i = 0; i < 2; i++) {
		ASSERT_EQ(0, get(self, PAGE, DMAMEM_ALLOC_SHARED));
		ASSERT_EQ(0, dmamem_get_file(self->ctx, self->addr, &fds[i],
					     &offset));
		EXPECT_EQ(0, offset);
	}
	EXPECT_NE(fds[0], fds[1]);
}

TEST_F(alloc, other_memory_has_no_file)
{
	uint64_t offset = 7;
	int fd = 7;

	ASSERT_EQ(0, get(self, PAGE, 0));
	EXPECT_EQ(-EOPNOTSUPP, dmamem_get_file(self->ctx, self->addr, &fd,
					       &offset));
	EXPECT_EQ(-EINVAL, dmamem_get_file(self->ctx, &fd, &fd, &offset));
	EXPECT_EQ(7, fd);
	EXPECT_EQ(7, offset);
}

static int refuse(void *arg, void *addr, size_t len)
{
	*(size_t *)arg += addr ? len : 0;
	return -EXFULL;
}

static void ignore(void *arg, void *addr, size_t len)
{
	*(size_t *)arg -= addr ? len : 0;
}

TEST_F(alloc, who_is_told_may_refuse)
{
	const struct dmamem_notify_ops ops = { refuse, ignore };
	struct dmamem_notify *notify;
	size_t told = 0;

	ASSERT_EQ(0, dmamem_notify_add(self->ctx, &ops, &told, &notify));
	EXPECT_EQ(-EXFULL, get(self, PAGE, 0));
	EXPECT_EQ(PAGE, told);
	EXPECT_EQ(NULL, self->addr);
}

TEST_F(alloc, pin_fails)
{
	self->provider->fail_pin = 0;
	EXPECT_EQ(-EFAULT, get(self, PAGE, 0));
	EXPECT_EQ(NULL, self->addr);
	EXPECT_EQ(0, self->provider->nr_regions);
}

TEST_F(alloc, histogram)
{
	struct dmamem_histogram histogram;

	ASSERT_EQ(0, get(self, 5 * PAGE, 0));
	ASSERT_EQ(0, dmamem_get_histogram(self->ctx, self->addr + PAGE,
					  &histogram));
	if (variant->run_pages) {
		EXPECT_EQ(5, histogram.nr_runs);
		EXPECT_EQ(5, histogram.runs[0]);
		EXPECT_EQ(PAGE, histogram.longest);
	} else {
		EXPECT_EQ(1, histogram.nr_runs);
		EXPECT_EQ(1, histogram.runs[2]);
		EXPECT_EQ(5 * PAGE, histogram.longest);
	}
	EXPECT_EQ(-EINVAL, dmamem_get_histogram(self->ctx, &histogram,
						&histogram));
}

struct watch {
	size_t calls;
	size_t cancel_at;
	size_t last;
	size_t total;
};

static int watch(void *arg, size_t done, size_t total)
{
	struct watch *w = arg;

	w->last = done;
	w->total = total;
	return ++w->calls == w->cancel_at;
}

TEST_F(alloc, progress_is_told)
{
	struct watch w = { 0 };
	size_t len = MIB(130);
	char *mem;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, dmamem_register_progress(self->ctx, mem, len, watch, &w));
	EXPECT_EQ(4, w.calls);
	EXPECT_EQ(len, w.last);
	EXPECT_EQ(len, w.total);
	EXPECT_NE(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->ctx, mem + len - 1, NULL));
	EXPECT_EQ(0, dmamem_unregister(self->ctx, mem, len));
	EXPECT_EQ(0, munmap(mem, len));
}

TEST_F(alloc, progress_may_cancel)
{
	struct watch w = { .cancel_at = 2 };
	size_t len = MIB(130);
	char *mem;

	mem = mmap(NULL, len, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	EXPECT_EQ(-ECANCELED, dmamem_register_progress(self->ctx, mem, len,
						       watch, &w));
	EXPECT_EQ(MIB(64), w.last);
	EXPECT_EQ(0, self->provider->nr_regions);
	EXPECT_EQ(DMAMEM_NO_ADDRESS, dmamem_translate(self->ctx, mem, NULL));
	EXPECT_EQ(0, munmap(mem, len));
}

TEST_F(alloc, a_run_that_does_not_fit_the_device)
{
	char text[DMAMEM_EXPLANATION_SIZE];

	self->provider->base.fitness.last = 0xffff;
	EXPECT_EQ(-ERANGE, get(self, PAGE, 0));
	EXPECT_EQ(0, self->provider->nr_regions);
	EXPECT_LT(0, dmamem_explain(self->ctx, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "outside"));
}

/* Where nothing translates: more than is needed is pinned, to look for a run */
FIXTURE(gather)
{
	struct dmamem_context *ctx;
	struct test_provider *provider;
	char text[DMAMEM_EXPLANATION_SIZE];
	void *addr;
};

FIXTURE_SETUP(gather)
{
	if (dmamem_room("/", DMAMEM_ANY_NODE) < MIB(512))
		SKIP(return, "too little memory is known to be free");
	ASSERT_EQ(0, test_provider_open(512, &self->ctx));
	self->provider = test_provider_of(self->ctx);
	self->provider->base.mode = DMAMEM_IOVA_PA;
}

FIXTURE_TEARDOWN(gather)
{
	EXPECT_EQ(0, self->provider->nr_regions);
	EXPECT_EQ(0, dmamem_close(self->ctx));
}

static int get_run(FIXTURE_DATA(gather) *self)
{
	int ret = dmamem_alloc(self->ctx, MIB(8), DMAMEM_ALLOC_CONTIGUOUS,
			       DMAMEM_ANY_NODE, &self->addr);

	dmamem_explain(self->ctx, self->text, sizeof(self->text));
	return ret;
}

TEST_F(gather, what_can_be_pinned)
{
	self->provider->max_pin = MIB(40);
	EXPECT_EQ(-ENOBUFS, get_run(self));
	EXPECT_NE(NULL, strstr(self->text, "follow each other"));
	EXPECT_LT(MIB(40), self->provider->longest_pin);
}

TEST_F(gather, no_more_can_be_pinned)
{
	self->provider->max_pin = MIB(8);
	EXPECT_EQ(-ENOBUFS, get_run(self));
	EXPECT_NE(NULL, strstr(self->text, "max_pin"));
}

TEST_F(gather, also_if_the_first_run_does_not_fit_the_device)
{
	self->provider->run_pages = 0;
	self->provider->base.fitness.last = UINT32_MAX;
	EXPECT_EQ(-ENOBUFS, get_run(self));
	EXPECT_LT(MIB(8), self->provider->longest_pin);
}

TEST_HARNESS_MAIN
