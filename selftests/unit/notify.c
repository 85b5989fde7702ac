// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who is told of registrations, when, and in which order.
 */
#include <errno.h>
#include <kselftest_harness.h>
#include <sys/mman.h>

#include <dmamem/alloc.h>
#include <dmamem/memory.h>

#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define BASE UINT64_C(0x1234600000)
#define MAX_EVENTS 64

/* What a callback was told: 'r' or 'u', by whom, of which page of BASE */
struct event {
	char what;
	int who;
	uint64_t page;
	uint64_t nr_pages;
};

struct log {
	struct dmamem_context *ctx;
	struct event events[MAX_EVENTS];
	size_t nr;
};

struct listener {
	struct log *log;
	int who;
	/* Refuse the registration of this page with this error */
	uint64_t refuse_page;
	int refuse;
	struct dmamem_notify *notify;
};

static void *at(uint64_t page)
{
	return (void *)(uintptr_t)(BASE + page * PAGE);
}

static void record(const struct listener *listener, char what, void *addr,
		   size_t len)
{
	struct log *log = listener->log;

	if (log->nr < MAX_EVENTS)
		log->events[log->nr] = (struct event){
			what, listener->who, ((uintptr_t)addr - BASE) / PAGE,
			len / PAGE
		};
	log->nr++;
}

static int on_registered(void *arg, void *addr, size_t len)
{
	struct listener *listener = arg;

	record(listener, 'r', addr, len);
	return addr == at(listener->refuse_page) ? listener->refuse : 0;
}

static void on_unregistered(void *arg, void *addr, size_t len)
{
	record(arg, 'u', addr, len);
}

static const struct dmamem_notify_ops ops = {
	.registered = on_registered,
	.unregistered = on_unregistered,
};

FIXTURE(notify) {
	struct log log;
	struct dmamem_context *ctx;
	struct listener listeners[3];
};

FIXTURE_SETUP(notify)
{
	ASSERT_EQ(0, test_provider_open(1, &self->ctx));
	self->log.ctx = self->ctx;
	for (int i = 0; i < 3; i++)
		self->listeners[i] = (struct listener){ .log = &self->log,
							.who = i };
}

FIXTURE_TEARDOWN(notify)
{
	dmamem_close(self->ctx);
}

static int add(FIXTURE_DATA(notify) *self, int who)
{
	return dmamem_notify_add(self->ctx, &ops, &self->listeners[who],
				 &self->listeners[who].notify);
}

/* Compare with, and forget, everything that was told: "r0:4+2 u1:4+2" */
static void expect(struct __test_metadata *_metadata,
		   FIXTURE_DATA(notify) *self, const char *expected)
{
	char text[1024] = "", *p = text;

	ASSERT_LE(self->log.nr, MAX_EVENTS);
	for (size_t i = 0; i < self->log.nr; i++) {
		const struct event *e = &self->log.events[i];

		p += sprintf(p, "%s%c%d:%ju+%ju", i ? " " : "", e->what, e->who,
			     (uintmax_t)e->page, (uintmax_t)e->nr_pages);
	}
	EXPECT_STREQ(expected, text);
	self->log.nr = 0;
}

TEST_F(notify, order_of_creation_and_its_reverse)
{
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, add(self, i));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 2 * PAGE));
	expect(_metadata, self, "r0:4+2 r1:4+2 r2:4+2");
	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(4), 2 * PAGE));
	expect(_metadata, self, "u2:4+2 u1:4+2 u0:4+2");
}

TEST_F(notify, once_for_each_original_registration)
{
	ASSERT_EQ(0, add(self, 0));
	ASSERT_EQ(0, add(self, 1));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 2 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(6), PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(3), PAGE));
	expect(_metadata, self, "r0:4+2 r1:4+2 r0:6+1 r1:6+1 r0:3+1 r1:3+1");
	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(3), 4 * PAGE));
	expect(_metadata, self, "u1:3+1 u0:3+1 u1:4+2 u0:4+2 u1:6+1 u0:6+1");
}

TEST_F(notify, nothing_told_when_unregister_fails)
{
	ASSERT_EQ(0, add(self, 0));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 2 * PAGE));
	expect(_metadata, self, "r0:4+2");
	ASSERT_EQ(-ERANGE, dmamem_unregister(self->ctx, at(4), PAGE));
	ASSERT_EQ(-ERANGE, dmamem_unregister(self->ctx, at(5), PAGE));
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(4), 3 * PAGE));
	ASSERT_EQ(-EINVAL, dmamem_unregister(self->ctx, at(9), PAGE));
	expect(_metadata, self, "");
}

TEST_F(notify, told_later_of_what_there_is)
{
	ASSERT_EQ(0, dmamem_register(self->ctx, at(600), 5 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 2 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(6), PAGE));
	ASSERT_EQ(0, add(self, 0));
	expect(_metadata, self, "r0:4+2 r0:6+1 r0:600+5");
	ASSERT_EQ(0, dmamem_notify_remove(self->ctx,
					  self->listeners[0].notify));
	expect(_metadata, self, "u0:600+5 u0:6+1 u0:4+2");
	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(6), PAGE));
	expect(_metadata, self, "");
}

