// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <err.h>
#include <glob.h>
#include <stdio.h>

#include "tools/dmamem/compare_pool.h"
#include "tools/memory/pages.h"

#define OF_NODES \
	"/sys/devices/system/node/node*/hugepages/hugepages-2048kB/nr_hugepages"

/* A kernel without NUMA has no nodes, and one pool */
static int find_files(glob_t *files)
{
	int ret = glob(OF_NODES, 0, NULL, files);

	return ret == GLOB_NOMATCH ?
	       glob(COMPARE_POOL "nr_hugepages", 0, NULL, files) : ret;
}

void compare_pool_read(struct compare_pool *pool)
{
	glob_t files;

	pool->nr = 0;
	if (find_files(&files))
		return;
	while (pool->nr < files.gl_pathc && pool->nr < COMPARE_POOL_NODES) {
		pool->nodes[pool->nr] =
			pages_count(files.gl_pathv[pool->nr], "");
		pool->nr++;
	}
	globfree(&files);
}

static void restore(const char *file, long nr)
{
	char text[32];
	long now;

	snprintf(text, sizeof(text), "%ld", nr);
	pages_write(file, text);
	now = pages_count(file, "");
	if (now != nr)
		warnx("%ld hugetlb pages where there were %ld: %s", now, nr,
		      file);
}

void compare_pool_restore(const struct compare_pool *pool)
{
	glob_t files;

	if (find_files(&files))
		return;
	for (size_t i = 0; i < files.gl_pathc && i < pool->nr; i++)
		restore(files.gl_pathv[i], pool->nodes[i]);
	globfree(&files);
}
