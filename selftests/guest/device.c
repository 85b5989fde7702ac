// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A PCI function bound to the dmamem driver: its node, its addresses, and what
 * becomes of both when it goes. Witness is QEMU's edu device, which reads and
 * writes memory at the address it is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/cmdline.h"
#include "selftests/lib/edu.h"
#include "selftests/lib/function.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

FIXTURE(device)
{
	struct edu edu;
	struct dmamem_info info;
	long pinned;
	int fd;
};

FIXTURE_SETUP(device)
{
	int ret = edu_open(&self->edu, "dmamem");

	self->fd = -1;
	if (ret == -ENODEV)
		SKIP(return, "no edu device");
	ASSERT_EQ(0, ret);
	/* What a test before this one may have left */
	function_vouch(self->edu.bdf);
	self->pinned = pages_pinned();
	self->fd = uapi_open(self->edu.bdf);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, uapi_info(self->fd, &self->info));
}

FIXTURE_TEARDOWN(device)
{
	if (self->fd >= 0)
		close(self->fd);
}

TEST_F(device, info)
{
	EXPECT_EQ(function_is_translated(self->edu.bdf) ?
			  DMAMEM_ADDRESS_TRANSLATED :
			  DMAMEM_ADDRESS_PHYSICAL,
		  self->info.address_type);
	EXPECT_EQ(DMAMEM_ABI, self->info.abi);
	EXPECT_EQ(PAGE, self->info.page_size);
	EXPECT_EQ(UINT64_MAX, self->info.dma_mask);
	EXPECT_EQ(0, self->info.pinned);
	EXPECT_EQ(0, self->info.quarantined);
	EXPECT_EQ(1 << DMAMEM_CMD_INFO | 1 << DMAMEM_CMD_PIN |
			  1 << DMAMEM_CMD_EXTENTS | 1 << DMAMEM_CMD_UNPIN |
			  1 << DMAMEM_CMD_VERIFY,
		  self->info.features);
	EXPECT_EQ(0, self->info.max_guards);
	EXPECT_EQ(-ENOTTY, uapi_guard(self->fd, self->edu.bdf));
}

/* What INFO calls the limit is the limit; what is pinned, it counts */
TEST_F(device, info_of_pins)
{
	const uint64_t most = self->info.max_length;
	struct dmamem_pin pin;

	EXPECT_EQ(0, most % PAGE);
	EXPECT_EQ(-EFBIG, uapi_pin(self->fd, NULL, most + PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_TOO_LONG, pin.cause);
	EXPECT_EQ(-EFAULT, uapi_pin(self->fd, NULL, PAGE, 0, &pin));
	EXPECT_EQ(DMAMEM_CAUSE_UNMAPPED, pin.cause);

	ASSERT_EQ(0, uapi_pin(self->fd, pages_map(3 * PAGE), 3 * PAGE, 0,
			      &pin));
	ASSERT_EQ(0, uapi_info(self->fd, &self->info));
	EXPECT_EQ(3 * PAGE, self->info.pinned);
	EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
	ASSERT_EQ(0, uapi_info(self->fd, &self->info));
	EXPECT_EQ(0, self->info.pinned);
}

TEST_F(device, one_opener)
{
	EXPECT_EQ(-EBUSY, uapi_open(self->edu.bdf));
	close(self->fd);
	self->fd = uapi_open(self->edu.bdf);
	EXPECT_LE(0, self->fd);
}

TEST_F(device, bus_master_while_open)
{
	EXPECT_EQ(1, function_is_master(self->edu.bdf));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, function_is_master(self->edu.bdf));
}

TEST_F(device, edu_copies_a_page)
{
	char *pages = pages_map(2 * PAGE);
	int region;
	size_t i;

	ASSERT_NE(NULL, pages);
	for (i = 0; i < EDU_BYTES; i++)
		pages[i] = i * 7 + (i >> 8);
	region = uapi_pin_id(self->fd, pages, 2 * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, edu_read(&self->edu, uapi_dma_addr(self->fd, region, 0),
			      EDU_BYTES));
	ASSERT_EQ(0, edu_write(&self->edu,
			       uapi_dma_addr(self->fd, region, PAGE),
			       EDU_BYTES));
	EXPECT_EQ(0, memcmp(pages, pages + PAGE, EDU_BYTES));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
}

/* Pages touched in an order that makes nearly each a run of its own */
static char *map_scattered(size_t nr)
{
	char *pages = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (pages == MAP_FAILED)
		return NULL;
	madvise(pages, nr * PAGE, MADV_NOHUGEPAGE);
	for (i = 0; i < nr; i++)
		pages[i * 779 % nr * PAGE] = 1;
	return pages;
}

