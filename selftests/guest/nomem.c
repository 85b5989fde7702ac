// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory runs out at each of the places where a provider asks for some: the call
 * fails for it, and nothing is half done.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"

#include <dmamem/alloc.h>

#include "selftests/lib/edu.h"
#include "selftests/lib/inject.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

/* More requests than any call makes */
#define MANY 200
#define NR_HUGE 24
#define LEN (NR_HUGE * HUGE)

FIXTURE(nomem)
{
	struct edu edu;
	struct dmamem_options options;
	char why[512];
	long pinned;
	char *mem;
};

FIXTURE_VARIANT(nomem)
{
	const char *driver;
	const char *provider;
	enum dmamem_iova_mode mode;
};

FIXTURE_VARIANT_ADD(nomem, kmod_unbound)
{
	.provider = "kmod",
};

FIXTURE_VARIANT_ADD(nomem, kmod_device_node)
{
	.driver = "dmamem",
	.provider = "kmod",
};

FIXTURE_VARIANT_ADD(nomem, vfio)
{
	.driver = "vfio-pci",
	.provider = "vfio",
};

FIXTURE_VARIANT_ADD(nomem, vfio_mode_dma)
{
	.driver = "vfio-pci",
	.provider = "vfio",
	.mode = DMAMEM_IOVA_DMA,
};

FIXTURE_VARIANT_ADD(nomem, vfio_chosen)
{
	.driver = "vfio-pci",
};

FIXTURE_VARIANT_ADD(nomem, hugepage)
{
	.provider = "hugepage",
};

/* Huge pages that follow each other nowhere in physical memory */
static char *map_scattered_hugetlb(void)
{
	char *mem, *space = pages_find_space(LEN);
	size_t from;

	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED |
		   MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (mem == MAP_FAILED || !space)
		return NULL;
	pages_touch(mem, LEN);
	for (size_t i = 0; i < NR_HUGE; i++) {
		from = i < NR_HUGE / 2 ? 2 * i : 2 * (i - NR_HUGE / 2) + 1;
		if (mremap(mem + from * HUGE, HUGE, HUGE, MREMAP_MAYMOVE |
			   MREMAP_FIXED, space + i * HUGE) != space + i * HUGE)
			return NULL;
	}
	return space;
}

FIXTURE_SETUP(nomem)
{
	struct dmamem_context *ctx;
	int ret;

	memset(self, 0, sizeof(*self));
	if (edu_bind(&self->edu, variant->driver))
		SKIP_SETUP("no edu device, or no %s", variant->driver);
	self->options = (struct dmamem_options){
		.size = sizeof(self->options),
		.provider = variant->provider,
		.device = self->edu.bdf,
		.iova_mode = variant->mode,
		.explanation = self->why,
		.explanation_size = sizeof(self->why),
	};
	ret = dmamem_open(&self->options, &ctx);
	if (ret == -EOPNOTSUPP && !variant->driver)
		SKIP_SETUP("an IOMMU translates");
	ASSERT_EQ(0, ret)
		TH_LOG("%s", self->why);
	ASSERT_EQ(0, dmamem_close(ctx));
	ASSERT_EQ(0, pages_reserve_hugetlb(NR_HUGE + 8));
	self->mem = map_scattered_hugetlb();
	ASSERT_NE(NULL, self->mem);
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(nomem)
{
}

/* What failed to open must not keep the device from being opened */
TEST_F(nomem, open)
{
	struct dmamem_context *ctx;
	bool failed = true;
	int n, ret = 0;

	for (n = 0; failed && n < MANY; n++) {
		ctx = NULL;
		inject_one(n);
		ret = dmamem_open(&self->options, &ctx);
		failed = inject_stop();
		ASSERT_EQ(failed ? -ENOMEM : 0, ret)
			TH_LOG("request %d: %s", n, self->why);
		ASSERT_EQ(failed, !ctx);
	}
	EXPECT_LT(3, n);
	ASSERT_EQ(0, ret);
	EXPECT_EQ(0, dmamem_close(ctx));
}

static bool is_registered_in(struct dmamem_context *ctx, const char *mem)
{
	for (size_t i = 0; i < LEN; i += HUGE)
		if (dmamem_translate(ctx, mem + i, NULL) != DMAMEM_NO_ADDRESS)
			return true;
	return false;
}

TEST_F(nomem, register_and_unregister)
{
	struct dmamem_context *ctx;
	bool failed = true;
	int n, ret = 0;
	long pinned;

	ASSERT_EQ(0, dmamem_open(&self->options, &ctx));
	/* The library's own tables are there */
	ASSERT_EQ(0, dmamem_register(ctx, self->mem + 3 * PAGE, PAGE));
	ASSERT_EQ(0, dmamem_unregister(ctx, self->mem + 3 * PAGE, PAGE));
	pinned = pages_pinned();
	for (n = 0; failed && n < MANY; n++) {
		inject_one(n);
		ret = dmamem_register(ctx, self->mem + 3 * PAGE,
				      LEN - 7 * PAGE);
		failed = inject_stop();
		ASSERT_EQ(failed ? -ENOMEM : 0, ret);
		ASSERT_EQ(!failed, is_registered_in(ctx, self->mem + HUGE));
		if (failed)
			ASSERT_EQ(pinned, pages_pinned());
	}
	EXPECT_LT(1, n);
	ASSERT_EQ(0, ret);
	inject_all(0);
	EXPECT_EQ(0, dmamem_unregister(ctx, self->mem + 3 * PAGE,
				       LEN - 7 * PAGE));
	inject_stop();
	EXPECT_EQ(pinned, pages_pinned());
	EXPECT_EQ(0, dmamem_close(ctx));
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(nomem, alloc)
{
	struct dmamem_context *ctx;
	bool failed = true;
	int n, ret = 0;
	void *mem;

	ASSERT_EQ(0, dmamem_open(&self->options, &ctx));
	for (n = 0; failed && n < MANY; n++) {
		mem = NULL;
		inject_one(n);
		ret = dmamem_alloc(ctx, 3 * PAGE, DMAMEM_ALLOC_SHARED,
				   DMAMEM_ANY_NODE, &mem);
		failed = inject_stop();
		ASSERT_EQ(failed ? -ENOMEM : 0, ret);
		ASSERT_EQ(failed, !mem);
	}
	EXPECT_LT(3, n);
	EXPECT_EQ(0, dmamem_close(ctx));
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_HARNESS_MAIN
