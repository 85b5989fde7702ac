// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A million random registrations and unregistrations, with refusals and memory
 * that runs out, against an array of pages. Two listeners keep maps of their
 * own, one of them comes and goes.
 */
#include <errno.h>
#include <kselftest_harness.h>

#include <dmamem/memory.h>

#include "selftests/lib/inject.h"
#include "selftests/lib/random.h"
#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define NR_PAGES 2048
#define BASE (UINT64_C(0x123fe00000) - 512 * DMAMEM_PAGE_SIZE)
#define NR_OPS 200000
#define CHECK_ALL 512

/* Number of the registration that a page belongs to, 0: none; from 1 on */
struct model {
	unsigned int owner[NR_PAGES];
	unsigned int nr_owners;
};

/* A map of one's own: the owner's first page plus one */
struct listener {
	struct dmamem_map *map;
	struct dmamem_notify *notify;
	bool refuse;
};

FIXTURE(random_registration) {
	struct random random;
	struct dmamem_context *ctx;
	struct test_provider *provider;
	struct model model;
	struct listener listeners[2];
};

FIXTURE_VARIANT(random_registration) {
	uint64_t run_pages;
	uint64_t flags;
};

FIXTURE_VARIANT_ADD(random_registration, scattered) {
	.run_pages = 1,
};

FIXTURE_VARIANT_ADD(random_registration, few_pages) {
	.run_pages = 3,
};

FIXTURE_VARIANT_ADD(random_registration, chunks) {
	.run_pages = 512,
};

FIXTURE_VARIANT_ADD(random_registration, contiguous) {
	.run_pages = 0,
};

FIXTURE_VARIANT_ADD(random_registration, scattered_resident) {
	.run_pages = 1,
	.flags = DMAMEM_OPEN_RESIDENT_LISTS,
};

FIXTURE_VARIANT_ADD(random_registration, contiguous_resident) {
	.run_pages = 0,
	.flags = DMAMEM_OPEN_RESIDENT_LISTS,
};

static uint64_t page_of(const void *addr)
{
	return ((uintptr_t)addr - BASE) / PAGE;
}

static void *at(uint64_t page)
{
	return (void *)(uintptr_t)(BASE + page * PAGE);
}

static int on_registered(void *arg, void *addr, size_t len)
{
	struct listener *listener = arg;

	if (listener->refuse)
		return -EXDEV;
	return dmamem_map_set(listener->map, (uintptr_t)addr, len,
			      page_of(addr) + 1);
}

static void on_unregistered(void *arg, void *addr, size_t len)
{
	struct listener *listener = arg;

	if (dmamem_map_clear(listener->map, (uintptr_t)addr, len))
		abort();
}

static const struct dmamem_notify_ops ops = {
	.registered = on_registered,
	.unregistered = on_unregistered,
};

FIXTURE_SETUP(random_registration)
{
	random_init(&self->random);
	ASSERT_EQ(0, test_provider_open_flags(variant->run_pages,
					      variant->flags, &self->ctx));
	self->provider = test_provider_of(self->ctx);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, dmamem_map_create(DMAMEM_MAP_UNIFORM, 0,
					       &self->listeners[i].map));
	ASSERT_EQ(0, dmamem_notify_add(self->ctx, &ops, &self->listeners[0],
				       &self->listeners[0].notify));
}

FIXTURE_TEARDOWN(random_registration)
{
	dmamem_close(self->ctx);
	for (int i = 0; i < 2; i++)
		dmamem_map_free(self->listeners[i].map);
}

static int expect_register(const struct model *model, uint64_t first,
			   uint64_t nr)
{
	for (uint64_t i = first; i < first + nr; i++)
		if (model->owner[i])
			return -EBUSY;
	return 0;
}

static int expect_unregister(const struct model *model, uint64_t first,
			     uint64_t nr)
{
	const unsigned int *owner = model->owner;
	uint64_t end = first + nr;

	if (first && owner[first] && owner[first - 1] == owner[first])
		return -ERANGE;
	for (uint64_t i = first; i < end; i++)
		if (!owner[i])
			return -EINVAL;
	return end < NR_PAGES && owner[end] == owner[end - 1] ? -ERANGE : 0;
}

static void set_owner(struct model *model, uint64_t first, uint64_t nr,
		      unsigned int owner)
{
	for (uint64_t i = first; i < first + nr; i++)
		model->owner[i] = owner;
}

static uint64_t first_page(const struct model *model, uint64_t page)
{
	while (page && model->owner[page - 1] == model->owner[page])
		page--;
	return page;
}

static void check_page(struct __test_metadata *_metadata,
		       FIXTURE_DATA(random_registration) *self, uint64_t page)
{
	unsigned int owner = self->model.owner[page];
	uint64_t addr = (uintptr_t)at(page), dma = DMAMEM_NO_ADDRESS;
	uint64_t own = 0, id;

	if (owner) {
		dma = test_provider_dma(self->provider, addr) + 5;
		own = first_page(&self->model, page) + 1;
	}
	ASSERT_EQ(dma, dmamem_translate(self->ctx, at(page) + 5, NULL));
	id = dmamem_map_translate(dmamem_registration_map(self->ctx), addr,
				  NULL);
	ASSERT_EQ(!owner, !id);
	ASSERT_EQ(own, dmamem_map_translate(self->listeners[0].map, addr,
					    NULL));
	if (!self->listeners[1].notify)
		own = 0;
	ASSERT_EQ(own, dmamem_map_translate(self->listeners[1].map, addr,
					    NULL));
}

