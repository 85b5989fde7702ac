// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the kernel says of the loaded module.
 */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/dmamem/status.h"

#define QUARANTINE "/sys/module/dmamem/parameters/quarantine"

static void read_owner(struct status_node *node, const struct stat *st)
{
	const struct passwd *user = getpwuid(st->st_uid);
	const struct group *group = getgrgid(st->st_gid);

	if (user)
		snprintf(node->owner, sizeof(node->owner), "%s", user->pw_name);
	else
		snprintf(node->owner, sizeof(node->owner), "%u", st->st_uid);
	if (group)
		snprintf(node->group, sizeof(node->group), "%s", group->gr_name);
	else
		snprintf(node->group, sizeof(node->group), "%u", st->st_gid);
}

static int add_node(const char *root, struct status *status, const char *name)
{
	struct status_node *node;
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/dev/%s", root, name);
	if (stat(path, &st))
		return 0;
	node = reallocarray(status->nodes, status->nr_nodes + 1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	status->nodes = node;
	node += status->nr_nodes++;
	snprintf(node->path, sizeof(node->path), "/dev/%s", name);
	node->mode = st.st_mode & 07777;
	read_owner(node, &st);
	return 0;
}

static int read_nodes(const char *root, struct status *status)
{
	struct tree_names names;
	int err;

	err = tree_list(root, &names, "/dev");
	for (size_t i = 0; i < names.nr && !err; i++)
		if (!strcmp(names.names[i], "dmamem") ||
		    !strncmp(names.names[i], "dmamem-", 7))
			err = add_node(root, status, names.names[i]);
	tree_list_free(&names);
	return err == -ENOMEM ? err : 0;
}

/* Lines as "0000:00:05.0 4096" */
static int read_wards(FILE *stream, struct status *status)
{
	struct status_ward ward, *wards;
	unsigned long long bytes;

	while (fscanf(stream, "%16s %llu", ward.bdf, &bytes) == 2) {
		ward.bytes = bytes;
		wards = reallocarray(status->wards, status->nr_wards + 1,
				     sizeof(*wards));
		if (!wards)
			return -ENOMEM;
		status->wards = wards;
		wards[status->nr_wards++] = ward;
	}
	return 0;
}

static int read_quarantine(const char *root, struct status *status)
{
	char path[PATH_MAX];
	FILE *stream;
	int err;

	snprintf(path, sizeof(path), "%s" QUARANTINE, root);
	stream = fopen(path, "re");
	if (!stream) {
		status->wards_error = -errno;
		return 0;
	}
	err = read_wards(stream, status);
	fclose(stream);
	return err;
}

static void keep_addresses(struct tree_names *names)
{
	char bdf[PARSE_BDF_SIZE];
	size_t kept = 0;

	for (size_t i = 0; i < names->nr; i++) {
		if (parse_bdf(names->names[i], bdf))
			free(names->names[i]);
		else
			names->names[kept++] = names->names[i];
	}
	names->nr = kept;
}

static int read_loaded(const char *root, struct status *status)
{
	int err;

	tree_list(root, &status->parameters, "/sys/module/dmamem/parameters");
	tree_list(root, &status->functions, "/sys/bus/pci/drivers/dmamem");
	keep_addresses(&status->functions);
	err = read_nodes(root, status);
	if (!err)
		err = read_quarantine(root, status);
	if (!err)
		err = openers_find(root, NULL, &status->openers);
	return err;
}

int status_read(const char *root, struct status *status)
{
	int err;

	memset(status, 0, sizeof(*status));
	module_read_state(root, "dmamem", &status->module);
	if (!status->module.loaded)
		return 0;
	err = read_loaded(root, status);
	if (err)
		status_free(status);
	return err;
}

void status_free(struct status *status)
{
	openers_free(&status->openers);
	tree_list_free(&status->parameters);
	tree_list_free(&status->functions);
	free(status->nodes);
	free(status->wards);
}
