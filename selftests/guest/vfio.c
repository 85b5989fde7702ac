// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What is particular to VFIO: groups, containers that devices share, limits, no
 * privilege, and IOMMUs that do not take every address of a process.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/dma_rig.h"
#include "selftests/lib/function.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/skip.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

/* Two functions of one device: without ACS they are in one group */
#define FIRST "0000:00:06.0"
#define SECOND "0000:00:06.1"
#define ENTRY_LIMIT "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
#define NOBODY 65534
#define MIB(n) ((size_t)(n) << 20)

FIXTURE(vfio)
{
	struct dma_rig rig;
};

FIXTURE_SETUP(vfio)
{
	int ret = dma_rig_open(&self->rig, "vfio-pci", "vfio",
			       DMAMEM_IOVA_AUTO);

	if (ret == -ENODEV)
		SKIP_SETUP("no edu device");
	if (ret == -ENOENT)
		SKIP_SETUP("no VFIO or no IOMMU");
	ASSERT_EQ(0, ret)
		TH_LOG("%s", self->rig.why);
}

FIXTURE_TEARDOWN(vfio)
{
	dma_rig_close(&self->rig);
}

static int open_device(const char *device, struct dmamem_options *options,
		       struct dmamem_context **ctx, char why[512])
{
	options->size = sizeof(*options);
	options->device = device;
	options->provider = "vfio";
	options->explanation = why;
	options->explanation_size = 512;
	return dmamem_open(options, ctx);
}

static bool there_is(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	return !access(path, F_OK);
}

TEST_F(vfio, a_group_has_one_user)
{
	struct dmamem_options options = { 0 };
	struct dmamem_context *ctx;
	char why[512] = "";

	EXPECT_EQ(-EBUSY, open_device(self->rig.edu.bdf, &options, &ctx, why));
	EXPECT_NE(NULL, strstr(why, "one user at a time"))
		TH_LOG("%s", why);
}

TEST_F(vfio, a_group_must_be_viable)
{
	struct dmamem_options options = { 0 };
	struct dmamem_context *ctx;
	char why[512] = "";

	if (!there_is(SECOND))
		SKIP(return, "no second function");
	ASSERT_EQ(0, function_bind(FIRST, "vfio-pci"));
	ASSERT_EQ(0, function_bind(SECOND, "dmamem"));
	EXPECT_EQ(-EBUSY, open_device(FIRST, &options, &ctx, why));
	EXPECT_NE(NULL, strstr(why, "not viable"))
		TH_LOG("%s", why);
	EXPECT_NE(NULL, strstr(why, SECOND))
		TH_LOG("%s", why);

	ASSERT_EQ(0, function_bind(SECOND, NULL));
	ASSERT_EQ(0, open_device(FIRST, &options, &ctx, why))
		TH_LOG("%s", why);
	EXPECT_EQ(0, dmamem_close(ctx));
}

TEST_F(vfio, devices_share_a_container)
{
	struct dma_rig second = { .edu.bdf = FIRST };
	unsigned char *mem = pages_map(2 * PAGE);

	if (!there_is(SECOND))
		SKIP(return, "no second device");
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, dmamem_register(self->rig.ctx, mem, 2 * PAGE));
	ASSERT_EQ(0, function_bind(FIRST, "vfio-pci"));
	ASSERT_EQ(0, function_bind(SECOND, "vfio-pci"));
	EXPECT_EQ(-ENODEV, dmamem_device_fd(self->rig.ctx, FIRST));
	ASSERT_EQ(0, dmamem_add_device(self->rig.ctx, FIRST));
	EXPECT_EQ(-EEXIST, dmamem_add_device(self->rig.ctx, FIRST));
	/* Another one of a group that is there */
	ASSERT_EQ(0, dmamem_add_device(self->rig.ctx, SECOND));
	EXPECT_LE(0, dmamem_device_fd(self->rig.ctx, self->rig.edu.bdf));
	EXPECT_LE(0, dmamem_device_fd(self->rig.ctx, FIRST));
	EXPECT_LE(0, dmamem_device_fd(self->rig.ctx, SECOND));

	second.ctx = self->rig.ctx;
	ASSERT_EQ(0, dma_rig_map_device(self->rig.ctx, &second.edu));
	memset(mem, 0x3c, PAGE);
	ASSERT_EQ(0, dma_rig_copy(&second, mem, mem + PAGE));
	EXPECT_EQ(0, memcmp(mem, mem + PAGE, EDU_BYTES));
	memset(mem, 0x4d, PAGE);
	ASSERT_EQ(0, dma_rig_copy(&self->rig, mem, mem + PAGE));
	EXPECT_EQ(0, memcmp(mem, mem + PAGE, EDU_BYTES));
}

