// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pages of a function that cannot be stopped: kept, reported, and given back
 * when the function was stopped after all or the administrator says so. QEMU's edu
 * device has no reset method.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/edu.h"
#include "selftests/lib/function.h"
#include "selftests/lib/holder.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/taken.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define QUARANTINE "/sys/module/dmamem/parameters/quarantine"
#define NR_PAGES 16

FIXTURE(quarantine)
{
	struct edu edu;
	char *pages;
	long pinned;
};

FIXTURE_VARIANT(quarantine)
{
	int guarded;
	int killed;
};

FIXTURE_VARIANT_ADD(quarantine, guard)
{
	.guarded = 1,
};

FIXTURE_VARIANT_ADD(quarantine, guard_killed)
{
	.guarded = 1,
	.killed = 1,
};

FIXTURE_VARIANT_ADD(quarantine, node)
{
	.guarded = 0,
};

FIXTURE_VARIANT_ADD(quarantine, node_killed)
{
	.killed = 1,
};

static int open_node(struct edu *edu, int guarded)
{
	int fd = uapi_open(guarded ? NULL : edu->bdf);
	int ret = 0;

	if (fd >= 0 && guarded)
		ret = uapi_guard(fd, edu->bdf);
	return ret ? ret : fd;
}

/* Leave a region behind, by a close or by dying */
static int fill_quarantine(struct edu *edu, int guarded, int killed,
			   char *pages)
{
	struct holder holder;
	int fd, ret;

	if (killed) {
		ret = holder_start(&holder, guarded ? NULL : edu->bdf,
				   guarded ? edu->bdf : NULL, pages,
				   NR_PAGES * PAGE);
		if (!ret)
			holder_kill(&holder);
		return ret;
	}
	fd = open_node(edu, guarded);
	if (fd < 0)
		return fd;
	ret = uapi_pin_id(fd, pages, NR_PAGES * PAGE, DMAMEM_PIN_WRITE);
	close(fd);
	return ret < 0 ? ret : 0;
}

static uint64_t quarantined(void)
{
	struct dmamem_info info = { 0 };
	int fd = uapi_open(NULL);

	uapi_info(fd, &info);
	close(fd);
	return info.quarantined;
}

FIXTURE_SETUP(quarantine)
{
	int ret = edu_open(&self->edu, variant->guarded ? NULL : "dmamem");

	if (ret == -ENODEV)
		SKIP(return, "no edu device");
	ASSERT_EQ(0, ret);
	self->pages = pages_map(NR_PAGES * PAGE);
	ASSERT_NE(NULL, self->pages);
	self->pinned = pages_pinned();
	ASSERT_EQ(0, fill_quarantine(&self->edu, variant->guarded,
				     variant->killed, self->pages));
}

FIXTURE_TEARDOWN(quarantine)
{
	function_vouch(self->edu.bdf);
}

TEST_F(quarantine, keeps_and_reports)
{
	EXPECT_EQ(0, function_is_master(self->edu.bdf));
	EXPECT_EQ(self->pinned + NR_PAGES, pages_pinned());
	EXPECT_EQ(NR_PAGES * PAGE, quarantined());
	EXPECT_EQ(NR_PAGES * PAGE, pages_count(QUARANTINE, self->edu.bdf));
	/* The kept pages stay charged, if there is somebody to charge */
	EXPECT_EQ(variant->killed ? 0 : NR_PAGES * PAGE / 1024,
		  pages_count("/proc/self/status", "VmLck:"));
}

TEST_F(quarantine, ends_by_hand)
{
	EXPECT_EQ(-ENOENT, function_vouch("0000:7f:1f.7"));
	EXPECT_EQ(0, function_vouch(self->edu.bdf));
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(0, quarantined());
	EXPECT_EQ(-1, pages_count(QUARANTINE, self->edu.bdf));
	EXPECT_EQ(0, pages_count("/proc/self/status", "VmLck:"));
	EXPECT_EQ(-ENOENT, function_vouch(self->edu.bdf));
}

