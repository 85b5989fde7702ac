/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory that goes from one NUMA node to another.
 */
#ifndef TOOLS_MEMORY_MIGRATE_H
#define TOOLS_MEMORY_MIGRATE_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/**
 * migrate_other_node() - a node to go to
 * @node: where the memory is
 *
 * Return: the first node with memory that is not @node, -ENODEV if there is
 * none.
 */
int migrate_other_node(int node);

/**
 * migrate_node_of() - where a page is
 * @pid: whose memory; 0 for the caller's
 * @addr: an address in the page
 *
 * Return: the node, -ENOENT if there is no page, or what move_pages() failed
 * with.
 */
int migrate_node_of(pid_t pid, const void *addr);

/**
 * migrate_pages_across() - ask move_pages() to take each page to another node
 * @pid: whose memory; 0 for the caller's
 * @range: the memory
 * @unit: bytes of a page: 2 MiB for hugetlb memory
 *
 * Return: pages that are on the node that they were to go to, or -ENODEV (there
 * is one node only), -ENOMEM, or what move_pages() failed with.
 */
long migrate_pages_across(pid_t pid, const struct iovec *range, size_t unit);

#endif