TEST_F(vfio, devices_that_cannot_be_added)
{
	struct dmamem_context *ctx = self->rig.ctx;

	EXPECT_EQ(-EINVAL, dmamem_add_device(ctx, "edu"));
	EXPECT_EQ(-ENODEV, dmamem_add_device(ctx, "0000:ff:1f.7"));
	EXPECT_GT(0, dmamem_add_device(ctx, "0000:00:04.0"));
	EXPECT_EQ(-ENODEV, dmamem_device_fd(ctx, "0000:00:04.0"));
	EXPECT_EQ(-EINVAL, dmamem_device_fd(ctx, "4"));
}

TEST_F(vfio, memlock_is_explained)
{
	const struct rlimit limit = { MIB(3), MIB(3) };
	char *mem = pages_map(MIB(4));
	char why[512] = "";

	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, privilege_drop(CAP_IPC_LOCK));
	EXPECT_EQ(-ENOMEM, dmamem_register(self->rig.ctx, mem, MIB(4)));
	dmamem_explain(self->rig.ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "RLIMIT_MEMLOCK: needs 4194304"))
		TH_LOG("%s", why);
	EXPECT_EQ(0, dmamem_register(self->rig.ctx, mem, MIB(1) / 2));
}

/* The limit is read when a container is opened */
TEST(entries_are_saved_and_their_limit_respected)
{
	char *mem, *pages = NULL, why[512] = "";
	struct dma_rig rig = { 0 };
	int ret, nr = 0;

	if (pages_write(ENTRY_LIMIT, "4"))
		SKIP(return, "no VFIO");
	ret = dma_rig_open(&rig, "vfio-pci", "vfio", DMAMEM_IOVA_AUTO);
	EXPECT_EQ(0, pages_write(ENTRY_LIMIT, "65535"));
	if (ret == -ENOENT || ret == -ENODEV)
		SKIP(return, "no edu device, or no IOMMU");
	ASSERT_EQ(0, ret);

	/* However many pages: one entry */
	mem = pages_map(MIB(64));
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, dmamem_register(rig.ctx, mem, MIB(64)));
	for (ret = 0; !ret && nr < 8; nr++) {
		pages = pages_map(2 * PAGE);
		ASSERT_NE(NULL, pages);
		ret = dmamem_register(rig.ctx, pages, PAGE);
	}
	EXPECT_EQ(-ENOSPC, ret);
	dmamem_explain(rig.ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "all 4 mappings that dma_entry_limit"))
		TH_LOG("%s", why);
	EXPECT_EQ(DMAMEM_NO_ADDRESS, dmamem_translate(rig.ctx, pages, NULL));
	EXPECT_EQ(0, dmamem_unregister(rig.ctx, mem, MIB(64)));
	EXPECT_EQ(0, dmamem_register(rig.ctx, pages, PAGE));
	dma_rig_close(&rig);
}

TEST_F(vfio, addresses_that_the_device_can_use)
{
	struct dmamem_options options = { .address_bits = 32 };
	unsigned char *mem = pages_map(MIB(4));
	struct dmamem_histogram histogram;
	char why[512] = "", bdf[16];
	struct dma_rig rig = { 0 };
	uint64_t dma;

	ASSERT_NE(NULL, mem);
	memcpy(rig.edu.bdf, self->rig.edu.bdf, sizeof(bdf));
	memcpy(bdf, self->rig.edu.bdf, sizeof(bdf));
	dma_rig_close(&self->rig);
	ASSERT_EQ(0, open_device(bdf, &options, &rig.ctx, why))
		TH_LOG("%s", why);
	EXPECT_EQ(DMAMEM_IOVA_DMA, dmamem_get_iova_mode(rig.ctx));
	ASSERT_EQ(0, dmamem_register(rig.ctx, mem, MIB(4)));
	ASSERT_EQ(0, dmamem_get_histogram(rig.ctx, mem, &histogram));
	EXPECT_EQ(1, histogram.nr_runs);
	dma = dmamem_translate(rig.ctx, mem, NULL);
	EXPECT_GE(UINT32_MAX, dma + MIB(4) - 1);
	EXPECT_EQ((uintptr_t)mem % HUGE, dma % HUGE);

	ASSERT_EQ(0, dma_rig_map_device(rig.ctx, &rig.edu));
	memset(mem, 0x5e, PAGE);
	ASSERT_EQ(0, dma_rig_copy(&rig, mem, mem + MIB(3)));
	EXPECT_EQ(0, memcmp(mem, mem + MIB(3), EDU_BYTES));
	dma_rig_close(&rig);
	options.iova_mode = DMAMEM_IOVA_VA;
	EXPECT_EQ(-EOPNOTSUPP, open_device(bdf, &options, &rig.ctx, why));
	EXPECT_NE(NULL, strstr(why, "mode va"));
}

