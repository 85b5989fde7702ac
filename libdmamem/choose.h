/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which provider, and which kind of addresses: decided from facts alone.
 */
#ifndef DMAMEM_CHOOSE_H
#define DMAMEM_CHOOSE_H

#include <dmamem/dmamem.h>

#include "libdmamem/explain.h"
#include "libdmamem/facts.h"

/**
 * enum dmamem_source - where addresses can come from, the one that needs least
 *                      privilege first
 * @DMAMEM_SOURCE_VFIO: the VFIO group of the device
 * @DMAMEM_SOURCE_DEVICE_NODE: the module's node for the device
 * @DMAMEM_SOURCE_NODE: the module's node for physical addresses
 * @DMAMEM_SOURCE_HUGEPAGE: hugetlbfs and pagemap
 * @DMAMEM_NR_SOURCES: how many there are
 */
enum dmamem_source {
	DMAMEM_SOURCE_VFIO,
	DMAMEM_SOURCE_DEVICE_NODE,
	DMAMEM_SOURCE_NODE,
	DMAMEM_SOURCE_HUGEPAGE,
	DMAMEM_NR_SOURCES,
};

/**
 * dmamem_choose_check() - would a source do?
 * @source: the source
 * @options: what the caller wants
 * @facts: what the machine has
 * @text: why, or why not: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: 0, or
 * -EINVAL (the caller wants another provider, or no device is named),
 * -ENOENT (the module is not loaded, or there is no IOMMU),
 * -EBUSY (the device is bound to a driver that uses it),
 * -EPERM (a capability is missing),
 * -ERANGE (the device cannot use all addresses, and nobody asked for them),
 * -EOPNOTSUPP (the source has no addresses of the mode wanted, or not the ones
 * that the device needs).
 */
int dmamem_choose_check(enum dmamem_source source,
			const struct dmamem_options *options,
			const struct dmamem_facts *facts, char *text);

/**
 * dmamem_choose_expected() - the source whose failure explains all others'
 * @options: what the caller wants
 * @facts: what the machine has
 *
 * Return: the source.
 */
enum dmamem_source dmamem_choose_expected(const struct dmamem_options *options,
					  const struct dmamem_facts *facts);

#endif
