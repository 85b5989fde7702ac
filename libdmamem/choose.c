// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Which provider, and which kind of addresses. What the device is bound to
 * decides, then what translates for it, then what the process may do.
 */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>

#include "libdmamem/choose.h"
#include "libdmamem/provider.h"

struct question {
	const struct dmamem_options *options;
	const struct dmamem_facts *facts;
	char *text;
};

static bool is_auto(const struct question *q)
{
	const char *wanted = q->options->provider;

	return !wanted || !strcmp(wanted, "auto");
}

static bool wants(const struct question *q, const char *provider)
{
	return is_auto(q) || !strcmp(q->options->provider, provider);
}

static bool bound_to(const struct question *q, const char *driver)
{
	return !strcmp(q->facts->driver, driver);
}

static int other_provider(const struct question *q)
{
	return dmamem_because(q->text, -EINVAL, "another provider was asked for");
}

/* @modes: bit n is set when mode n can be had */
static int check_mode(const struct question *q, unsigned int modes,
		      const char *has)
{
	enum dmamem_iova_mode mode = q->options->iova_mode;

	if (mode == DMAMEM_IOVA_AUTO || modes >> mode & 1)
		return 0;
	return dmamem_because(q->text, -EOPNOTSUPP,
			      "mode %s cannot be had: its addresses are %s",
			      dmamem_mode_name(mode), has);
}

static int check_vfio(const struct question *q)
{
	const struct dmamem_facts *facts = q->facts;

	if (!wants(q, "vfio") || q->options->node)
		return other_provider(q);
	if (!facts->device[0])
		return dmamem_because(q->text, -EINVAL, "no device is named");
	/* First of all: another driver would not help */
	if (facts->iommu == DMAMEM_IOMMU_NONE)
		return dmamem_because(q->text, -ENOENT,
				      "%s has no IOMMU group: the machine has no IOMMU, or it is off",
				      facts->device);
	if (!bound_to(q, "vfio-pci"))
		return dmamem_because(q->text, -EBUSY,
				      "%s is bound to %s, not to vfio-pci",
				      facts->device, facts->driver[0] ?
				      facts->driver : "no driver");
	if (facts->iommu == DMAMEM_IOMMU_PRETENDED)
		return dmamem_because(q->text, -EOPNOTSUPP,
				      "group %s of %s is in no-IOMMU mode: nothing translates, it needs physical addresses",
				      facts->group, facts->device);
	if (check_mode(q, 1 << DMAMEM_IOVA_VA | 1 << DMAMEM_IOVA_DMA,
		       "mapped by an IOMMU and not physical"))
		return -EOPNOTSUPP;
	dmamem_because(q->text, 0,
		       "%s is bound to vfio-pci and an IOMMU translates for it, which needs no privilege beyond /dev/vfio/%s",
		       facts->device, facts->group);
	return 0;
}

/* Can the device use every physical address that memory has? */
static bool reaches_memory(const struct question *q)
{
	struct dmamem_fitness fitness;

	dmamem_fitness_init(&fitness, q->options);
	return !q->facts->memory_last ||
	       (fitness.first <= q->facts->memory_first &&
		fitness.last >= q->facts->memory_last);
}

/* If not, some memory may still do: for who asks for it */
static int check_reach(const struct question *q)
{
	struct dmamem_fitness fitness;

	if (reaches_memory(q) || !is_auto(q) ||
	    q->options->iova_mode == DMAMEM_IOVA_PA)
		return 0;
	dmamem_fitness_init(&fitness, q->options);
	return dmamem_because(q->text, -ERANGE,
			      "memory has physical addresses %#jx to %#jx, the device can use %#jx to %#jx: have an IOMMU translate, or ask for mode pa to register what fits",
			      (uintmax_t)q->facts->memory_first,
			      (uintmax_t)q->facts->memory_last,
			      (uintmax_t)fitness.first,
			      (uintmax_t)fitness.last);
}

static const char *how_far(const struct question *q)
{
	return reaches_memory(q) ? "" :
	       ", as far as the device can address it: not all of it";
}

static int check_device_node(const struct question *q)
{
	const struct dmamem_facts *facts = q->facts;
	bool translated = facts->iommu == DMAMEM_IOMMU_TRANSLATES;

	if (!wants(q, "kmod") || q->options->node)
		return other_provider(q);
	if (!facts->device[0])
		return dmamem_because(q->text, -EINVAL, "no device is named");
	if (!bound_to(q, "dmamem"))
		return dmamem_because(q->text, -EBUSY,
				      "%s is bound to %s, not to dmamem",
				      facts->device, facts->driver[0] ?
				      facts->driver : "no driver");
	if (!facts->device_node)
		return dmamem_because(q->text, -ENOENT,
				      "/dev/dmamem-%s is not there",
				      facts->device);
	if (check_mode(q, 1 << (translated ? DMAMEM_IOVA_DMA : DMAMEM_IOVA_PA),
		       translated ? "translated by an IOMMU" : "physical"))
		return -EOPNOTSUPP;
	if (!translated && check_reach(q))
		return -ERANGE;
	dmamem_because(q->text, 0,
		       "%s is bound to dmamem, whose node gives the addresses that this function must use%s",
		       facts->device, translated ? "" : how_far(q));
	return 0;
}

