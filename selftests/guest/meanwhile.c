// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What a command works on is let go of meanwhile: the region is unpinned, the
 * file closed, the function removed. The command is held up by memory of its
 * caller that is not served.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/function.h"
#include "selftests/lib/pinner.h"
#include "selftests/lib/uapi.h"
#include "selftests/lib/unserved.h"
#include "tools/memory/pages.h"

#define NR 8

FIXTURE(extents)
{
	char bdf[FUNCTION_NAME];
	char *addr;
	long pinned;
	int fd;
	int uffd;
	int region;
	struct reading {
		int fd;
		int region;
		struct dmamem_extent *extents;
		int result;
	} reading;
	pthread_t thread;
};

FIXTURE_VARIANT(extents)
{
	int node;
};

FIXTURE_VARIANT_ADD(extents, memory)
{
	.node = 0,
};

FIXTURE_VARIANT_ADD(extents, node)
{
	.node = 1,
};

static void *read_thread(void *arg)
{
	struct reading *reading = arg;
	uint32_t count = 1;

	reading->result = uapi_extents(reading->fd, reading->region, 0,
				       reading->extents, &count);
	return NULL;
}

FIXTURE_SETUP(extents)
{
	char *unserved;

	self->uffd = unserved_map(&unserved, PAGE);
	if (self->uffd < 0)
		SKIP(return, "no userfaultfd");
	if (variant->node) {
		if (function_find(FUNCTION_NVME, self->bdf))
			SKIP(return, "no NVMe controller of QEMU");
		ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	}
	self->addr = pages_map(NR * PAGE);
	self->pinned = pages_pinned();
	self->fd = uapi_open(variant->node ? self->bdf : NULL);
	self->region = uapi_pin_id(self->fd, self->addr, NR * PAGE,
				   DMAMEM_PIN_WRITE);
	ASSERT_LT(0, self->region);
	self->reading.fd = self->fd;
	self->reading.region = self->region;
	self->reading.extents = (struct dmamem_extent *)unserved;
	ASSERT_EQ(0, pthread_create(&self->thread, NULL, read_thread,
				    &self->reading));
	ASSERT_EQ(0, unserved_wait(self->uffd));
}

FIXTURE_TEARDOWN(extents)
{
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(extents, unpinned_meanwhile)
{
	struct dmamem_extent extent;
	uint32_t count = 1;

	EXPECT_EQ(0, uapi_unpin(self->fd, self->region));
	EXPECT_EQ(-ENOENT, uapi_unpin(self->fd, self->region));
	EXPECT_EQ(-ENOENT, uapi_extents(self->fd, self->region, 0, &extent,
					&count));
	/* Who reads of it still has it */
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	ASSERT_EQ(0, unserved_serve(self->uffd));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->reading.result);
	EXPECT_NE(0, self->reading.extents->dma_addr);
	EXPECT_EQ(self->pinned, pages_pinned());
	close(self->fd);
}

TEST_F(extents, closed_meanwhile)
{
	close(self->fd);
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	ASSERT_EQ(0, unserved_serve(self->uffd));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->reading.result);
}

TEST_F(extents, removed_meanwhile)
{
	struct dmamem_extent extent;
	uint32_t count = 1;

	if (!variant->node) {
		unserved_serve(self->uffd);
		pthread_join(self->thread, NULL);
		close(self->fd);
		SKIP(return, "no function to remove");
	}
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	EXPECT_EQ(-ENODEV, uapi_extents(self->fd, self->region, 0, &extent,
					&count));
	ASSERT_EQ(0, unserved_serve(self->uffd));
	pthread_join(self->thread, NULL);
	EXPECT_EQ(0, self->reading.result);
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(self->fd);
}

/* The function goes, though a pin of it cannot go on */
TEST(removed_while_pinning)
{
	long pinned = pages_pinned();
	char bdf[FUNCTION_NAME];
	struct pinner pinner;
	int fd, ret;

	if (function_find(FUNCTION_NVME, bdf))
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	fd = uapi_open(bdf);
	ASSERT_LE(0, fd);
	ret = pinner_start(&pinner, fd, NR);
	if (ret == -ENOTSUP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, function_bind(bdf, NULL));
	EXPECT_EQ(-ENODEV, pinner_finish(&pinner));
	EXPECT_EQ(pinned, pages_pinned());
	close(fd);
}

TEST_HARNESS_MAIN
