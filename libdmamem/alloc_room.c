// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the kernel cannot give it may kill for: how much it can.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/mempolicy.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <dmamem/alloc.h>

#include "libdmamem/alloc_room.h"

#define NODES "sys/devices/system/node"

/* Every namespace of cgroups but the first is inside a cgroup */
#define FIRST_NAMESPACE "cgroup:[4026531835]"

/**
 * struct hierarchy - where the kernel shows memory cgroups
 * @base: their folder
 * @limit: file in each of them: bytes that it may have
 * @usage: bytes that it has
 */
struct hierarchy {
	const char *base;
	const char *limit;
	const char *usage;
};

static const struct hierarchy version_1 = {
	.base = "sys/fs/cgroup/memory",
	.limit = "memory.limit_in_bytes",
	.usage = "memory.usage_in_bytes",
};

static const struct hierarchy version_2 = {
	.base = "sys/fs/cgroup",
	.limit = "memory.max",
	.usage = "memory.current",
};

/* All of a file, or -errno */
static int read_text(int root, const char *path, char *text, size_t size)
{
	ssize_t len;
	int fd, ret = 0;

	fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, size);
	if (len < 0)
		ret = -errno;
	else if ((size_t)len == size)
		ret = -EFBIG;
	else
		text[len] = '\0';
	close(fd);
	return ret;
}

static uint64_t read_free(int root, const char *path)
{
	static const char key[] = "MemFree:";
	char text[8192], *found;

	if (read_text(root, path, text, sizeof(text)))
		return 0;
	found = strstr(text, key);
	return found ? strtoull(found + strlen(key), NULL, 10) << 10 : 0;
}

static uint64_t free_on(int root, int node)
{
	char path[64];

	/* A kernel without NUMA has node 0, and does not show it */
	if (!node && faccessat(root, NODES, F_OK, 0))
		return read_free(root, "proc/meminfo");
	snprintf(path, sizeof(path), NODES "/node%d/meminfo", node);
	return read_free(root, path);
}

/* Of the nodes in a list as "0-2,5" */
static uint64_t free_on_list(int root, char *list)
{
	unsigned long node, last;
	uint64_t sum = 0;

	while (*list >= '0' && *list <= '9') {
		node = strtoul(list, &list, 10);
		last = *list == '-' ? strtoul(list + 1, &list, 10) : node;
		for (; node <= last && node < INT_MAX; node++)
			sum += free_on(root, node);
		list += *list == ',';
	}
	return sum;
}

/* A thread that binds its memory has its reasons, and nobody to ask for them */
static bool binds_memory(void)
{
	int mode;

	return !syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0UL) &&
	       (mode & ~MPOL_MODE_FLAGS) == MPOL_BIND;
}

static uint64_t free_anywhere(int root)
{
	static const char key[] = "Mems_allowed_list:\t";
	char text[8192], *found;

	if (binds_memory() ||
	    read_text(root, "proc/thread-self/status", text, sizeof(text)))
		return 0;
	found = strstr(text, key);
	return found ? free_on_list(root, found + strlen(key)) :
		       read_free(root, "proc/meminfo");
}

static uint64_t cgroup_room(int root, const struct hierarchy *hierarchy,
			    const char *cgroup)
{
	char path[PATH_MAX + 32], limit[32], usage[32];
	uint64_t max, used;
	int ret;

	/* Every cgroup has this: without it, they are shown elsewhere */
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	if (faccessat(root, path, F_OK, 0))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", cgroup, hierarchy->limit);
	ret = read_text(root, path, limit, sizeof(limit));
	/* Version 2 has no such file where memory is not counted */
	if (ret == -ENOENT && hierarchy == &version_2)
		return UINT64_MAX;
	if (ret)
		return 0;
	if (!strncmp(limit, "max", 3))
		return UINT64_MAX;
	snprintf(path, sizeof(path), "%s/%s", cgroup, hierarchy->usage);
	if (read_text(root, path, usage, sizeof(usage)))
		return 0;
	max = strtoull(limit, NULL, 10);
	used = strtoull(usage, NULL, 10);
	return max > used ? max - used : 0;
}

/* The least of a cgroup and those above it; the root has no limit */
static uint64_t hierarchy_room(int root, const struct hierarchy *hierarchy,
			       const char *cgroup)
{
	size_t base = strlen(hierarchy->base);
	uint64_t here, room = UINT64_MAX;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", hierarchy->base, cgroup) >=
	    (int)sizeof(path))
		return 0;
	for (; path[base] && path[base + 1]; *strrchr(path, '/') = '\0') {
		here = cgroup_room(root, hierarchy, path);
		if (here < room)
			room = here;
	}
	return room;
}

/* Of lines as "4:memory:/a/b" that which counts memory, as "0::/a/b" if none */
static const struct hierarchy *find_hierarchy(char *lines, const char **cgroup)
{
	const struct hierarchy *found = NULL;
	char *line, *kinds, *path;

	while ((line = strsep(&lines, "\n"))) {
		strsep(&line, ":");
		kinds = strsep(&line, ":");
		path = line;
		if (!path || (*kinds && !strstr(kinds, "memory")))
			continue;
		*cgroup = path;
		found = &version_2;
		if (*kinds)
			return &version_1;
	}
	return found;
}

static uint64_t room_in_cgroups(int root)
{
	const struct hierarchy *hierarchy;
	char text[8192], namespace[64];
	const char *cgroup;
	ssize_t len;
	int ret;

	ret = read_text(root, "proc/self/cgroup", text, sizeof(text));
	if (ret)
		return ret == -ENOENT ? UINT64_MAX : 0;
	len = readlinkat(root, "proc/self/ns/cgroup", namespace,
			 sizeof(namespace));
	if (len != (ssize_t)strlen(FIRST_NAMESPACE) ||
	    memcmp(namespace, FIRST_NAMESPACE, len) != 0)
		return 0;
	hierarchy = find_hierarchy(text, &cgroup);
	return hierarchy ? hierarchy_room(root, hierarchy, cgroup) : UINT64_MAX;
}

uint64_t dmamem_room(const char *root, int node)
{
	uint64_t room, left;
	int fd;

	fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	room = node == DMAMEM_ANY_NODE ? free_anywhere(fd) : free_on(fd, node);
	left = room_in_cgroups(fd);
	close(fd);
	return room < left ? room : left;
}
