// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A tree that looks like /proc, /sys and /dev of some machine.
 */
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "selftests/lib/fake_tree.h"

int fake_tree_create(char root[FAKE_TREE_ROOT])
{
	snprintf(root, FAKE_TREE_ROOT, "/tmp/dmamem-tree-XXXXXX");
	return !mkdtemp(root) || chdir(root);
}

/* Makes the folders above @path, below the current one */
static void make_parents(const char *path)
{
	char *copy = strdup(path), *slash = copy;

	while ((slash = strchr(slash, '/'))) {
		*slash = '\0';
		mkdir(copy, 0755);
		*slash++ = '/';
	}
	free(copy);
}

int fake_tree_file(const char *path, const char *text)
{
	int fd, ret;

	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ret = write(fd, text, strlen(text)) != (ssize_t)strlen(text);
	return close(fd) || ret;
}

int fake_tree_link(const char *path, const char *target)
{
	make_parents(path);
	return symlink(target, path);
}

int fake_tree_remove(char *root)
{
	char * const roots[] = { root, NULL };
	FTSENT *entry;
	int ret = 0;
	FTS *tree;

	if (chdir("/"))
		return -1;
	tree = fts_open(roots, FTS_PHYSICAL, NULL);
	while (tree && (entry = fts_read(tree)))
		if (entry->fts_info != FTS_D)
			ret |= remove(entry->fts_accpath);
	return !tree || ret || fts_close(tree);
}
