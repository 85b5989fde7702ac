/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * How much memory there is to take.
 */
#ifndef DMAMEM_ALLOC_ROOM_H
#define DMAMEM_ALLOC_ROOM_H

#include <stdint.h>

/**
 * dmamem_room() - bytes that the kernel has to give without taking them away
 * @root: "/", or a tree that looks like it
 * @node: NUMA node that they are to be on, or DMAMEM_ANY_NODE
 *
 * Free memory of that node, or of those that the process may use, as far as the
 * memory cgroups of the process have room for it. What cannot be read counts as
 * nothing: in a cgroup namespace there may be limits that nobody can see.
 *
 * Return: how many.
 */
uint64_t dmamem_room(const char *root, int node);

#endif
