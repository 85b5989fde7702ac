// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Which provider is chosen on which machine, and what is said where none is.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include "libdmamem/choose.h"

#define CAPABLE(cap) (UINT64_C(1) << (cap))
#define ROOT (CAPABLE(CAP_SYS_RAWIO) | CAPABLE(CAP_SYS_ADMIN))

FIXTURE(choose)
{
	struct dmamem_options options;
	struct dmamem_facts facts;
	char text[DMAMEM_EXPLANATION_SIZE];
};

/* A machine with everything, and a process that may do everything */
FIXTURE_SETUP(choose)
{
	memset(self, 0, sizeof(*self));
	self->facts.capabilities = ROOT;
	self->facts.node = true;
	self->facts.hugetlb_size = 2 << 20;
	self->facts.hugetlb_free = 2 << 20;
}

FIXTURE_TEARDOWN(choose)
{
}

static void set_device(struct dmamem_facts *facts, const char *driver,
		       enum dmamem_iommu iommu)
{
	snprintf(facts->device, sizeof(facts->device), "0000:00:04.0");
	snprintf(facts->driver, sizeof(facts->driver), "%s", driver);
	snprintf(facts->group, sizeof(facts->group), "%s",
		 iommu == DMAMEM_IOMMU_NONE ||
		 iommu == DMAMEM_IOMMU_UNDECIDED ? "" : "3");
	facts->iommu = iommu;
	facts->device_node = !strcmp(driver, "dmamem");
}

/* The first source that will do, or DMAMEM_NR_SOURCES */
static int choose(FIXTURE_DATA(choose) *self)
{
	int source;

	for (source = 0; source < DMAMEM_NR_SOURCES; source++)
		if (!dmamem_choose_check(source, &self->options, &self->facts,
					 self->text))
			break;
	return source;
}

/* What the caller is told when nothing will do */
static int failure(FIXTURE_DATA(choose) *self)
{
	enum dmamem_source source;

	source = dmamem_choose_expected(&self->options, &self->facts);
	return dmamem_choose_check(source, &self->options, &self->facts,
				   self->text);
}

TEST_F(choose, without_a_device_the_module)
{
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
}

TEST_F(choose, without_the_module_huge_pages)
{
	self->facts.node = false;
	EXPECT_EQ(DMAMEM_SOURCE_HUGEPAGE, choose(self));
}

TEST_F(choose, without_anything_the_module_is_missing)
{
	self->facts.node = false;
	self->facts.hugetlb_free = 0;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-ENOENT, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "/dev/dmamem"));
}

TEST_F(choose, huge_pages_asked_for_by_name_need_not_be_reserved)
{
	self->facts.hugetlb_free = 0;
	self->options.provider = "hugepage";
	EXPECT_EQ(DMAMEM_SOURCE_HUGEPAGE, choose(self));
}

TEST_F(choose, vfio_and_an_iommu_come_first)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_TRANSLATES);
	EXPECT_EQ(DMAMEM_SOURCE_VFIO, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "/dev/vfio/3"));
}

TEST_F(choose, vfio_needs_no_capability)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_TRANSLATES);
	self->facts.capabilities = 0;
	self->facts.node = false;
	EXPECT_EQ(DMAMEM_SOURCE_VFIO, choose(self));
}

/* VFIO replaces the identity domain by one of its own */
TEST_F(choose, vfio_translates_in_passthrough_mode_too)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_IDENTITY);
	EXPECT_EQ(DMAMEM_SOURCE_VFIO, choose(self));
}

TEST_F(choose, noiommu_mode_takes_physical_addresses)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_PRETENDED);
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "no-IOMMU"));
}

TEST_F(choose, noiommu_mode_is_not_for_the_vfio_provider)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_PRETENDED);
	self->options.provider = "vfio";
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EOPNOTSUPP, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "no-IOMMU"));
}

TEST_F(choose, bound_to_dmamem_its_own_node)
{
	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_TRANSLATES);
	EXPECT_EQ(DMAMEM_SOURCE_DEVICE_NODE, choose(self));
	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_NONE);
	EXPECT_EQ(DMAMEM_SOURCE_DEVICE_NODE, choose(self));
}

TEST_F(choose, the_iommu_decides_the_mode_of_a_device_s_own_node)
{
	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_TRANSLATES);
	self->options.iova_mode = DMAMEM_IOVA_DMA;
	EXPECT_EQ(DMAMEM_SOURCE_DEVICE_NODE, choose(self));
	self->options.iova_mode = DMAMEM_IOVA_PA;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));

	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_IDENTITY);
	EXPECT_EQ(DMAMEM_SOURCE_DEVICE_NODE, choose(self));
	self->options.iova_mode = DMAMEM_IOVA_DMA;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
}

TEST_F(choose, unbound_or_uio_without_an_iommu_physical)
{
	set_device(&self->facts, "", DMAMEM_IOMMU_NONE);
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
	set_device(&self->facts, "uio_pci_generic", DMAMEM_IOMMU_IDENTITY);
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
}

TEST_F(choose, physical_addresses_behind_an_iommu_are_refused)
{
	set_device(&self->facts, "uio_pci_generic", DMAMEM_IOMMU_TRANSLATES);
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EOPNOTSUPP, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "bind it to vfio-pci or dmamem"));
}

TEST_F(choose, physical_addresses_wait_for_an_iommu_to_be_set_up)
{
	set_device(&self->facts, "", DMAMEM_IOMMU_UNDECIDED);
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EOPNOTSUPP, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "when a driver takes it"));
}

