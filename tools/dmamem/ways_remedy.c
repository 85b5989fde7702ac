// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What to do so that a way works.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/ways.h"

#define SAY(...) snprintf(remedy, WAYS_TEXT, __VA_ARGS__)

static bool is_translated(const struct pci_function *function)
{
	return function->group[0] && strcmp(function->group_type, "identity") != 0;
}

void ways_get_iommu(const struct machine *machine, char *remedy)
{
	if (strstr(machine->iommu.options, "iommu=off"))
		SAY("boot without '%s'", machine->iommu.options);
	else if (!strcmp(machine->architecture, "x86_64"))
		SAY("switch VT-d or AMD-Vi on in the firmware; Intel's wants intel_iommu=on, too");
	else
		SAY("switch the IOMMU on in the firmware, if there is one");
}

/* A group goes as a whole */
static void bind_to_vfio(const struct pci_function *function, char *remedy)
{
	size_t length = 0;

	length += SAY("dmamem bind --driver vfio-pci %s", function->bdf);
	if (function->members.nr > 1)
		snprintf(remedy + length, WAYS_TEXT - length,
			 ", and the same for the rest of group %s",
			 function->group);
}

static void for_vfio(const struct way *way, const struct pci_function *function,
		     const struct machine *machine, char *remedy)
{
	if (!function) {
		SAY("name the PCI function: dmamem doctor BDF");
		return;
	}
	switch (way->error) {
	case -EBUSY:
		bind_to_vfio(function, remedy);
		break;
	case -ENOENT:
		if (function->group[0])
			SAY("modprobe vfio-pci vfio_iommu_type1");
		else
			ways_get_iommu(machine, remedy);
		break;
	case -EOPNOTSUPP:
		ways_get_iommu(machine, remedy);
		break;
	case -EACCES:
		SAY("run it as root, or let root give /dev/vfio/%s to you: chown",
		    function->group);
		break;
	}
}

static void for_kmod(const struct way *way, const struct pci_function *function,
		     const struct machine *machine, char *remedy)
{
	switch (way->error) {
	case -ENOENT:
		if (function)
			SAY("dmamem bind %s", function->bdf);
		else
			SAY("dmamem load");
		break;
	case -EPERM:
		if (machine_capable(machine, CAP_SYS_RAWIO))
			SAY("use a function that an IOMMU translates for");
		else if (function && is_translated(function))
			SAY("run it as root, or let root call dmamem bind %s",
			    function->bdf);
		else
			SAY("run it as root, with sudo for example");
		break;
	case -EACCES:
		SAY("run it as root, or join the file's group, which dmamem status shows");
		break;
	case -EBUSY:
	case -EOPNOTSUPP:
		if (function)
			SAY("dmamem bind %s", function->bdf);
		break;
	}
}

/* Physical addresses pass where the IOMMU lets all through */
static void get_through(const struct pci_function *function,
			const struct machine *machine, char *remedy)
{
	SAY("dmamem bind %s, for other addresses; or for physical ones boot with %s",
	    function->bdf, strcmp(machine->architecture, "aarch64") ?
	    "iommu=pt" : "iommu.passthrough=1");
}

static void for_hugepage(const struct way *way,
			 const struct pci_function *function,
			 const struct machine *machine, char *remedy)
{
	switch (way->error) {
	case -EOPNOTSUPP:
		if (function && is_translated(function))
			get_through(function, machine, remedy);
		break;
	case -ENOENT:
		SAY("reserve some: sysctl vm.nr_hugepages=512");
		break;
	case -EPERM:
		SAY("run it as root, with sudo for example");
		break;
	case -EBUSY:
		if (function)
			SAY("dmamem bind --driver uio_pci_generic %s",
			    function->bdf);
		break;
	}
}

void ways_remedy(const struct way *way, const struct pci_function *function,
		 const struct machine *machine, char *remedy)
{
	remedy[0] = '\0';
	if (!strcmp(way->asked, "vfio"))
		for_vfio(way, function, machine, remedy);
	else if (!strcmp(way->asked, "kmod"))
		for_kmod(way, function, machine, remedy);
	else if (!strcmp(way->asked, "hugepage"))
		for_hugepage(way, function, machine, remedy);
}
