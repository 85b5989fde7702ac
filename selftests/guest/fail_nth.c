// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Every place at which a call can fail, for want of memory or because user
 * memory cannot be read or written, fails once: the call says so, has changed
 * nothing, and succeeds when nothing fails.
 *
 * Without fault injection in the kernel (no stock kernel has it) this is a SKIP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/fail_nth.h"
#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/kinds.h"
#include "tools/memory/pages.h"

#define TIMEOUT 600

/* More places than any call has: the walk must end before */
#define MAX_PLACES 5000

/* Runs of one page each, more than two pages of the kernel's memory describe */
#define SCATTERED 300
#define UNTOUCHED 8

/*
 * @bdf: A function
 * @node: Whose node is opened: that of @bdf or, if NULL, /dev/dmamem
 * @nth: Orders failures
 * @fd: The file that calls are made on, or -1
 * @pinned: Pages pinned before the call, in the whole machine
 * @pinned_first: And before the test
 * @memory, @length: What is pinned
 * @region: The pin
 * @extents: Room for those of a region
 */
struct rig {
	char bdf[FUNCTION_NAME];
	const char *node;
	int nth;
	int fd;
	long pinned;
	long pinned_first;
	char *memory;
	size_t length;
	uint32_t region;
	struct dmamem_extent *extents;
};

FIXTURE(failures)
{
	struct rig rig;
};

/* The node of a function, or /dev/dmamem with that function as a guard */
FIXTURE_VARIANT(failures)
{
	bool bound;
};

FIXTURE_VARIANT_ADD(failures, memory)
{
	.bound = false,
};

FIXTURE_VARIANT_ADD(failures, device)
{
	.bound = true,
};

static int close_file(struct rig *rig)
{
	int fd = rig->fd;

	rig->fd = -1;
	return close(fd) ? -errno : 0;
}

static int open_file(struct rig *rig)
{
	rig->fd = uapi_open(rig->node);
	return rig->fd < 0 ? rig->fd : 0;
}

static int prepare_function(struct rig *rig, bool bound)
{
	int ret = function_find(FUNCTION_NVME, rig->bdf);

	if (!ret)
		ret = function_bind(rig->bdf, bound ? "dmamem" : NULL);
	if (bound)
		rig->node = rig->bdf;
	return ret;
}

FIXTURE_SETUP(failures)
{
	struct rig *rig = &self->rig;
	int ret;

	rig->fd = -1;
	if (access("/dev/dmamem", F_OK))
		SKIP(return, "no /dev/dmamem");
	rig->nth = fail_nth_open();
	if (rig->nth == -ENOENT)
		SKIP(return, "the kernel has no fault injection");
	ASSERT_LE(0, rig->nth);
	ret = prepare_function(rig, variant->bound);
	if (ret == -ENODEV)
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, ret);
	rig->extents = pages_map(SCATTERED * sizeof(*rig->extents));
	ASSERT_NE(NULL, rig->extents);
	rig->pinned_first = pages_pinned();
	ASSERT_EQ(0, open_file(rig));
	if (!variant->bound)
		ASSERT_EQ(0, uapi_guard(rig->fd, rig->bdf));
}

FIXTURE_TEARDOWN(failures)
{
	if (self->rig.fd >= 0)
		EXPECT_EQ(0, close(self->rig.fd));
	EXPECT_EQ(0, pages_count("/proc/self/status", "VmLck:"));
	EXPECT_EQ(self->rig.pinned_first, pages_pinned());
}

/* -- Calls: prepared, made while a place fails, and undone -- */

/*
 * @prepare: Memory and regions for the call, new each time; may be NULL
 * @run: The call
 * @undo: What takes back a call that succeeded; may be NULL
 * @clean: What takes back @prepare; may be NULL
 */
struct walk {
	int (*prepare)(struct rig *rig);
	int (*run)(struct rig *rig);
	int (*undo)(struct rig *rig);
	int (*clean)(struct rig *rig);
};

static int call_if(int (*function)(struct rig *rig), struct rig *rig)
{
	return function ? function(rig) : 0;
}

static bool error_is_expected(int error)
{
	return error == -ENOMEM || error == -EFAULT;
}

/* What the kernel and the file say of pins is what it was before */
static bool nothing_changed(const struct rig *rig, uint64_t pinned_before)
{
	struct dmamem_info info;

	if (pages_pinned() != rig->pinned)
		return false;
	if (rig->fd < 0)
		return true;
	return !uapi_info(rig->fd, &info) && info.pinned == pinned_before;
}

static uint64_t pinned_by_file(const struct rig *rig)
{
	struct dmamem_info info;

	if (rig->fd < 0 || uapi_info(rig->fd, &info))
		return 0;
	return info.pinned;
}