TEST_F(notify, remove_from_anywhere)
{
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, add(self, i));
	ASSERT_EQ(0, dmamem_notify_remove(self->ctx,
					  self->listeners[1].notify));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), PAGE));
	expect(_metadata, self, "r0:4+1 r2:4+1");
	ASSERT_EQ(0, dmamem_notify_remove(self->ctx,
					  self->listeners[0].notify));
	ASSERT_EQ(0, dmamem_notify_remove(self->ctx,
					  self->listeners[2].notify));
	expect(_metadata, self, "u0:4+1 u2:4+1");
	ASSERT_EQ(0, dmamem_notify_remove(self->ctx, NULL));
	ASSERT_EQ(0, add(self, 1));
	expect(_metadata, self, "r1:4+1");
}

TEST_F(notify, refusal_is_undone_in_reverse)
{
	struct test_provider *provider = test_provider_of(self->ctx);
	uint64_t id_len = PAGE;
	char text[128];

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, add(self, i));
	self->listeners[2].refuse_page = 4;
	self->listeners[2].refuse = -EXDEV;
	ASSERT_EQ(-EXDEV, dmamem_register(self->ctx, at(4), 2 * PAGE));
	expect(_metadata, self, "r0:4+2 r1:4+2 r2:4+2 u1:4+2 u0:4+2");

	/* The library's own pages may be pinned still, in 2 MiB pieces */
	EXPECT_EQ(0, provider->pinned % DMAMEM_CHUNK_SIZE);
	EXPECT_EQ(DMAMEM_NO_ADDRESS, dmamem_translate(self->ctx, at(4), NULL));
	EXPECT_EQ(0, dmamem_map_translate(dmamem_registration_map(self->ctx),
					  BASE + 4 * PAGE, &id_len));
	EXPECT_LT(0, dmamem_explain(self->ctx, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "refused"));

	self->listeners[2].refuse = 0;
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 2 * PAGE));
	expect(_metadata, self, "r0:4+2 r1:4+2 r2:4+2");
}

TEST_F(notify, refusal_of_what_there_is)
{
	ASSERT_EQ(0, dmamem_register(self->ctx, at(9), PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), 2 * PAGE));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(6), PAGE));
	self->listeners[0].refuse_page = 9;
	self->listeners[0].refuse = -ENOSPC;
	ASSERT_EQ(-ENOSPC, add(self, 0));
	expect(_metadata, self, "r0:4+2 r0:6+1 r0:9+1 u0:6+1 u0:4+2");
	EXPECT_EQ(NULL, self->listeners[0].notify);
	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(4), 3 * PAGE));
	expect(_metadata, self, "");
}

TEST_F(notify, missing_callback)
{
	struct dmamem_notify_ops some = ops;

	some.registered = NULL;
	EXPECT_EQ(-EINVAL, dmamem_notify_add(self->ctx, &some, NULL,
					     &self->listeners[0].notify));
	some = ops;
	some.unregistered = NULL;
	EXPECT_EQ(-EINVAL, dmamem_notify_add(self->ctx, &some, NULL,
					     &self->listeners[0].notify));
}

/* The map of nodes is one of those that callbacks may read, whenever it is made */
static int node_registered(void *arg, void *addr, size_t len)
{
	const struct dmamem_map **map = arg;
	size_t left = len;

	for (; left; left -= PAGE, addr = (char *)addr + PAGE)
		if (*map && dmamem_map_translate(*map, (uintptr_t)addr, NULL) ==
		    DMAMEM_NO_NODE)
			return -ENXIO;
	return 0;
}

static void node_unregistered(void *arg, void *addr, size_t len)
{
	const struct dmamem_map **map = arg;

	/* Written to by nobody but the test, to say that it failed */
	if (node_registered(arg, addr, len))
		*map = NULL;
}

TEST_F(notify, map_of_nodes_is_told_first_and_told_back_last)
{
	static const struct dmamem_notify_ops node_ops = {
		.registered = node_registered,
		.unregistered = node_unregistered,
	};
	const struct dmamem_map *map = NULL;
	struct dmamem_notify *notify;
	char *mem;

	mem = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, dmamem_notify_add(self->ctx, &node_ops, &map, &notify));
	ASSERT_EQ(0, dmamem_register(self->ctx, mem, PAGE));
	ASSERT_EQ(0, dmamem_numa_map(self->ctx, &map));
	if (dmamem_map_translate(map, (uintptr_t)mem, NULL) == DMAMEM_NO_NODE)
		SKIP(goto out, "the kernel does not say");
	EXPECT_EQ(0, dmamem_register(self->ctx, mem + PAGE, PAGE));
	EXPECT_EQ(0, dmamem_unregister(self->ctx, mem, 2 * PAGE));
	EXPECT_NE(NULL, map);
out:
	EXPECT_EQ(0, dmamem_notify_remove(self->ctx, notify));
	munmap(mem, 2 * PAGE);
}

