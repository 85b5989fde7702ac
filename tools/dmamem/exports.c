// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Loop devices and NVMe targets.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/dmamem/exports.h"
#include "tools/dmamem/tree.h"

#define TARGETS "/sys/kernel/config/nvmet/subsystems"

/* A device has as many files as somebody has made for it */
static bool is_same(const char *root, const char *node, const char *other)
{
	struct stat here, there;
	char path[PATH_MAX];

	if (!strcmp(node, other))
		return true;
	snprintf(path, sizeof(path), "%s%s", root, node);
	if (stat(path, &here) || stat(other, &there))
		return false;
	return (here.st_mode & S_IFMT) == (there.st_mode & S_IFMT) &&
	       here.st_rdev && here.st_rdev == there.st_rdev;
}

static bool find_loop(const char *root, const char *node, char *what,
		      size_t size)
{
	char file[PATH_MAX];
	struct tree_names names;
	bool found = false;

	tree_list(root, &names, "/sys/block");
	for (size_t i = 0; i < names.nr && !found; i++) {
		if (tree_read(root, file, sizeof(file),
			      "/sys/block/%s/loop/backing_file",
			      names.names[i]) ||
		    !is_same(root, node, file))
			continue;
		snprintf(what, size, "%s", names.names[i]);
		found = true;
	}
	tree_list_free(&names);
	return found;
}

static bool is_target_of(const char *root, const char *node, const char *path)
{
	char file[PATH_MAX];

	return !tree_read(root, file, sizeof(file), "%s/device_path", path) &&
	       is_same(root, node, file) &&
	       tree_number(root, 1, "%s/enable", path);
}

static bool serves(const char *root, const char *node, const char *subsystem)
{
	char path[PATH_MAX];
	struct tree_names names;
	bool found;

	snprintf(path, sizeof(path), TARGETS "/%s/passthru", subsystem);
	found = is_target_of(root, node, path);
	tree_list(root, &names, TARGETS "/%s/namespaces", subsystem);
	for (size_t i = 0; i < names.nr && !found; i++) {
		snprintf(path, sizeof(path), TARGETS "/%s/namespaces/%s",
			 subsystem, names.names[i]);
		found = is_target_of(root, node, path);
	}
	tree_list_free(&names);
	return found;
}

static bool find_target(const char *root, const char *node, char *what,
			size_t size)
{
	struct tree_names names;
	bool found = false;

	tree_list(root, &names, TARGETS);
	for (size_t i = 0; i < names.nr && !found; i++) {
		found = serves(root, node, names.names[i]);
		if (found)
			snprintf(what, size, "the NVMe target %s",
				 names.names[i]);
	}
	tree_list_free(&names);
	return found;
}

bool exports_find(const char *root, const char *node, char *what, size_t size)
{
	return find_loop(root, node, what, size) ||
	       find_target(root, node, what, size);
}