/* The name alone asks for the function to be stopped, which it cannot be */
TEST_F(quarantine, name_alone_is_no_promise)
{
	char text[64];

	EXPECT_EQ(-EBUSY, function_release(self->edu.bdf));
	snprintf(text, sizeof(text), "%s forc", self->edu.bdf);
	EXPECT_EQ(-EINVAL, pages_write(QUARANTINE, text));
	EXPECT_EQ(-ENOENT, function_release("0000:00"));
	EXPECT_EQ(self->pinned + NR_PAGES, pages_pinned());
	EXPECT_EQ(NR_PAGES * PAGE, quarantined());
}

/* Out of the kernel's sight, but still in the machine and not reset */
TEST_F(quarantine, outlasts_a_removal)
{
	EXPECT_EQ(0, function_write(self->edu.bdf, "remove", "1"));
	EXPECT_EQ(self->pinned + NR_PAGES, pages_pinned());
	EXPECT_EQ(-EBUSY, function_release(self->edu.bdf));
	EXPECT_EQ(0, function_vouch(self->edu.bdf));
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(0, pages_write("/sys/bus/pci/rescan", "1"));
}

TEST_F(quarantine, module_stays)
{
	ASSERT_EQ(-1, syscall(SYS_delete_module, "dmamem", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

TEST_F(quarantine, function_works_again)
{
	int fd = open_node(&self->edu, variant->guarded);
	int region;

	ASSERT_LE(0, fd);
	region = uapi_pin_id(fd, self->pages, PAGE, DMAMEM_PIN_WRITE);
	EXPECT_LT(0, region);
	EXPECT_EQ(0, uapi_unpin(fd, region));
	close(fd);
	/* Nothing was left this time */
	EXPECT_EQ(NR_PAGES * PAGE, quarantined());
}

/* Who has no privilege must not add to it */
TEST_F(quarantine, node_is_for_the_privileged)
{
	int fd;

	if (variant->guarded)
		SKIP(return, "not bound to dmamem");
	ASSERT_EQ(0, privilege_drop(CAP_SYS_RAWIO));
	EXPECT_EQ(-EBUSY, uapi_open(self->edu.bdf));
	ASSERT_EQ(0, function_vouch(self->edu.bdf));
	fd = uapi_open(self->edu.bdf);
	EXPECT_LE(0, fd);
	close(fd);
}

/*
 * The device is told to write after its user has died. It does not while its bus
 * mastering is off; and when somebody turns that on again, it writes into the
 * page that was kept, which is nobody else's.
 */
#define LATE_PAGES 64
#define LATE_BYTES (LATE_PAGES * PAGE)

FIXTURE(late)
{
	struct edu edu;
	char *page;
	uint64_t phys[LATE_PAGES];
	uint64_t kept;
};

FIXTURE_SETUP(late)
{
	struct holder holder;

	ASSERT_EQ(0, taken_prepare());
	if (edu_open(&self->edu, "dmamem"))
		SKIP(return, "no edu device");
	if (function_is_translated(self->edu.bdf))
		SKIP(return, "an IOMMU keeps it out");
	self->page = mmap(NULL, LATE_BYTES, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->page);
	memset(self->page, 0x11, LATE_BYTES);
	pages_phys_of(self->page, LATE_PAGES, self->phys);
	ASSERT_EQ(0, holder_start(&holder, self->edu.bdf, NULL, self->page,
				  LATE_BYTES));
	self->kept = holder.dma_addr;
	ASSERT_EQ(0, edu_read(&self->edu, self->kept, EDU_BYTES));
	memset(self->page, 0x22, PAGE);
	ASSERT_EQ(0, edu_write(&self->edu, self->kept, EDU_BYTES));
	ASSERT_EQ(0x11, self->page[0]);
	memset(self->page, 0x22, PAGE);
	holder_kill(&holder);
}

FIXTURE_TEARDOWN(late)
{
	EXPECT_EQ(0, function_vouch(self->edu.bdf));
}

TEST_F(late, not_without_bus_mastering)
{
	ASSERT_EQ(0, edu_write(&self->edu, self->kept, EDU_BYTES));
	EXPECT_EQ(0x22, self->page[0]);
	EXPECT_EQ(0x22, self->page[EDU_BYTES - 1]);
}

/* What the device finds in the page that was kept: its first byte */
static int look_at_kept(struct edu *edu, uint64_t kept)
{
	char *mine = pages_map(PAGE);
	int ret, fd = uapi_open(NULL);
	uint64_t addr;

	addr = uapi_dma_addr(fd, uapi_pin_id(fd, mine, PAGE, DMAMEM_PIN_WRITE),
			     0);
	ret = addr ? edu_read(edu, kept, EDU_BYTES) : -EIO;
	if (!ret)
		ret = edu_write(edu, addr, EDU_BYTES);
	close(fd);
	return ret ? ret : mine[0];
}

TEST_F_TIMEOUT(late, harmless_with_it, 300)
{
	struct taken taken;

	ASSERT_EQ(0, munmap(self->page, LATE_BYTES));
	ASSERT_EQ(0, taken_fill(&taken));
	EXPECT_EQ(0, taken_count(&taken, self->phys, LATE_PAGES));
	ASSERT_EQ(0, function_enable(self->edu.bdf, 1));
	ASSERT_EQ(0, edu_write(&self->edu, self->kept, EDU_BYTES));
	EXPECT_EQ(0, taken_changed(&taken));
	/* It did write */
	EXPECT_EQ(0x11, look_at_kept(&self->edu, self->kept));
	taken_free(&taken);
}

/*
 * A controller that can be reset, but not while it should be: for once, the
 * kernel is told to know no method.
 */
FIXTURE(resettable)
{
	char bdf[FUNCTION_NAME];
	long pinned;
};

FIXTURE_VARIANT(resettable)
{
	int guarded;
};

FIXTURE_VARIANT_ADD(resettable, guard)
{
	.guarded = 1,
};

FIXTURE_VARIANT_ADD(resettable, node)
{
	.guarded = 0,
};

FIXTURE_SETUP(resettable)
{
	char *pages = pages_map(NR_PAGES * PAGE);
	int fd;

	self->pinned = pages_pinned();
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	ASSERT_EQ(0, function_bind(self->bdf,
				   variant->guarded ? NULL : "dmamem"));
	ASSERT_EQ(0, function_write(self->bdf, "reset_method", "\n"));
	fd = uapi_open(variant->guarded ? NULL : self->bdf);
	ASSERT_LE(0, fd);
	if (variant->guarded)
		ASSERT_EQ(0, uapi_guard(fd, self->bdf));
	ASSERT_LT(0, uapi_pin_id(fd, pages, NR_PAGES * PAGE,
				 DMAMEM_PIN_WRITE));
	close(fd);
	ASSERT_EQ(self->pinned + NR_PAGES, pages_pinned());
	ASSERT_EQ(NR_PAGES * PAGE, pages_count(QUARANTINE, self->bdf));
}

FIXTURE_TEARDOWN(resettable)
{
	function_vouch(self->bdf);
	function_write(self->bdf, "reset_method", "default");
}

TEST_F(resettable, stopped_after_all)
{
	ASSERT_EQ(-EBUSY, function_release(self->bdf));
	ASSERT_EQ(0, function_write(self->bdf, "reset_method", "default"));
	EXPECT_EQ(0, function_release(self->bdf));
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(0, quarantined());
}

/* Nobody tells us whether it succeeded */
TEST_F(resettable, not_by_a_reset_of_others)
{
	ASSERT_EQ(0, function_write(self->bdf, "reset_method", "default"));
	ASSERT_EQ(0, function_write(self->bdf, "reset", "1"));
	EXPECT_EQ(NR_PAGES * PAGE, quarantined());
	EXPECT_EQ(0, function_release(self->bdf));
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(resettable, stopped_when_removed)
{
	ASSERT_EQ(0, function_write(self->bdf, "reset_method", "default"));
	ASSERT_EQ(0, function_write(self->bdf, "remove", "1"));
	EXPECT_EQ(self->pinned, pages_pinned());
	EXPECT_EQ(0, quarantined());
	EXPECT_EQ(0, pages_write("/sys/bus/pci/rescan", "1"));
}

TEST_HARNESS_MAIN
