// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who has device files open, and what is pinned through those of the module.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/openers.h"
#include "tools/dmamem/tree.h"

#define NODE "/dev/dmamem"

bool openers_parse_region(const char *line, struct opener_region *region)
{
	char access[4];

	if (sscanf(line, "region: %" SCNu32 " addr=%" SCNx64 " length=%" SCNu64
		   " runs=%" SCNu64 " %3s", &region->id, &region->addr,
		   &region->length, &region->runs, access) != 5)
		return false;
	region->writable = !strcmp(access, "rw");
	return true;
}

static int add_region(struct opener *opener, const struct opener_region *region)
{
	struct opener_region *regions;

	regions = reallocarray(opener->regions, opener->nr_regions + 1,
			       sizeof(*regions));
	if (!regions)
		return -ENOMEM;
	opener->regions = regions;
	regions[opener->nr_regions++] = *region;
	return 0;
}

/* A file that is closed meanwhile is no failure */
static int read_fdinfo(const char *root, struct opener *opener)
{
	char path[PATH_MAX], line[256];
	struct opener_region region;
	FILE *stream;
	int err = 0;

	snprintf(path, sizeof(path), "%s/proc/%d/fdinfo/%d", root, opener->pid,
		 opener->fd);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	while (!err && fgets(line, sizeof(line), stream)) {
		if (!strncmp(line, "pinned:", 7))
			opener->pinned = strtoull(line + 7, NULL, 10);
		else if (openers_parse_region(line, &region))
			err = add_region(opener, &region);
	}
	fclose(stream);
	return err;
}

static int add_opener(const char *root, struct openers *openers, int pid,
		      int fd, const char *node)
{
	struct opener *opener;

	opener = reallocarray(openers->list, openers->nr + 1, sizeof(*opener));
	if (!opener)
		return -ENOMEM;
	openers->list = opener;
	opener += openers->nr++;
	*opener = (struct opener) { .pid = pid, .fd = fd };
	snprintf(opener->node, sizeof(opener->node), "%s", node);
	tree_read(root, opener->command, sizeof(opener->command),
		  "/proc/%d/comm", pid);
	return read_fdinfo(root, opener);
}

static bool is_wanted(const char *target, const char *node)
{
	if (node)
		return !strcmp(target, node);
	/* That of a function has an address after it; it may be deleted, too */
	return !strncmp(target, NODE, strlen(NODE)) &&
	       strchr("- ", target[strlen(NODE)]);
}

static int look_at_process(const char *root, const char *node,
			   struct openers *openers, int pid)
{
	char path[PATH_MAX], target[64];
	struct tree_names names;
	ssize_t length;
	int err;

	err = tree_list(root, &names, "/proc/%d/fd", pid);
	if (err) {
		openers->hidden += err == -EACCES;
		return err == -ENOMEM ? err : 0;
	}
	for (size_t i = 0; i < names.nr && !err; i++) {
		snprintf(path, sizeof(path), "%s/proc/%d/fd/%s", root, pid,
			 names.names[i]);
		length = readlink(path, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
		if (is_wanted(target, node))
			err = add_opener(root, openers, pid,
					 (int)strtol(names.names[i], NULL, 10),
					 target);
	}
	tree_list_free(&names);
	return err;
}

int openers_find(const char *root, const char *node, struct openers *openers)
{
	struct tree_names names;
	int err;

	memset(openers, 0, sizeof(*openers));
	err = tree_list(root, &names, "/proc");
	for (size_t i = 0; i < names.nr && !err; i++)
		if (isdigit((unsigned char)names.names[i][0]))
			err = look_at_process(root, node, openers,
					      (int)strtol(names.names[i], NULL,
							  10));
	tree_list_free(&names);
	if (err)
		openers_free(openers);
	return err;
}

void openers_free(struct openers *openers)
{
	for (size_t i = 0; i < openers->nr; i++)
		free(openers->list[i].regions);
	free(openers->list);
	openers->nr = 0;
	openers->list = NULL;
}