TEST(close_tells_of_every_registration)
{
	FIXTURE_DATA(notify) self = {};

	ASSERT_EQ(0, test_provider_open(1, &self.ctx));
	for (int i = 0; i < 2; i++) {
		self.listeners[i] = (struct listener){ .log = &self.log,
						       .who = i };
		ASSERT_EQ(0, add(&self, i));
	}
	ASSERT_EQ(0, dmamem_register(self.ctx, at(9), PAGE));
	ASSERT_EQ(0, dmamem_register(self.ctx, at(4), 2 * PAGE));
	self.log.nr = 0;
	ASSERT_EQ(0, dmamem_close(self.ctx));
	expect(_metadata, &self, "u1:4+2 u0:4+2 u1:9+1 u0:9+1");
}

/* A callback that calls everything it must not, and some things it may */
struct caller {
	struct dmamem_context *ctx;
	struct dmamem_map *own;
	struct dmamem_notify *notify;
	void *allocated;
	int wrong;
	uint64_t seen;
	int calls;
};

static int no_progress(void *arg, size_t done, size_t total)
{
	(void)arg;
	return done > total;
}

static void call_back(struct caller *caller, void *addr)
{
	struct dmamem_notify *notify = NULL;
	const struct dmamem_map *numa = NULL;
	struct dmamem_context *ctx = caller->ctx;
	void *mem = NULL;
	char text[64];

	caller->calls++;
	caller->seen = dmamem_translate(ctx, addr, NULL);
	caller->wrong += dmamem_register(ctx, at(100), PAGE) != -EDEADLK;
	caller->wrong += dmamem_unregister(ctx, addr, PAGE) != -EDEADLK;
	caller->wrong += dmamem_reserve(ctx, addr, PAGE) != -EDEADLK;
	caller->wrong += dmamem_notify_add(ctx, &ops, NULL, &notify) !=
			 -EDEADLK;
	caller->wrong += dmamem_notify_remove(ctx, caller->notify) != -EDEADLK;
	caller->wrong += dmamem_numa_map(ctx, &numa) != -EDEADLK;
	caller->wrong += dmamem_close(ctx) != -EDEADLK;
	caller->wrong += dmamem_alloc(ctx, PAGE, 0, DMAMEM_ANY_NODE, &mem) !=
			 -EDEADLK;
	caller->wrong += dmamem_free(ctx, caller->allocated) != -EDEADLK;
	caller->wrong += dmamem_add_device(ctx, "0000:00:00.0") != -EDEADLK;
	caller->wrong += dmamem_register_progress(ctx, at(100), PAGE,
						  no_progress, NULL) !=
			 -EDEADLK;
	caller->wrong += notify || numa || mem;
	caller->wrong += !dmamem_explain(ctx, text, sizeof(text));
}

static int caller_registered(void *arg, void *addr, size_t len)
{
	struct caller *caller = arg;

	call_back(caller, addr);
	return dmamem_map_set(caller->own, (uintptr_t)addr, len, 42);
}

static void caller_unregistered(void *arg, void *addr, size_t len)
{
	struct caller *caller = arg;

	call_back(caller, addr);
	caller->wrong += dmamem_map_clear(caller->own, (uintptr_t)addr, len);
}

TEST_F(notify, calling_back)
{
	static const struct dmamem_notify_ops caller_ops = {
		.registered = caller_registered,
		.unregistered = caller_unregistered,
	};
	const struct test_provider *provider = test_provider_of(self->ctx);
	struct caller caller = { .ctx = self->ctx };

	/* Something to free, of which nothing is told */
	ASSERT_EQ(0, dmamem_alloc(self->ctx, PAGE, 0, DMAMEM_ANY_NODE,
				  &caller.allocated));
	ASSERT_EQ(0, dmamem_unregister(self->ctx, caller.allocated, PAGE));
	ASSERT_EQ(0, dmamem_map_create(DMAMEM_MAP_UNIFORM, 0, &caller.own));
	ASSERT_EQ(0, dmamem_notify_add(self->ctx, &caller_ops, &caller,
				       &caller.notify));
	ASSERT_EQ(0, dmamem_register(self->ctx, at(4), PAGE));
	EXPECT_EQ(0, caller.wrong);
	EXPECT_EQ(test_provider_dma(provider, BASE + 4 * PAGE), caller.seen);
	EXPECT_EQ(42, dmamem_map_translate(caller.own, BASE + 4 * PAGE, NULL));

	caller.seen = 0;
	ASSERT_EQ(0, dmamem_unregister(self->ctx, at(4), PAGE));
	EXPECT_EQ(0, caller.wrong);
	EXPECT_EQ(test_provider_dma(provider, BASE + 4 * PAGE), caller.seen);
	EXPECT_EQ(0, dmamem_map_translate(caller.own, BASE + 4 * PAGE, NULL));
	EXPECT_EQ(2, caller.calls);
	ASSERT_EQ(0, dmamem_notify_remove(self->ctx, caller.notify));
	dmamem_map_free(caller.own);
}

TEST_HARNESS_MAIN
