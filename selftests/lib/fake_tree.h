/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A tree that looks like /proc, /sys and /dev of some machine. It is the current
 * folder while it is filled: paths are relative. All return 0 or something else.
 */
#ifndef DMAMEM_SELFTESTS_FAKE_TREE_H
#define DMAMEM_SELFTESTS_FAKE_TREE_H

#define FAKE_TREE_ROOT 64

/* Makes an empty tree, and goes there */
int fake_tree_create(char root[FAKE_TREE_ROOT]);

/* Takes it away, and goes elsewhere */
int fake_tree_remove(char *root);

/* Makes a file or a link, and the folders above it */
int fake_tree_file(const char *path, const char *text);
int fake_tree_link(const char *path, const char *target);

#endif