static void check_leaf(struct __test_metadata *_metadata,
		       FIXTURE_DATA(random_registration) *self, uint64_t page)
{
	uint64_t addr = (uintptr_t)at(page), dma, leaf_dma;
	const struct dmamem_map *map = dmamem_dma_map(self->ctx);
	const uint64_t *leaf = dmamem_map_leaf(map, addr);

	dma = dmamem_map_translate(map, addr, NULL);
	if (map->resident && dma != DMAMEM_NO_ADDRESS)
		ASSERT_NE(NULL, leaf);
	if (!leaf)
		return;
	ASSERT_EQ(dma, leaf[page_index(addr)]);
	/* A controller can read it */
	leaf_dma = dmamem_map_translate(map, (uintptr_t)leaf, NULL);
	ASSERT_EQ(test_provider_dma(self->provider, (uintptr_t)leaf), leaf_dma);
}

static void check_all(struct __test_metadata *_metadata,
		      FIXTURE_DATA(random_registration) *self)
{
	for (uint64_t page = 0; page < NR_PAGES; page++) {
		check_page(_metadata, self, page);
		check_leaf(_metadata, self, page);
	}
}

/* Make the next registration fail in one of the ways it can */
static void arm(FIXTURE_DATA(random_registration) *self)
{
	switch (random_below(&self->random, 4)) {
	case 0:
		self->provider->fail_pin = 0;
		break;
	case 1:
		self->provider->fail_runs = 0;
		break;
	case 2:
		self->listeners[!!self->listeners[1].notify].refuse = true;
		break;
	default:
		inject_one(random_below(&self->random, 6));
	}
}

static bool disarm(FIXTURE_DATA(random_registration) *self)
{
	bool failed = inject_stop();

	self->provider->fail_pin = -1;
	self->provider->fail_runs = -1;
	for (int i = 0; i < 2; i++)
		self->listeners[i].refuse = false;
	return failed;
}

static void try_register(struct __test_metadata *_metadata,
			 FIXTURE_DATA(random_registration) *self,
			 uint64_t first, uint64_t nr)
{
	bool armed = random_once_in(&self->random, 8);
	int expected = expect_register(&self->model, first, nr);
	uint64_t regions = self->provider->nr_regions;
	int ret;

	if (armed)
		arm(self);
	ret = dmamem_register(self->ctx, at(first), nr * PAGE);
	disarm(self);
	if (!ret) {
		ASSERT_EQ(0, expected);
		set_owner(&self->model, first, nr, ++self->model.nr_owners);
		return;
	}
	if (!armed || expected)
		ASSERT_EQ(expected, ret);
	ASSERT_GE(regions + 1, self->provider->nr_regions);
}

static void try_unregister(struct __test_metadata *_metadata,
			   FIXTURE_DATA(random_registration) *self,
			   uint64_t first, uint64_t nr)
{
	int expected = expect_unregister(&self->model, first, nr);

	/* Never fails for memory */
	inject_all(0);
	ASSERT_EQ(expected, dmamem_unregister(self->ctx, at(first), nr * PAGE));
	ASSERT_FALSE(inject_stop());
	if (!expected)
		set_owner(&self->model, first, nr, 0);
}

static void toggle_listener(struct __test_metadata *_metadata,
			    FIXTURE_DATA(random_registration) *self)
{
	struct listener *listener = &self->listeners[1];

	if (listener->notify) {
		ASSERT_EQ(0, dmamem_notify_remove(self->ctx, listener->notify));
		listener->notify = NULL;
	} else {
		ASSERT_EQ(0, dmamem_notify_add(self->ctx, &ops, listener,
					       &listener->notify));
	}
}

/* Make room for what is large */
static void unregister_all(struct __test_metadata *_metadata,
			   FIXTURE_DATA(random_registration) *self)
{
	const unsigned int *owner = self->model.owner;
	uint64_t end;

	for (uint64_t page = 0; page < NR_PAGES; page = end) {
		end = page + 1;
		while (end < NR_PAGES && owner[end] == owner[page])
			end++;
		if (owner[page])
			try_unregister(_metadata, self, page, end - page);
	}
}

/* Mostly the bounds of something that is registered, so that it succeeds */
static void random_range(FIXTURE_DATA(random_registration) *self,
			 uint64_t *first, uint64_t *nr)
{
	const unsigned int *owner = self->model.owner;
	uint64_t end;

	*first = random_below(&self->random, NR_PAGES);
	*nr = 1 + random_below(&self->random,
			       random_once_in(&self->random, 8) ? 1024 : 16);
	if (random_once_in(&self->random, 16)) {
		*first &= ~(uint64_t)511;
		*nr = 512;
	}
	if (*nr > NR_PAGES - *first)
		*nr = NR_PAGES - *first;
	if (random_once_in(&self->random, 4))
		return;
	*first = first_page(&self->model, *first);
	for (end = *first + 1; end < NR_PAGES; end++)
		if (owner[end] != owner[end - 1] &&
		    (end >= *first + *nr || !owner[*first]))
			break;
	if (owner[*first] || *nr > end - *first)
		*nr = end - *first;
}

TEST_F_TIMEOUT(random_registration, agrees_with_array, 600)
{
	uint64_t first, nr;

	for (int i = 0; i < NR_OPS; i++) {
		random_range(self, &first, &nr);
		if (self->model.owner[first])
			try_unregister(_metadata, self, first, nr);
		else
			try_register(_metadata, self, first, nr);
		check_page(_metadata, self, first);
		check_page(_metadata, self, first + nr - 1);
		if (random_once_in(&self->random, 64))
			toggle_listener(_metadata, self);
		if (random_once_in(&self->random, 16))
			check_leaf(_metadata, self, first);
		if (random_once_in(&self->random, 128))
			unregister_all(_metadata, self);
		if (i % CHECK_ALL == 0)
			check_all(_metadata, self);
	}
	check_all(_metadata, self);
}

TEST_HARNESS_MAIN