/* Would physical addresses reach the memory? */
static int check_untranslated(const struct question *q)
{
	const struct dmamem_facts *facts = q->facts;

	if (!facts->device[0])
		return 0;
	if (facts->iommu == DMAMEM_IOMMU_TRANSLATES)
		return dmamem_because(q->text, -EOPNOTSUPP,
				      "an IOMMU translates for %s and would stop physical addresses: bind it to vfio-pci or dmamem",
				      facts->device);
	if (facts->iommu == DMAMEM_IOMMU_UNDECIDED)
		return dmamem_because(q->text, -EOPNOTSUPP,
				      "this machine has an IOMMU, which the kernel sets up for %s when a driver takes it: bind it to dmamem or vfio-pci",
				      facts->device);
	if (facts->driver[0] && !bound_to(q, "uio_pci_generic") &&
	    !bound_to(q, "vfio-pci") && !bound_to(q, "dmamem"))
		return dmamem_because(q->text, -EBUSY,
				      "%s is bound to %s, which uses it: unbind it, or bind it to uio_pci_generic, vfio-pci or dmamem",
				      facts->device, facts->driver);
	return 0;
}

static int check_physical(const struct question *q)
{
	int ret;

	if (check_mode(q, 1 << DMAMEM_IOVA_PA, "physical"))
		return -EOPNOTSUPP;
	ret = check_untranslated(q);
	return ret ? ret : check_reach(q);
}

static const char *why_physical(const struct question *q)
{
	if (!q->facts->device[0])
		return "no device is named";
	switch (q->facts->iommu) {
	case DMAMEM_IOMMU_IDENTITY:
		return "the IOMMU lets every address of the device through";
	case DMAMEM_IOMMU_PRETENDED:
		return "the device's group is in VFIO's no-IOMMU mode";
	default:
		return "no IOMMU translates for the device";
	}
}

static int check_node(const struct question *q)
{
	const char *node = q->options->node;

	if (!wants(q, "kmod"))
		return other_provider(q);
	if (node) {
		dmamem_because(q->text, 0, "%s was asked for", node);
		return 0;
	}
	if (!q->facts->node)
		return dmamem_because(q->text, -ENOENT,
				      "the module is not loaded: there is no /dev/dmamem");
	if (!dmamem_facts_capable(q->facts, CAP_SYS_RAWIO))
		return dmamem_because(q->text, -EPERM,
				      "/dev/dmamem gives physical addresses, which takes CAP_SYS_RAWIO");
	if (check_physical(q))
		return check_physical(q);
	dmamem_because(q->text, 0, "%s, and the module pins any memory%s",
		       why_physical(q), how_far(q));
	return 0;
}

static int check_hugepage(const struct question *q)
{
	if (!wants(q, "hugepage") || q->options->node)
		return other_provider(q);
	if (!q->facts->hugetlb_size)
		return dmamem_because(q->text, -ENOENT,
				      "the kernel has no hugetlbfs");
	if (!dmamem_facts_capable(q->facts, CAP_SYS_ADMIN))
		return dmamem_because(q->text, -EPERM,
				      "/proc/self/pagemap shows addresses only to who has CAP_SYS_ADMIN");
	if (check_physical(q))
		return check_physical(q);
	/* Asked for by name, the memory may come from elsewhere */
	if (is_auto(q) && !q->facts->hugetlb_free)
		return dmamem_because(q->text, -ENOENT,
				      "no huge pages are reserved");
	dmamem_because(q->text, 0,
		       "%s; the pages are not pinned, that they stay is the kernel's habit%s",
		       why_physical(q), how_far(q));
	return 0;
}

int dmamem_choose_check(enum dmamem_source source,
			const struct dmamem_options *options,
			const struct dmamem_facts *facts, char *text)
{
	static int (* const checks[])(const struct question *q) = {
		[DMAMEM_SOURCE_VFIO] = check_vfio,
		[DMAMEM_SOURCE_DEVICE_NODE] = check_device_node,
		[DMAMEM_SOURCE_NODE] = check_node,
		[DMAMEM_SOURCE_HUGEPAGE] = check_hugepage,
	};
	const struct question q = { options, facts, text };

	return checks[source](&q);
}

enum dmamem_source dmamem_choose_expected(const struct dmamem_options *options,
					  const struct dmamem_facts *facts)
{
	const struct question q = { options, facts, NULL };

	if (!wants(&q, "kmod"))
		return wants(&q, "vfio") ? DMAMEM_SOURCE_VFIO :
					   DMAMEM_SOURCE_HUGEPAGE;
	if (options->node)
		return DMAMEM_SOURCE_NODE;
	if (bound_to(&q, "dmamem") ||
	    options->iova_mode == DMAMEM_IOVA_DMA)
		return DMAMEM_SOURCE_DEVICE_NODE;
	if (wants(&q, "vfio") &&
	    (options->iova_mode == DMAMEM_IOVA_VA ||
	     (bound_to(&q, "vfio-pci") &&
	      facts->iommu != DMAMEM_IOMMU_PRETENDED)))
		return DMAMEM_SOURCE_VFIO;
	return DMAMEM_SOURCE_NODE;
}
