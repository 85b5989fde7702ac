// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * VFIO's mode without an IOMMU, where the kernel has it (Debian's have not): it
 * is recognised, and such a device is served with physical addresses.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/dma_rig.h"
#include "selftests/lib/function.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define SWITCH "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode"

FIXTURE(noiommu)
{
	struct edu edu;
	char why[512];
};

FIXTURE_SETUP(noiommu)
{
	memset(self, 0, sizeof(*self));
	if (access(SWITCH, F_OK))
		SKIP_SETUP("VFIO has no such mode in this kernel");
	ASSERT_EQ(0, pages_write(SWITCH, "1"));
	if (edu_bind(&self->edu, "vfio-pci"))
		SKIP_SETUP("no edu device");
	if (function_is_translated(self->edu.bdf))
		SKIP_SETUP("there is an IOMMU");
}

FIXTURE_TEARDOWN(noiommu)
{
}

static int open_device(FIXTURE_DATA(noiommu) *self, const char *provider,
		       enum dmamem_iova_mode mode)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.provider = provider,
		.device = self->edu.bdf,
		.iova_mode = mode,
		.explanation = self->why,
		.explanation_size = sizeof(self->why),
	};
	struct dmamem_context *ctx;
	int ret;

	ret = dmamem_open(&options, &ctx);
	if (!ret)
		dmamem_close(ctx);
	return ret;
}

TEST_F(noiommu, gets_physical_addresses)
{
	struct dma_rig rig;
	void *mem;

	ASSERT_EQ(0, dma_rig_open(&rig, "vfio-pci", NULL, DMAMEM_IOVA_AUTO))
		TH_LOG("%s", rig.why);
	EXPECT_STREQ("kmod", dmamem_get_provider(rig.ctx));
	EXPECT_EQ(DMAMEM_IOVA_PA, dmamem_get_iova_mode(rig.ctx));
	EXPECT_NE(NULL, strstr(dmamem_get_reason(rig.ctx), "no-IOMMU"))
		TH_LOG("%s", dmamem_get_reason(rig.ctx));
	ASSERT_EQ(0, dmamem_alloc(rig.ctx, 2 * PAGE, 0, DMAMEM_ANY_NODE, &mem));
	memset(mem, 0x7d, PAGE);
	ASSERT_EQ(0, dma_rig_copy(&rig, mem, (char *)mem + PAGE));
	EXPECT_EQ(0, memcmp(mem, (char *)mem + PAGE, EDU_BYTES));
	EXPECT_EQ(0, dmamem_free(rig.ctx, mem));
	dma_rig_close(&rig);
}

TEST_F(noiommu, the_vfio_provider_is_refused)
{
	EXPECT_EQ(-EOPNOTSUPP, open_device(self, "vfio", DMAMEM_IOVA_AUTO));
	EXPECT_NE(NULL, strstr(self->why, "no-IOMMU mode"))
		TH_LOG("%s", self->why);
}

TEST_F(noiommu, other_modes_are_refused)
{
	EXPECT_EQ(0, open_device(self, NULL, DMAMEM_IOVA_PA));
	EXPECT_EQ(-EOPNOTSUPP, open_device(self, NULL, DMAMEM_IOVA_VA))
		TH_LOG("%s", self->why);
	EXPECT_GT(0, open_device(self, NULL, DMAMEM_IOVA_DMA));
}

TEST_HARNESS_MAIN