/* One call, whose @n-th place fails. 1 if it has less places, 0 or -errno */
static int step(struct rig *rig, const struct walk *walk, unsigned int n)
{
	uint64_t pinned_before;
	int happened;
	int ret;

	ret = call_if(walk->prepare, rig);
	if (ret)
		return ret;
	rig->pinned = pages_pinned();
	pinned_before = pinned_by_file(rig);

	ret = fail_nth_arm(rig->nth, n);
	if (ret)
		return ret;
	ret = walk->run(rig);
	happened = fail_nth_disarm(rig->nth);
	if (happened < 0)
		return happened;

	if (!ret)
		ret = call_if(walk->undo, rig);
	else if (happened && error_is_expected(ret))
		ret = nothing_changed(rig, pinned_before) ? 0 : -EUCLEAN;
	if (ret)
		return ret;
	ret = call_if(walk->clean, rig);
	return ret ? ret : !happened;
}

static int walk_places(struct rig *rig, const struct walk *walk)
{
	unsigned int n;
	int ret = 0;

	for (n = 1; !ret && n < MAX_PLACES; n++)
		ret = step(rig, walk, n);
	printf("# %u places\n", n - 2);
	return ret == 1 ? 0 : ret ? ret : -ELOOP;
}

/* -- Memory -- */

