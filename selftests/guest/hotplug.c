// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A function is taken out of the machine without a word, while it is in use,
 * while its pages are in quarantine, and without the kernel's notice. QEMU does so
 * when the power of a slot is turned off behind the back of the hotplug driver.
 *
 * What has been pulled out stays out: each test has a slot of its own, 9 to d of
 * the root bus.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/events.h"
#include "selftests/lib/function.h"
#include "selftests/lib/pinner.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR 16
#define QUARANTINE "/sys/module/dmamem/parameters/quarantine"
#define PCIEHP "/sys/bus/pci_express/drivers/pciehp"

/* Of a root port's configuration space */
#define CAPABILITIES 0x34
#define SECONDARY_BUS 0x19
#define CAP_EXPRESS 0x10
#define SLOT_CONTROL 0x18
#define INTERRUPT 0x0020
#define INDICATOR_OFF 0x0300
#define POWER_OFF 0x0400

/**
 * struct slot - a port and what is in it
 * @port: the port's name
 * @bdf: the function's name
 * @control: where the port has its Slot Control register
 * @before: what was in that
 */
struct slot {
	char port[FUNCTION_NAME];
	char bdf[FUNCTION_NAME];
	unsigned int control;
	uint16_t before;
};

static int find_express(const char *bdf, unsigned int *offset)
{
	uint8_t at = CAPABILITIES, id = 0;

	do {
		if (function_read_config(bdf, at + !!id, &at, 1) || !at ||
		    function_read_config(bdf, at, &id, 1))
			return -ENODEV;
	} while (id != CAP_EXPRESS);
	*offset = at;
	return 0;
}

/*
 * The slot of device @number on the root bus, with a function of QEMU in it, and
 * a method that can reset it ("\n": none; by default the port would do it)
 */
static int slot_find(struct slot *slot, unsigned int number, uint32_t id,
		     const char *reset_method)
{
	uint16_t ids[2];
	uint8_t bus = 0;
	int ret;

	snprintf(slot->port, sizeof(slot->port), "0000:00:%02x.0", number);
	if (function_read_config(slot->port, 0, ids, sizeof(ids)) ||
	    ids[0] != FUNCTION_BRIDGE >> 16 ||
	    ids[1] != (FUNCTION_BRIDGE & 0xffff) ||
	    find_express(slot->port, &slot->control) ||
	    function_read_config(slot->port, SECONDARY_BUS, &bus, 1))
		return -ENODEV;
	slot->control += SLOT_CONTROL;
	snprintf(slot->bdf, sizeof(slot->bdf), "0000:%02x:00.0", bus);
	if (function_read_config(slot->bdf, 0, ids, sizeof(ids)) ||
	    ids[0] != id >> 16 || ids[1] != (id & 0xffff))
		return -ENODEV;
	ret = function_write(slot->bdf, "reset_method", reset_method);
	return ret ? ret : function_bind(slot->bdf, "dmamem");
}

/* QEMU takes a device away when power and its light are off: nobody is told */
static int slot_pull_silently(struct slot *slot)
{
	uint16_t off;
	int ret;

	ret = function_read_config(slot->port, slot->control, &slot->before,
				   sizeof(slot->before));
	if (ret)
		return ret;
	off = (slot->before | INDICATOR_OFF | POWER_OFF) & ~INTERRUPT;
	return function_write_config(slot->port, slot->control, &off,
				     sizeof(off));
}

/* The hotplug driver hears that the slot is empty, but not why */
static int slot_tell(struct slot *slot)
{
	return function_write_config(slot->port, slot->control, &slot->before,
				     sizeof(slot->before));
}

static int slot_pull(struct slot *slot)
{
	int ret = slot_pull_silently(slot);

	return ret ? ret : slot_tell(slot);
}

/* Wait until the kernel has noticed */
static int slot_wait_empty(struct slot *slot)
{
	char path[64];
	int tries;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", slot->bdf);
	for (tries = 0; tries < 3000 && !access(path, F_OK); tries++)
		usleep(10000);
	return access(path, F_OK) ? 0 : -ETIMEDOUT;
}

FIXTURE(hotplug)
{
	struct slot slot;
	char *addr;
	long pinned;
	int fd;
};

FIXTURE_SETUP(hotplug)
{
	if (access(PCIEHP, F_OK))
		SKIP(return, "no pciehp");
	self->addr = pages_map(NR * PAGE);
	ASSERT_NE(NULL, self->addr);
	self->pinned = pages_pinned();
	self->fd = -1;
}

FIXTURE_TEARDOWN(hotplug)
{
	if (self->fd >= 0)
		close(self->fd);
	EXPECT_EQ(self->pinned, pages_pinned());
}

static int pin_through_node(const char *bdf, char *addr, int *fd)
{
	*fd = uapi_open(bdf);
	return uapi_pin_id(*fd, addr, NR * PAGE, DMAMEM_PIN_WRITE);
}

