/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A device's IOMMU group as VFIO sees it.
 */
#ifndef DMAMEM_VFIO_GROUP_H
#define DMAMEM_VFIO_GROUP_H

#include "libdmamem/facts.h"

/**
 * dmamem_vfio_group_open() - open a group that may be used
 * @facts: of a device in it
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: its file, or
 * -ENOENT (VFIO does not know the group),
 * -EACCES (no permission to open its file),
 * -EBUSY (another process has it, or a device of the group is bound to a driver
 * that uses it),
 * or another error of opening the file.
 */
int dmamem_vfio_group_open(const struct dmamem_facts *facts, char *why);

/**
 * dmamem_vfio_group_explain_viability() - which device is in the way
 * @root: "/", or the root of another tree in a test
 * @group: number of the group
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: -EBUSY.
 */
int dmamem_vfio_group_explain_viability(const char *root, const char *group,
					char *why);

#endif
