// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem doctor advises where the library sees no way.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"

#include <dmamem/dmamem.h>

#include "tools/dmamem/ways.h"

#define BDF "0000:00:04.0"

FIXTURE(ways)
{
	struct machine machine;
	struct pci_function function;
	char remedy[WAYS_TEXT];
};

FIXTURE_SETUP(ways)
{
	memset(self, 0, sizeof(*self));
	snprintf(self->function.bdf, sizeof(self->function.bdf), BDF);
	snprintf(self->machine.architecture,
		 sizeof(self->machine.architecture), "x86_64");
}

FIXTURE_TEARDOWN(ways)
{
}

static void set_group(FIXTURE_DATA(ways) *self, const char *type)
{
	snprintf(self->function.group, sizeof(self->function.group), "7");
	snprintf(self->function.group_type, sizeof(self->function.group_type),
		 "%s", type);
	self->function.members.nr = 1;
}

static const char *remedy(FIXTURE_DATA(ways) *self, const char *asked,
			  int error)
{
	const struct way way = { .asked = asked, .error = error };

	ways_remedy(&way, &self->function, &self->machine, self->remedy);
	return self->remedy;
}

TEST_F(ways, vfio_is_bound)
{
	set_group(self, "DMA");
	EXPECT_STREQ("dmamem bind --driver vfio-pci " BDF,
		     remedy(self, "vfio", -EBUSY));
}

TEST_F(ways, vfio_is_bound_as_a_group)
{
	set_group(self, "DMA");
	self->function.members.nr = 2;
	EXPECT_NE(NULL, strstr(remedy(self, "vfio", -EBUSY), "rest of group 7"));
}

TEST_F(ways, vfio_wants_an_iommu)
{
	EXPECT_NE(NULL, strstr(remedy(self, "vfio", -ENOENT),
			       "intel_iommu=on"));
	snprintf(self->machine.architecture,
		 sizeof(self->machine.architecture), "aarch64");
	EXPECT_EQ(NULL, strstr(remedy(self, "vfio", -ENOENT), "intel"));
}

TEST_F(ways, an_iommu_that_was_switched_off)
{
	snprintf(self->machine.iommu.options,
		 sizeof(self->machine.iommu.options), "amd_iommu=off");
	EXPECT_STREQ("boot without 'amd_iommu=off'",
		     remedy(self, "vfio", -ENOENT));
}

TEST_F(ways, vfio_knows_no_group)
{
	set_group(self, "DMA");
	EXPECT_NE(NULL, strstr(remedy(self, "vfio", -ENOENT), "modprobe"));
}

TEST_F(ways, the_module_is_loaded_or_binds)
{
	struct way way = { .asked = "kmod", .error = -ENOENT };

	EXPECT_STREQ("dmamem bind " BDF, remedy(self, "kmod", -ENOENT));
	EXPECT_STREQ("dmamem bind " BDF, remedy(self, "kmod", -EBUSY));
	EXPECT_STREQ("dmamem bind " BDF, remedy(self, "kmod", -EOPNOTSUPP));
	ways_remedy(&way, NULL, &self->machine, self->remedy);
	EXPECT_STREQ("dmamem load", self->remedy);
}

TEST_F(ways, privilege)
{
	EXPECT_NE(NULL, strstr(remedy(self, "kmod", -EPERM), "as root"));
	EXPECT_EQ(NULL, strstr(remedy(self, "kmod", -EPERM), "bind"));
	set_group(self, "DMA");
	EXPECT_NE(NULL, strstr(remedy(self, "kmod", -EPERM), "bind"));
	set_group(self, "identity");
	EXPECT_EQ(NULL, strstr(remedy(self, "kmod", -EPERM), "bind"));
}

TEST_F(ways, lockdown_stops_root_too)
{
	self->machine.capabilities = UINT64_C(1) << CAP_SYS_RAWIO;
	EXPECT_EQ(NULL, strstr(remedy(self, "kmod", -EPERM), "as root"));
}

TEST_F(ways, huge_pages)
{
	EXPECT_NE(NULL, strstr(remedy(self, "hugepage", -ENOENT),
			       "vm.nr_hugepages"));
	EXPECT_STREQ("dmamem bind --driver uio_pci_generic " BDF,
		     remedy(self, "hugepage", -EBUSY));
	EXPECT_STREQ("", remedy(self, "hugepage", -EOPNOTSUPP));
	set_group(self, "DMA");
	EXPECT_NE(NULL, strstr(remedy(self, "hugepage", -EOPNOTSUPP),
			       "iommu=pt"));
}

TEST_F(ways, under_lockdown_the_module_gives_no_physical_addresses)
{
	struct way way;

	snprintf(self->machine.lockdown, sizeof(self->machine.lockdown),
		 "integrity");
	ways_ask("kmod", NULL, &self->machine, &way);
	EXPECT_EQ(NULL, way.provider);
	EXPECT_EQ(0, way.modes);
	EXPECT_NE(0, way.error);
	EXPECT_NE(0, way.reason[0]);
}

TEST(names_of_modes)
{
	EXPECT_STREQ("va or dma", ways_mode_names(1 << DMAMEM_IOVA_VA |
						  1 << DMAMEM_IOVA_DMA));
	EXPECT_STREQ("pa", ways_mode_names(1 << DMAMEM_IOVA_PA));
	EXPECT_STREQ("none", ways_mode_names(0));
}

TEST_HARNESS_MAIN
