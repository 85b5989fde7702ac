// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * In what order a function is stopped and the pages that it was given are
 * released: bus mastering off, pending transactions waited for, reset, addresses
 * taken back, IOTLB flushed, pages released. Some of these leave no trace in a
 * machine whose devices behave; so the kernel's own calls are watched.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/calls.h"
#include "selftests/lib/function.h"
#include "selftests/lib/holder.h"
#include "tools/memory/pages.h"

#define MASTER_OFF "pci_clear_master"
#define WAIT "pci_wait_for_pending_transaction"
#define RESET "pci_reset_function_locked"
#define UNMAP "dma_unmap_sg_attrs"
#define FLUSH "intel_flush_iotlb_all"
#define UNPIN "unpin_user_pages_dirty_lock"

static const char *const watched[] = {
	MASTER_OFF, WAIT, RESET, UNMAP, FLUSH, UNPIN, NULL,
};

FIXTURE(order)
{
	char bdf[FUNCTION_NAME];
	struct holder holder;
	int translated;
};

FIXTURE_VARIANT(order)
{
	int guarded;
};

FIXTURE_VARIANT_ADD(order, guard)
{
	.guarded = 1,
};

FIXTURE_VARIANT_ADD(order, node)
{
	.guarded = 0,
};

FIXTURE_SETUP(order)
{
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, function_bind(self->bdf,
				   variant->guarded ? NULL : "dmamem"));
	ASSERT_EQ(0, function_enable(self->bdf, 1));
	self->translated = !variant->guarded &&
			   function_is_translated(self->bdf);
	ASSERT_EQ(0, holder_start(&self->holder,
				  variant->guarded ? NULL : self->bdf,
				  variant->guarded ? self->bdf : NULL,
				  pages_map(PAGE), PAGE));
	if (calls_watch(watched, self->holder.pid))
		SKIP(return, "no kprobe events");
	if (self->translated && !calls_knows(FLUSH))
		SKIP(return, "another IOMMU than intel-iommu");
}

FIXTURE_TEARDOWN(order)
{
	holder_kill(&self->holder);
	calls_end();
}

/*
 * Were there these calls, in this order, others between them; and none of
 * @last before it was its turn?
 */
static int in_order(const char *const expected[], const char *last)
{
	const char *calls[CALLS_MAX];
	size_t i, nr = calls_read(calls);

	for (i = 0; i < nr; i++) {
		printf("# %s\n", calls[i]);
		if (!*expected)
			continue;
		if (!strcmp(calls[i], *expected))
			expected++;
		else if (!strcmp(calls[i], last))
			return 0;
	}
	return !*expected;
}

static int never(const char *function)
{
	const char *calls[CALLS_MAX];
	size_t nr = calls_read(calls);

	while (nr--)
		if (!strcmp(calls[nr], function))
			return 0;
	return 1;
}

static const char *const *stop_and_release(int guarded, int translated)
{
	static const char *const guard[] = {
		MASTER_OFF, WAIT, RESET, UNPIN, NULL,
	};
	static const char *const plain[] = {
		MASTER_OFF, WAIT, RESET, UNMAP, UNPIN, NULL,
	};
	static const char *const flushed[] = {
		MASTER_OFF, WAIT, RESET, UNMAP, FLUSH, UNPIN, NULL,
	};

	if (guarded)
		return guard;
	return translated ? flushed : plain;
}

TEST_F(order, close)
{
	ASSERT_EQ(0, holder_close(&self->holder));
	EXPECT_TRUE(in_order(stop_and_release(variant->guarded,
					      self->translated), UNPIN));
}

TEST_F(order, kill)
{
	holder_kill(&self->holder);
	EXPECT_TRUE(in_order(stop_and_release(variant->guarded,
					      self->translated), UNPIN));
}

/* Removal stops the function and takes the addresses, the close the pages */
TEST_F(order, removal)
{
	static const char *const plain[] = {
		MASTER_OFF, WAIT, RESET, UNMAP, NULL,
	};
	static const char *const flushed[] = {
		MASTER_OFF, WAIT, RESET, UNMAP, FLUSH, NULL,
	};
	static const char *const release[] = { UNPIN, NULL };

	if (variant->guarded)
		SKIP(return, "a guard is not ours to take away");
	ASSERT_EQ(0, calls_watch(watched, getpid()));
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	EXPECT_TRUE(in_order(self->translated ? flushed : plain, UNPIN));
	EXPECT_TRUE(never(UNPIN));

	ASSERT_EQ(0, calls_watch(watched, self->holder.pid));
	ASSERT_EQ(0, holder_close(&self->holder));
	EXPECT_TRUE(in_order(release, RESET));
	EXPECT_TRUE(never(MASTER_OFF));
	EXPECT_TRUE(never(RESET));
}

TEST_F(order, unpin)
{
	static const char *const plain[] = { UNMAP, UNPIN, NULL };
	static const char *const flushed[] = { UNMAP, FLUSH, UNPIN, NULL };
	static const char *const guard[] = { UNPIN, NULL };

	ASSERT_EQ(0, holder_unpin(&self->holder));
	EXPECT_TRUE(in_order(variant->guarded ? guard :
			     self->translated ? flushed : plain, UNPIN));
	EXPECT_TRUE(never(RESET));
}

/* Nothing is left that the function could write to */
TEST_F(order, close_of_an_empty_file)
{
	ASSERT_EQ(0, holder_unpin(&self->holder));
	ASSERT_EQ(0, holder_close(&self->holder));
	EXPECT_TRUE(never(RESET));
	EXPECT_EQ(variant->guarded, function_is_master(self->bdf));
}

TEST_HARNESS_MAIN