/* As a user who owns the group's file and nothing else */
static int as_nobody(const char *bdf, int expected, const char *words)
{
	struct dmamem_options options = { 0 };
	struct dmamem_context *ctx;
	char why[512] = "";
	void *mem;

	if (setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	if (open_device(bdf, &options, &ctx, why) != expected)
		return 2;
	if (expected)
		return strstr(why, words) ? 0 : 3;
	if (dmamem_alloc(ctx, 16 * PAGE, DMAMEM_ALLOC_CONTIGUOUS,
			 DMAMEM_ANY_NODE, &mem))
		return 4;
	if (dmamem_device_fd(ctx, bdf) < 0)
		return 5;
	return dmamem_close(ctx) ? 6 : 0;
}

static int run_as_nobody(const char *bdf, int expected, const char *words)
{
	pid_t child = fork();
	int status = -1;

	if (!child)
		_exit(as_nobody(bdf, expected, words));
	waitpid(child, &status, 0);
	return status;
}

TEST_F(vfio, needs_no_privilege_beyond_the_file)
{
	char link[64], target[256] = "", node[64];
	char bdf[16];

	memcpy(bdf, self->rig.edu.bdf, sizeof(bdf));
	dma_rig_close(&self->rig);
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/iommu_group",
		 bdf);
	ASSERT_LT(0, readlink(link, target, sizeof(target) - 1));
	snprintf(node, sizeof(node), "/dev/vfio/%s", strrchr(target, '/') + 1);

	EXPECT_EQ(0, run_as_nobody(bdf, -EACCES, "no permission"));
	ASSERT_EQ(0, chown(node, NOBODY, NOBODY));
	EXPECT_EQ(0, run_as_nobody(bdf, 0, NULL));
	EXPECT_EQ(0, chown(node, 0, 0));
}

/* An IOMMU of 39 bits does not take the addresses of a process */
TEST_F(vfio, a_narrow_iommu_gets_addresses_of_its_own)
{
	struct dmamem_options options = { .iova_mode = DMAMEM_IOVA_VA };
	struct dmamem_context *ctx;
	char why[512] = "", bdf[16];

	if (dmamem_get_iova_mode(self->rig.ctx) == DMAMEM_IOVA_VA)
		SKIP(return, "the IOMMU takes all addresses");
	EXPECT_EQ(DMAMEM_IOVA_DMA, dmamem_get_iova_mode(self->rig.ctx));
	memcpy(bdf, self->rig.edu.bdf, sizeof(bdf));
	dma_rig_close(&self->rig);
	EXPECT_EQ(-EOPNOTSUPP, open_device(bdf, &options, &ctx, why));
	EXPECT_NE(NULL, strstr(why, "mode va"))
		TH_LOG("%s", why);
}

static pid_t unbind_in_child(const char *bdf)
{
	pid_t child = fork();

	if (!child)
		_exit(!!function_bind(bdf, NULL));
	return child;
}

/* Open the function by VFIO, have it guarded, and wait to be killed */
static void guard_and_wait(int out)
{
	struct dma_rig rig = { 0 };
	char *page = pages_map(PAGE);
	int fd, ret;

	ret = dma_rig_open(&rig, "vfio-pci", "vfio", DMAMEM_IOVA_AUTO);
	/* Opened last, closed first */
	fd = ret ? -1 : uapi_open(NULL);
	if (fd >= 0)
		ret = uapi_guard(fd, rig.edu.bdf);
	if (!ret)
		ret = uapi_pin_id(fd, page, PAGE, DMAMEM_PIN_WRITE);
	if (write(out, &ret, sizeof(ret)) == sizeof(ret))
		pause();
	_exit(1);
}

/*
 * Unbinding waits, with the device's lock, for a file that a dying process will
 * close after the one whose close wants the lock.
 */
TEST(guard_dies_while_unbound)
{
	pid_t child, unbinder;
	int pipes[2], ret;
	struct edu edu;

	if (edu_bind(&edu, "vfio-pci"))
		SKIP(return, "no edu device, or no IOMMU");
	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	if (!child)
		guard_and_wait(pipes[1]);
	ASSERT_EQ(sizeof(ret), read(pipes[0], &ret, sizeof(ret)));
	ASSERT_LT(0, ret);
	unbinder = unbind_in_child(edu.bdf);
	/* Let it wait; sooner, the test shows nothing */
	sleep(2);
	ASSERT_EQ(0, waitpid(unbinder, NULL, WNOHANG));
	kill(child, SIGKILL);
	EXPECT_EQ(child, waitpid(child, NULL, 0));
	EXPECT_EQ(unbinder, waitpid(unbinder, &ret, 0));
	EXPECT_EQ(0, ret);
	EXPECT_EQ(0, function_vouch(edu.bdf));
}

TEST_HARNESS_MAIN