TEST_F_TIMEOUT(hotplug, pulled_while_open, 120)
{
	struct dmamem_extent extent;
	struct dmamem_info info;
	uint32_t count = 1;
	int region;

	if (slot_find(&self->slot, 9, FUNCTION_EDU, "\n"))
		SKIP(return, "no edu device in slot 9");
	region = pin_through_node(self->slot.bdf, self->addr, &self->fd);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, slot_pull(&self->slot));
	ASSERT_EQ(0, slot_wait_empty(&self->slot));

	EXPECT_EQ(-ENODEV, uapi_info(self->fd, &info));
	EXPECT_EQ(-ENODEV, uapi_pin(self->fd, self->addr, PAGE, 0, NULL));
	EXPECT_EQ(-ENODEV, uapi_extents(self->fd, region, 0, &extent, &count));
	EXPECT_EQ(-ENODEV, uapi_unpin(self->fd, region));
	EXPECT_EQ(-ENOENT, uapi_open(self->slot.bdf));
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(self->fd);
	self->fd = -1;
	/* It has no reset, but it is out of the machine: no quarantine */
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(-1, pages_count(QUARANTINE, self->slot.bdf));
}

TEST_F_TIMEOUT(hotplug, pulled_in_quarantine, 120)
{
	if (slot_find(&self->slot, 10, FUNCTION_EDU, "\n"))
		SKIP(return, "no edu device in slot a");
	ASSERT_LT(0, pin_through_node(self->slot.bdf, self->addr, &self->fd));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(self->pinned + NR, pages_pinned());
	ASSERT_EQ(0, slot_pull(&self->slot));
	ASSERT_EQ(0, slot_wait_empty(&self->slot));
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(-1, pages_count(QUARANTINE, self->slot.bdf));
}

TEST_F_TIMEOUT(hotplug, pulled_guard, 120)
{
	if (slot_find(&self->slot, 11, FUNCTION_EDU, "\n") ||
	    function_bind(self->slot.bdf, NULL))
		SKIP(return, "no edu device in slot b");
	self->fd = uapi_open(NULL);
	ASSERT_EQ(0, uapi_guard(self->fd, self->slot.bdf));
	ASSERT_LT(0, uapi_pin_id(self->fd, self->addr, NR * PAGE,
				 DMAMEM_PIN_WRITE));
	ASSERT_EQ(0, slot_pull(&self->slot));
	ASSERT_EQ(0, slot_wait_empty(&self->slot));
	/* /dev/dmamem does not depend on it */
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(self->pinned, pages_pinned());
}

/* The port resets what is behind it */
TEST_F_TIMEOUT(hotplug, reset_by_the_port, 120)
{
	if (slot_find(&self->slot, 12, FUNCTION_NVME, "bus"))
		SKIP(return, "no NVMe controller in slot c");
	ASSERT_LT(0, pin_through_node(self->slot.bdf, self->addr, &self->fd));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(-1, pages_count(QUARANTINE, self->slot.bdf));
}

/*
 * Nobody tells the kernel: the function does not answer any more, its reset
 * fails, and that is no proof that it is quiet. When hotplug finds the slot
 * empty, it is.
 */
TEST_F_TIMEOUT(hotplug, reset_fails, 400)
{
	if (slot_find(&self->slot, 12, FUNCTION_NVME, "flr"))
		SKIP(return, "no NVMe controller in slot c");
	ASSERT_LT(0, pin_through_node(self->slot.bdf, self->addr, &self->fd));
	ASSERT_EQ(0, slot_pull_silently(&self->slot));

	/* It is given a minute to come back */
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	EXPECT_EQ(NR * PAGE, pages_count(QUARANTINE, self->slot.bdf));

	ASSERT_EQ(0, slot_tell(&self->slot));
	ASSERT_EQ(0, slot_wait_empty(&self->slot));
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(-1, pages_count(QUARANTINE, self->slot.bdf));
}

static void *run_unbind(void *bdf)
{
	function_bind(bdf, NULL);
	return NULL;
}

/* The same when the driver is unbound: only the close waits for that minute */
TEST_F_TIMEOUT(hotplug, reset_fails_while_removed, 400)
{
	struct dmamem_info info;
	struct pinner pinner;
	char text[EVENT_TEXT];
	pthread_t thread;
	int ret;

	if (slot_find(&self->slot, 13, FUNCTION_NVME, "flr"))
		SKIP(return, "no NVMe controller in slot d");
	if (events_start())
		SKIP(return, "no tracepoints");
	ASSERT_LT(0, pin_through_node(self->slot.bdf, self->addr, &self->fd));
	ret = pinner_start(&pinner, self->fd, NR);
	if (ret == -ENOTSUP)
		SKIP(return, "no userfaultfd");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, slot_pull_silently(&self->slot));
	ASSERT_EQ(0, pthread_create(&thread, NULL, run_unbind, self->slot.bdf));
	while (!uapi_info(self->fd, &info))
		usleep(1000);

	EXPECT_EQ(-ENODEV, pinner_finish(&pinner));
	EXPECT_EQ(-ENODATA, events_last("dmamem_quiesce", text));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(self->pinned + NR, pages_pinned());
	EXPECT_EQ(NR * PAGE, pages_count(QUARANTINE, self->slot.bdf));
	EXPECT_EQ(0, events_last("dmamem_quiesce", text));
	pthread_join(thread, NULL);
	events_stop();

	ASSERT_EQ(0, slot_tell(&self->slot));
	ASSERT_EQ(0, slot_wait_empty(&self->slot));
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_HARNESS_MAIN
