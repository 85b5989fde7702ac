// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the administrator sees: the regions of an open file in fdinfo, and each
 * pin, release and stop of a function as a trace event.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/events.h"
#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 8

FIXTURE(observe)
{
	char bdf[FUNCTION_NAME];
	char *addr;
	int fd;
	char expected[EVENT_TEXT];
	char seen[EVENT_TEXT];
};

/* A node: /dev/dmamem, or that of a function */
FIXTURE_VARIANT(observe)
{
	bool function;
	const char *state;
};

FIXTURE_VARIANT_ADD(observe, memory)
{
	.state = "pinned",
};

FIXTURE_VARIANT_ADD(observe, device)
{
	.function = true,
	.state = "mapped",
};

FIXTURE_SETUP(observe)
{
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, function_bind(self->bdf,
				   variant->function ? "dmamem" : NULL));
	self->fd = uapi_open(variant->function ? self->bdf : NULL);
	ASSERT_LE(0, self->fd);
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
}

FIXTURE_TEARDOWN(observe)
{
	events_stop();
	close(self->fd);
	if (variant->function)
		function_bind(self->bdf, NULL);
}

/* The line of fdinfo that begins with that; empty if there is none */
static void read_fdinfo(int fd, const char *begin, char text[EVENT_TEXT])
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(text, EVENT_TEXT, file))
		if (!strncmp(text, begin, strlen(begin)))
			break;
	if (!file || feof(file))
		*text = 0;
	if (file)
		fclose(file);
	text[strcspn(text, "\n")] = 0;
}

static void expect_line(struct __test_metadata *_metadata,
			FIXTURE_DATA(observe) *self,
			const struct dmamem_pin *pin, const char *direction,
			const char *state)
{
	char begin[32];

	snprintf(begin, sizeof(begin), "region:\t%u ", pin->region);
	snprintf(self->expected, EVENT_TEXT,
		 "%saddr=0x%llx length=%llu runs=%llu %s %s", begin, pin->addr,
		 pin->length, pin->nr_extents, direction, state);
	read_fdinfo(self->fd, begin, self->seen);
	EXPECT_STREQ(self->expected, self->seen);
}

static void expect_pinned(struct __test_metadata *_metadata,
			  FIXTURE_DATA(observe) *self, size_t bytes)
{
	snprintf(self->expected, EVENT_TEXT, "pinned:\t%zu", bytes);
	read_fdinfo(self->fd, "pinned:", self->seen);
	EXPECT_STREQ(self->expected, self->seen);
}

TEST_F(observe, fdinfo)
{
	struct dmamem_pin one, two;

	expect_pinned(_metadata, self, 0);
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, NR * PAGE,
			      DMAMEM_PIN_WRITE, &one));
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr + PAGE, PAGE, 0, &two));
	expect_pinned(_metadata, self, (NR + 1) * PAGE);
	expect_line(_metadata, self, &one, "rw", variant->state);
	expect_line(_metadata, self, &two, "ro", variant->state);

	ASSERT_EQ(0, uapi_unpin(self->fd, one.region));
	expect_pinned(_metadata, self, PAGE);
	read_fdinfo(self->fd, "region:\t1 ", self->seen);
	EXPECT_STREQ("", self->seen);
	expect_line(_metadata, self, &two, "ro", variant->state);
}

/* The pages stay, the addresses go with the function */
TEST_F(observe, fdinfo_without_the_function)
{
	struct dmamem_pin pin;

	if (!variant->function)
		SKIP(return, "no function");
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
	ASSERT_EQ(0, function_bind(self->bdf, NULL));
	expect_line(_metadata, self, &pin, "ro", "pinned");
}

#define EXPECT_EVENT(_name, ...)					\
	do {								\
		snprintf(self->expected, EVENT_TEXT, __VA_ARGS__);	\
		EXPECT_EQ(0, events_last(_name, self->seen));		\
		EXPECT_STREQ(self->expected, self->seen);		\
	} while (0)

TEST_F(observe, pin_and_unpin_events)
{
	uintptr_t addr = (uintptr_t)self->addr;
	struct dmamem_pin pin;

	if (events_start() == -ENOENT)
		SKIP(return, "no tracepoints");
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, NR * PAGE,
			      DMAMEM_PIN_WRITE, &pin));
	EXPECT_EVENT("dmamem_pin",
		     "addr=0x%lx length=0x%lx flags=0x1 pages=%d extents=%llu cause=0",
		     addr, NR * PAGE, NR, pin.nr_extents);
	ASSERT_EQ(0, uapi_unpin(self->fd, pin.region));
	EXPECT_EVENT("dmamem_unpin", "addr=0x%lx length=0x%lx extents=%llu", addr,
		     NR * PAGE, pin.nr_extents);

	ASSERT_EQ(0, munmap(self->addr + 3 * PAGE, PAGE));
	ASSERT_EQ(-EFAULT, uapi_pin(self->fd, self->addr, NR * PAGE, 0, &pin));
	EXPECT_EVENT("dmamem_pin",
		     "addr=0x%lx length=0x%lx flags=0x0 pages=3 extents=0 cause=%d",
		     addr, NR * PAGE, DMAMEM_CAUSE_UNMAPPED);
}

/* A file with pins is closed: its function, or its guard, is stopped first */
TEST_F(observe, quiesce_event)
{
	struct dmamem_pin pin;

	if (events_start() == -ENOENT)
		SKIP(return, "no tracepoints");
	if (!variant->function)
		ASSERT_EQ(0, uapi_guard(self->fd, self->bdf));
	ASSERT_EQ(0, uapi_pin(self->fd, self->addr, PAGE, 0, &pin));
	EXPECT_EQ(-ENODATA, events_last("dmamem_quiesce", self->seen));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EVENT("dmamem_quiesce", "%s drained=1 reset=0", self->bdf);
	EXPECT_EVENT("dmamem_unpin", "addr=0x%lx length=0x%lx extents=1",
		     (uintptr_t)self->addr, PAGE);
}

TEST_HARNESS_MAIN