static int map_untouched(struct rig *rig)
{
	rig->length = UNTOUCHED * PAGE;
	rig->memory = mmap(NULL, rig->length, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return rig->memory == MAP_FAILED ? -errno : 0;
}

static int map_shared(struct rig *rig)
{
	rig->length = UNTOUCHED * PAGE;
	rig->memory = mmap(NULL, rig->length, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return rig->memory == MAP_FAILED ? -errno : 0;
}

static int unmap(struct rig *rig)
{
	return munmap(rig->memory, rig->length) ? -errno : 0;
}

/* Pages that others came between */
static int map_scattered(struct rig *rig)
{
	size_t length = SCATTERED * PAGE;
	char *both = mmap(NULL, 2 * length, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (both == MAP_FAILED || madvise(both, 2 * length, MADV_NOHUGEPAGE))
		return -errno;
	for (size_t i = 0; i < length; i += PAGE) {
		both[i] = 1;
		both[length + i] = 1;
	}
	rig->memory = both;
	rig->length = length;
	return munmap(both + length, length) ? -errno : 0;
}

/* A page of a file, which a pin for reading must copy */
static int map_hugetlb(struct rig *rig)
{
	pages_reserve_hugetlb(8);
	rig->length = HUGE;
	for (unsigned int i = 0; i < nr_kinds; i++)
		if (!strcmp(kinds[i].name, "private hugetlb file"))
			rig->memory = kinds[i].map(HUGE, PROT_READ);
	return rig->memory ? 0 : -ENOMEM;
}

/* -- Commands -- */

static int info(struct rig *rig)
{
	struct dmamem_info info;

	return uapi_info(rig->fd, &info);
}

/* What is said of a failure must not be made up */
static int pin(struct rig *rig, uint32_t flags)
{
	struct dmamem_pin pin;
	int ret = uapi_pin(rig->fd, rig->memory, rig->length, flags, &pin);

	rig->region = pin.region;
	if (ret && pin.cause != DMAMEM_CAUSE_NONE &&
	    (ret != -ENOMEM || pin.cause != DMAMEM_CAUSE_NO_MEMORY)) {
		printf("# error %d, cause %u\n", ret, pin.cause);
		return -EBADMSG;
	}
	return ret;
}

static int pin_to_write(struct rig *rig)
{
	return pin(rig, DMAMEM_PIN_WRITE);
}

static int pin_to_read(struct rig *rig)
{
	return pin(rig, 0);
}

static int unpin(struct rig *rig)
{
	return uapi_unpin(rig->fd, rig->region);
}

static int map_and_pin(struct rig *rig)
{
	int ret = map_scattered(rig);

	return ret ? ret : pin_to_write(rig);
}

static int unpin_and_unmap(struct rig *rig)
{
	int ret = unpin(rig);

	return ret ? ret : unmap(rig);
}

static int extents(struct rig *rig)
{
	uint32_t count = SCATTERED;

	return uapi_extents(rig->fd, rig->region, 0, rig->extents, &count);
}

static int verify(struct rig *rig)
{
	return uapi_verify(rig->fd, rig->region, 0, rig->length, NULL);
}

static int guard(struct rig *rig)
{
	return uapi_guard(rig->fd, rig->bdf);
}

static int read_fdinfo(struct rig *rig)
{
	char path[64], text[256];
	int ret = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", rig->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* -- Every call -- */

TEST_F_TIMEOUT(failures, pin_private, TIMEOUT)
{
	const struct walk walk = { map_untouched, pin_to_write, unpin, unmap };

	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

TEST_F_TIMEOUT(failures, pin_private_to_read, TIMEOUT)
{
	const struct walk walk = { map_untouched, pin_to_read, unpin, unmap };

	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

TEST_F_TIMEOUT(failures, pin_shared, TIMEOUT)
{
	const struct walk walk = { map_shared, pin_to_write, unpin, unmap };

	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

TEST_F_TIMEOUT(failures, pin_scattered, TIMEOUT)
{
	const struct walk walk = { map_scattered, pin_to_write, unpin, unmap };

	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

TEST_F_TIMEOUT(failures, pin_hugetlb_to_read, TIMEOUT)
{
	const struct walk walk = { map_hugetlb, pin_to_read, unpin, unmap };

	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

TEST_F_TIMEOUT(failures, info, TIMEOUT)
{
	const struct walk walk = { .run = info };

	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

TEST_F_TIMEOUT(failures, extents, TIMEOUT)
{
	const struct walk walk = { .run = extents };

	ASSERT_EQ(0, map_and_pin(&self->rig));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
	EXPECT_EQ(0, unpin_and_unmap(&self->rig));
}

TEST_F_TIMEOUT(failures, verify, TIMEOUT)
{
	const struct walk walk = { .run = verify };

	ASSERT_EQ(0, map_and_pin(&self->rig));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
	EXPECT_EQ(0, unpin_and_unmap(&self->rig));
}

/* A page that is not in the page tables must be faulted in to be compared */
TEST_F_TIMEOUT(failures, verify_with_fault, TIMEOUT)
{
	const struct walk walk = { .run = verify };

	ASSERT_EQ(0, map_shared(&self->rig));
	ASSERT_EQ(0, pin_to_write(&self->rig));
	ASSERT_EQ(0, madvise(self->rig.memory, self->rig.length, MADV_DONTNEED));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
	EXPECT_EQ(0, unpin_and_unmap(&self->rig));
}

TEST_F_TIMEOUT(failures, fdinfo, TIMEOUT)
{
	const struct walk walk = { .run = read_fdinfo };

	ASSERT_EQ(0, map_and_pin(&self->rig));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
	EXPECT_EQ(0, unpin_and_unmap(&self->rig));
}

/* The region is there as long as UNPIN has not said that it is not */
static int pin_again(struct rig *rig)
{
	int ret = uapi_verify(rig->fd, rig->region, 0, PAGE, NULL);

	return ret == -ENOENT ? pin_to_write(rig) : ret;
}

TEST_F_TIMEOUT(failures, unpin, TIMEOUT)
{
	const struct walk walk = { pin_again, unpin, NULL, NULL };

	ASSERT_EQ(0, map_and_pin(&self->rig));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
	EXPECT_EQ(0, unmap(&self->rig));
}

TEST_F_TIMEOUT(failures, open, TIMEOUT)
{
	const struct walk walk = { NULL, open_file, close_file, NULL };

	ASSERT_EQ(0, close_file(&self->rig));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

static int reopen(struct rig *rig)
{
	int ret = close_file(rig);

	return ret ? ret : open_file(rig);
}

TEST_F_TIMEOUT(failures, guard, TIMEOUT)
{
	const struct walk walk = { reopen, guard, NULL, NULL };

	if (variant->bound)
		SKIP(return, "no function to guard");
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

/* The file is open, with a region, and a guard if it is /dev/dmamem */
static int open_and_pin(struct rig *rig)
{
	int ret = open_file(rig);

	if (!ret && !rig->node)
		ret = uapi_guard(rig->fd, rig->bdf);
	return ret ? ret : map_and_pin(rig);
}

/*
 * A function whose reset failed for want of memory may write on: its pages are
 * kept, and reported, until they are given back by hand.
 */
static int end_quarantine(struct rig *rig)
{
	struct dmamem_info info;
	int fd = uapi_open(NULL);
	int ret;

	if (fd < 0)
		return fd;
	ret = uapi_info(fd, &info);
	close(fd);
	if (!ret && info.quarantined)
		ret = function_vouch(rig->bdf);
	return ret;
}

static int nothing_left(struct rig *rig)
{
	int ret = end_quarantine(rig);

	if (!ret && pages_pinned() != rig->pinned_first)
		ret = -EUCLEAN;
	return ret ? ret : unmap(rig);
}

TEST_F_TIMEOUT(failures, close, TIMEOUT)
{
	const struct walk walk = { open_and_pin, close_file, NULL,
				   nothing_left };

	ASSERT_EQ(0, close_file(&self->rig));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
}

static int unbind(struct rig *rig)
{
	return function_bind(rig->bdf, NULL);
}

/*
 * The errors of the driver core are its own, and some it keeps to itself: what
 * counts is the node.
 */
static int bind(struct rig *rig)
{
	char path[64];
	int ret;

	ret = function_bind(rig->bdf, "dmamem");
	snprintf(path, sizeof(path), "/dev/dmamem-%s", rig->bdf);
	return ret && access(path, F_OK) ? -ENOMEM : 0;
}

TEST_F_TIMEOUT(failures, bind, TIMEOUT)
{
	const struct walk walk = { unbind, bind, NULL, NULL };

	if (!variant->bound)
		SKIP(return, "no function to bind");
	ASSERT_EQ(0, close_file(&self->rig));
	/* Enabled already: else ACPI is asked, which stumbles by itself */
	ASSERT_EQ(0, unbind(&self->rig));
	ASSERT_EQ(0, function_write(self->rig.bdf, "enable", "1"));
	EXPECT_EQ(0, walk_places(&self->rig, &walk));
	EXPECT_EQ(0, unbind(&self->rig));
	EXPECT_EQ(0, function_write(self->rig.bdf, "enable", "0"));
}

TEST_HARNESS_MAIN