TEST_F_TIMEOUT(device, scattered_pages, 120)
{
	struct dmamem_extent extents[2048];
	const uint32_t nr = 2048;
	struct dmamem_pin pin;
	uint64_t phys[2048];
	uint32_t i, count = nr, page = 0;
	char *pages;

	pages = map_scattered(nr);
	ASSERT_NE(NULL, pages);
	ASSERT_EQ(0, uapi_pin(self->fd, pages, nr * PAGE, DMAMEM_PIN_WRITE,
			      &pin));
	pages_phys_of(pages, nr, phys);
	ASSERT_EQ(0, uapi_extents(self->fd, pin.region, 0, extents, &count));
	EXPECT_EQ(pin.nr_extents, count);
	if (self->info.address_type == DMAMEM_ADDRESS_TRANSLATED) {
		EXPECT_EQ(1, count);
		EXPECT_EQ(nr * PAGE, extents[0].length);
		EXPECT_NE(phys[0], extents[0].dma_addr);
	} else {
		EXPECT_LT(nr / 2, count);
		for (i = 0; i < count && page < nr; i++) {
			EXPECT_EQ(phys[page], extents[i].dma_addr);
			page += extents[i].length / PAGE;
		}
		EXPECT_EQ(nr, page);
	}
	EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
}

/* Behind an IOMMU the node's permissions decide, else it takes privilege */
TEST_F(device, privilege)
{
	char *page = pages_map(PAGE);
	struct dmamem_pin pin;

	ASSERT_EQ(0, privilege_drop(CAP_SYS_RAWIO));
	if (self->info.address_type != DMAMEM_ADDRESS_TRANSLATED ||
	    cmdline_has("intremap=off")) {
		EXPECT_EQ(-EPERM, uapi_pin(self->fd, page, PAGE, 0, &pin));
		EXPECT_EQ(DMAMEM_CAUSE_PRIVILEGE, pin.cause);
		return;
	}
	ASSERT_EQ(0, uapi_pin(self->fd, page, PAGE, 0, &pin));
	EXPECT_NE(0, uapi_dma_addr(self->fd, pin.region, 0));
	EXPECT_EQ(0, uapi_unpin(self->fd, pin.region));
}

/* Bit 6 of the taint flags */
#define TAINT_USER 64L

/* Physical addresses in user space leave a mark, others do not */
TEST_F(device, taint)
{
	long before = pages_count("/proc/sys/kernel/tainted", "");
	char *page = pages_map(PAGE);
	long after;

	ASSERT_LT(0, uapi_pin_id(self->fd, page, PAGE, 0));
	after = pages_count("/proc/sys/kernel/tainted", "");
	if (self->info.address_type != DMAMEM_ADDRESS_TRANSLATED)
		before |= TAINT_USER;
	EXPECT_EQ(before, after);
	EXPECT_EQ(0, uapi_unpin(self->fd, 1));
}

/* Root's until the administrator decides otherwise */
TEST_F(device, mode_of_the_node)
{
	struct stat stat = { 0 };

	ASSERT_EQ(0, fstat(self->fd, &stat));
	EXPECT_EQ(S_IFCHR | 0600, stat.st_mode);
	EXPECT_EQ(0, stat.st_uid);
}

/* A user without any privilege, and a node that lets him in */
static int pin_as_nobody(const char *bdf, enum dmamem_cause *cause)
{
	struct dmamem_pin pin = { 0 };
	int fd, ret;

	if (setgid(65534) || setuid(65534))
		return -errno;
	fd = uapi_open(bdf);
	if (fd < 0)
		return fd;
	ret = uapi_pin(fd, pages_map(PAGE), PAGE, DMAMEM_PIN_WRITE, &pin);
	*cause = pin.cause;
	if (!ret)
		ret = uapi_unpin(fd, pin.region);
	close(fd);
	return ret;
}

static int let_in(const char *bdf, mode_t mode)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/dmamem-%s", bdf);
	return chmod(path, mode);
}

/* File permissions decide who opens; what he may do is another matter */
TEST_F(device, permissions_of_the_node)
{
	int translated = self->info.address_type == DMAMEM_ADDRESS_TRANSLATED;
	int trusted = translated && !cmdline_has("intremap=off");
	enum dmamem_cause cause = DMAMEM_CAUSE_NONE;

	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, let_in(self->edu.bdf, 0666));
	EXPECT_EQ(trusted ? 0 : -EPERM, pin_as_nobody(self->edu.bdf, &cause));
	EXPECT_EQ(trusted ? DMAMEM_CAUSE_NONE : DMAMEM_CAUSE_PRIVILEGE, cause);
}

TEST_F(device, closed_to_others)
{
	enum dmamem_cause cause;

	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EACCES, pin_as_nobody(self->edu.bdf, &cause));
}

static long mask_bits(const char *bdf, const char *attribute)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf,
		 attribute);
	return pages_count(path, "");
}

/* The next driver finds what it would have found without us */
TEST_F(device, limits_are_restored)
{
	const char *bdf = self->edu.bdf;

	EXPECT_EQ(64, mask_bits(bdf, "dma_mask_bits"));
	EXPECT_EQ(64, mask_bits(bdf, "consistent_dma_mask_bits"));
	ASSERT_EQ(0, function_bind(bdf, NULL));
	/* What the PCI core begins with */
	EXPECT_EQ(32, mask_bits(bdf, "dma_mask_bits"));
	EXPECT_EQ(32, mask_bits(bdf, "consistent_dma_mask_bits"));
}