TEST_F(choose, a_device_that_is_in_use_is_refused)
{
	set_device(&self->facts, "nvme", DMAMEM_IOMMU_NONE);
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EBUSY, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "nvme"));
}

TEST_F(choose, privilege_that_is_missing_is_named)
{
	self->facts.capabilities = 0;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EPERM, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "CAP_SYS_RAWIO"));

	self->options.provider = "hugepage";
	EXPECT_EQ(-EPERM, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "CAP_SYS_ADMIN"));
}

TEST_F(choose, a_mode_that_cannot_be_had_is_refused)
{
	self->options.iova_mode = DMAMEM_IOVA_VA;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EINVAL, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "no device"));

	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_TRANSLATES);
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EOPNOTSUPP, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "mode va"));

	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_TRANSLATES);
	self->options.iova_mode = DMAMEM_IOVA_PA;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-EOPNOTSUPP, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "mode pa"));
}

TEST_F(choose, pa_mode_skips_what_translates)
{
	self->options.iova_mode = DMAMEM_IOVA_PA;
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_IDENTITY);
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
}

TEST_F(choose, a_node_that_was_named_is_taken)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_TRANSLATES);
	self->options.node = "/dev/dmamem";
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
}

TEST_F(choose, vfio_without_an_iommu)
{
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_NONE);
	self->options.provider = "vfio";
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-ENOENT, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "no IOMMU group"));
}

TEST_F(choose, vfio_without_vfio_pci)
{
	set_device(&self->facts, "nvme", DMAMEM_IOMMU_TRANSLATES);
	self->options.provider = "vfio";
	EXPECT_EQ(-EBUSY, failure(self));
	EXPECT_NE(NULL, strstr(self->text, "bound to nvme"));
}

TEST_F(choose, vfio_wants_an_iommu_before_a_driver)
{
	set_device(&self->facts, "nvme", DMAMEM_IOMMU_NONE);
	self->options.provider = "vfio";
	EXPECT_EQ(-ENOENT, failure(self));
	set_device(&self->facts, "", DMAMEM_IOMMU_UNDECIDED);
	EXPECT_EQ(-EBUSY, failure(self));
}

/* 8 GiB, with a hole below 4 GiB: up to 9 GiB */
static void set_memory(struct dmamem_facts *facts)
{
	facts->memory_first = 0x1000;
	facts->memory_last = 0x23fffffff;
}

TEST_F(choose, a_device_that_reaches_all_memory)
{
	set_memory(&self->facts);
	set_device(&self->facts, "", DMAMEM_IOMMU_NONE);
	self->options.address_bits = 34;
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
	EXPECT_EQ(NULL, strstr(self->text, "not all"));
	self->options.window_first = 0x1000;
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
}

TEST_F(choose, a_device_that_does_not_reach_all_memory)
{
	static const char * const drivers[] = { "", "uio_pci_generic",
						"dmamem" };

	set_memory(&self->facts);
	self->options.address_bits = 33;
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		set_device(&self->facts, drivers[i], DMAMEM_IOMMU_NONE);
		EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
		EXPECT_EQ(-ERANGE, failure(self))
			TH_LOG("%s", self->text);
		EXPECT_NE(NULL, strstr(self->text, "0x23fffffff"));
		EXPECT_NE(NULL, strstr(self->text, "0x1ffffffff"));
	}
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_PRETENDED);
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-ERANGE, failure(self));
}

TEST_F(choose, a_window_that_begins_too_late)
{
	set_memory(&self->facts);
	self->options.window_first = 0x2000;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
	EXPECT_EQ(-ERANGE, failure(self));
	self->facts.node = false;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
}

TEST_F(choose, an_iommu_makes_narrow_devices_reach_all_memory)
{
	set_memory(&self->facts);
	self->options.address_bits = 32;
	set_device(&self->facts, "vfio-pci", DMAMEM_IOMMU_TRANSLATES);
	EXPECT_EQ(DMAMEM_SOURCE_VFIO, choose(self));
	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_TRANSLATES);
	EXPECT_EQ(DMAMEM_SOURCE_DEVICE_NODE, choose(self));
	EXPECT_EQ(NULL, strstr(self->text, "not all"));
}

TEST_F(choose, who_asks_for_it_gets_what_is_in_reach)
{
	set_memory(&self->facts);
	self->options.address_bits = 32;
	self->options.iova_mode = DMAMEM_IOVA_PA;
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "not all"));
	self->options.iova_mode = DMAMEM_IOVA_AUTO;
	self->options.provider = "kmod";
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "not all"));
	set_device(&self->facts, "dmamem", DMAMEM_IOMMU_NONE);
	EXPECT_EQ(DMAMEM_SOURCE_DEVICE_NODE, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "not all"));
	self->options.provider = "hugepage";
	EXPECT_EQ(DMAMEM_SOURCE_HUGEPAGE, choose(self));
	EXPECT_NE(NULL, strstr(self->text, "not all"));
}

TEST_F(choose, where_memory_is_unknown_registration_tells)
{
	self->options.address_bits = 32;
	EXPECT_EQ(DMAMEM_SOURCE_NODE, choose(self));
}

TEST_F(choose, auto_by_name_is_auto)
{
	self->options.provider = "auto";
	self->facts.node = false;
	self->facts.hugetlb_free = 0;
	EXPECT_EQ(DMAMEM_NR_SOURCES, choose(self));
}

TEST_HARNESS_MAIN
