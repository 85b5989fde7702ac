// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <linux/mempolicy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/memory/migrate.h"

#define MAX_NODES 1024

int migrate_other_node(int node)
{
	char path[64];

	for (int other = 0; other < MAX_NODES; other++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/meminfo", other);
		if (other != node && !access(path, F_OK))
			return other;
	}
	return -ENODEV;
}

static long move_pages(pid_t pid, size_t nr, void **pages, const int *nodes,
		       int *status)
{
	long ret = syscall(SYS_move_pages, pid, nr, pages, nodes, status,
			   nodes ? MPOL_MF_MOVE_ALL : 0);

	return ret < 0 ? -errno : ret;
}

int migrate_node_of(pid_t pid, const void *addr)
{
	void *page = (void *)addr;
	int node;
	long ret = move_pages(pid, 1, &page, NULL, &node);

	return ret < 0 ? (int)ret : node;
}

struct batch {
	size_t nr;
	void **pages;
	int *from;
	int *to;
	int *status;
};

/* Where each page is, and where it is to go */
static long plan(pid_t pid, const struct batch *batch)
{
	long ret = move_pages(pid, batch->nr, batch->pages, NULL, batch->from);

	for (size_t i = 0; i < batch->nr && ret >= 0; i++) {
		if (i && batch->from[i] == batch->from[i - 1])
			batch->to[i] = batch->to[i - 1];
		else
			batch->to[i] = migrate_other_node(batch->from[i]);
		if (batch->to[i] < 0)
			ret = batch->to[i];
		batch->status[i] = -1;
	}
	return ret;
}

static long move_batch(pid_t pid, const struct batch *batch)
{
	long moved = 0, ret = plan(pid, batch);

	if (ret >= 0)
		ret = move_pages(pid, batch->nr, batch->pages, batch->to,
				 batch->status);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < batch->nr; i++)
		moved += batch->status[i] == batch->to[i];
	return moved;
}

long migrate_pages_across(pid_t pid, const struct iovec *range, size_t unit)
{
	size_t nr = range->iov_len / unit;
	struct batch batch = {
		.nr = nr,
		.pages = calloc(nr, sizeof(*batch.pages)),
		.from = calloc(3 * nr, sizeof(*batch.from)),
	};
	long ret = -ENOMEM;

	if (batch.pages && batch.from) {
		batch.to = batch.from + nr;
		batch.status = batch.to + nr;
		for (size_t i = 0; i < nr; i++)
			batch.pages[i] = (char *)range->iov_base + i * unit;
		ret = move_batch(pid, &batch);
	}
	free(batch.pages);
	free(batch.from);
	return ret;
}