/* A mask that cannot be set: no node, and nothing is left behind */
TEST_F(device, refused_mask)
{
	const char *bits = "/sys/module/dmamem/parameters/dma_bits";
	const char *bdf = self->edu.bdf;

	if (self->info.address_type == DMAMEM_ADDRESS_TRANSLATED)
		SKIP(return, "an IOMMU takes any mask");
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, function_bind(bdf, NULL));
	ASSERT_EQ(0, pages_write(bits, "20"));
	EXPECT_NE(0, function_bind(bdf, "dmamem"));
	ASSERT_EQ(0, pages_write(bits, "64"));
	EXPECT_EQ(-ENOENT, uapi_open(bdf));
	EXPECT_EQ(32, mask_bits(bdf, "dma_mask_bits"));
	EXPECT_EQ(32, mask_bits(bdf, "consistent_dma_mask_bits"));
	EXPECT_EQ(0, mask_bits(bdf, "enable"));
	EXPECT_EQ(0, function_bind(bdf, "dmamem"));
}

TEST_F(device, goes_while_open)
{
	long before = pages_pinned();
	char *pages = pages_map(16 * PAGE);
	struct dmamem_extent extent;
	struct dmamem_info info;
	struct dmamem_pin pin;
	uint32_t count = 1;
	int region;

	region = uapi_pin_id(self->fd, pages, 16 * PAGE, DMAMEM_PIN_WRITE);
	ASSERT_LT(0, region);
	ASSERT_EQ(0, function_bind(self->edu.bdf, NULL));

	EXPECT_EQ(0, function_is_master(self->edu.bdf));
	EXPECT_EQ(-ENODEV, uapi_info(self->fd, &info));
	EXPECT_EQ(-ENODEV, uapi_pin(self->fd, pages, PAGE, 0, &pin));
	EXPECT_EQ(-ENODEV, uapi_extents(self->fd, region, 0, &extent, &count));
	EXPECT_EQ(-ENODEV, uapi_unpin(self->fd, region));
	EXPECT_EQ(-ENODEV, uapi_verify(self->fd, region, 0, PAGE, NULL));
	EXPECT_EQ(-ENOENT, uapi_open(self->edu.bdf));
	EXPECT_EQ(before + 16, pages_pinned());

	close(self->fd);
	self->fd = -1;
	/* edu has no reset: the pages wait for it to be vouched for */
	EXPECT_EQ(before + 16, pages_pinned());
	EXPECT_EQ(0, function_vouch(self->edu.bdf));
	EXPECT_EQ(before, pages_pinned());
}

struct user {
	long rounds;
	int fd;
	int last_error;
};

/* Pin, look and unpin until something fails */
static void *use_thread(void *arg)
{
	struct user *user = arg;
	char *pages = pages_map(8 * PAGE);
	int region, ret;

	do {
		region = uapi_pin_id(user->fd, pages, 8 * PAGE,
				     DMAMEM_PIN_WRITE);
		ret = region;
		if (ret > 0) {
			uapi_dma_addr(user->fd, region, PAGE);
			ret = uapi_unpin(user->fd, region);
		}
		user->rounds++;
	} while (ret >= 0);
	user->last_error = ret;
	return NULL;
}

TEST_F_TIMEOUT(device, goes_while_busy, 120)
{
	struct user users[4] = { 0 };
	pthread_t threads[4];
	int i;

	for (i = 0; i < 4; i++) {
		users[i].fd = self->fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, use_thread,
					    &users[i]));
	}
	usleep(200000);
	ASSERT_EQ(0, function_bind(self->edu.bdf, NULL));
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(-ENODEV, users[i].last_error);
		EXPECT_LT(1, users[i].rounds);
	}
	close(self->fd);
	self->fd = -1;
	function_vouch(self->edu.bdf);
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(device, module_stays_while_open)
{
	ASSERT_EQ(-1, syscall(SYS_delete_module, "dmamem", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

TEST_F(device, fdinfo)
{
	char *pages = pages_map(4 * PAGE), path[64], want[64];
	int region = uapi_pin_id(self->fd, pages, 4 * PAGE, DMAMEM_PIN_WRITE);

	ASSERT_LT(0, region);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	EXPECT_EQ(4 * PAGE, pages_count(path, "pinned:"));
	snprintf(want, sizeof(want), "region:\t%d addr=%p length=%zu runs=",
		 region, pages, (size_t)(4 * PAGE));
	EXPECT_LT(0, pages_count(path, want));
	EXPECT_EQ(0, uapi_unpin(self->fd, region));
	EXPECT_EQ(-1, pages_count(path, want));
}

TEST_HARNESS_MAIN
