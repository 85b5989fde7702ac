// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who would be hurt if a PCI function changed hands.
 */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/binding.h"
#include "tools/dmamem/disk.h"
#include "tools/dmamem/exports.h"
#include "tools/dmamem/openers.h"
#include "tools/dmamem/use.h"

static int hold_disks(const char *root, const struct pci_function *function,
		      char *why, struct use_hold *hold)
{
	struct tree_names disks;
	int err, fd;

	err = disks_of(root, function->bdf, &disks);
	if (disks.nr)
		hold->fds = calloc(disks.nr, sizeof(*hold->fds));
	if (disks.nr && !hold->fds)
		err = -ENOMEM;
	for (size_t i = 0; i < disks.nr && !err; i++) {
		/* Two paths to one disk */
		if (i && !strcmp(disks.names[i], disks.names[i - 1]))
			continue;
		fd = disk_hold(root, disks.names[i], why);
		if (fd < 0)
			err = fd;
		else
			hold->fds[hold->nr++] = fd;
	}
	tree_list_free(&disks);
	return err;
}

int use_interfaces(const char *root, const char *bdf, struct tree_names *names)
{
	int err = tree_list_behind(root, names, "/sys/class/net", bdf);

	return err == -ENOMEM ? err : 0;
}

static int check_interfaces(const char *root,
			    const struct pci_function *function, char *why)
{
	struct tree_names names;
	int err;

	err = use_interfaces(root, function->bdf, &names);
	for (size_t i = 0; i < names.nr && !err; i++) {
		if (!(tree_number(root, 0, "/sys/class/net/%s/flags",
				  names.names[i]) & IFF_UP))
			continue;
		snprintf(why, USE_WHY, "network interface %s is up",
			 names.names[i]);
		err = -EBUSY;
	}
	tree_list_free(&names);
	return err;
}

static int check_node(const char *root, const char *node, char *why)
{
	char what[NAME_MAX + 32];
	struct openers openers;
	int err;

	if (exports_find(root, node, what, sizeof(what))) {
		snprintf(why, USE_WHY, "%s is under %s", node, what);
		return -EBUSY;
	}
	err = openers_find(root, node, &openers);
	if (err)
		return err == -ENOMEM ? err : 0;
	if (openers.nr) {
		snprintf(why, USE_WHY, "pid %d (%s) has %s open",
			 openers.list[0].pid, openers.list[0].command, node);
		err = -EBUSY;
	}
	openers_free(&openers);
	return err;
}

/* That of the driver, which need not be below the function */
static int check_driver(const char *root, const struct pci_function *function,
			char *why)
{
	char node[64];

	binding_node(root, function, node, sizeof(node));
	return node[0] ? check_node(root, node, why) : 0;
}

/* "/dev/nvme0" of an NVMe controller, "/dev/vfio/devices/vfio0" */
static int find_node(const char *root, const char *number, char *node,
		     size_t size)
{
	char path[PATH_MAX], line[256];
	FILE *stream;
	int err = -ENOENT;

	snprintf(path, sizeof(path), "%s/sys/dev/char/%s/uevent", root, number);
	stream = fopen(path, "re");
	while (stream && err && fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "DEVNAME=", 8) != 0)
			continue;
		snprintf(node, size, "/dev/%s", line + 8);
		err = 0;
	}
	if (stream)
		fclose(stream);
	return err;
}

static int check_characters(const char *root,
			    const struct pci_function *function, char *why)
{
	struct tree_names numbers;
	char node[256];
	int err;

	err = tree_list_behind(root, &numbers, "/sys/dev/char", function->bdf);
	err = err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < numbers.nr && !err; i++)
		if (!find_node(root, numbers.names[i], node, sizeof(node)))
			err = check_node(root, node, why);
	tree_list_free(&numbers);
	return err;
}

int use_hold(const char *root, const struct pci_function *function, char *why,
	     struct use_hold *hold)
{
	int err;

	memset(hold, 0, sizeof(*hold));
	err = hold_disks(root, function, why, hold);
	if (!err)
		err = check_interfaces(root, function, why);
	if (!err)
		err = check_driver(root, function, why);
	if (!err)
		err = check_characters(root, function, why);
	if (err)
		use_release(hold);
	return err;
}

void use_release(struct use_hold *hold)
{
	for (size_t i = 0; i < hold->nr; i++)
		close(hold->fds[i]);
	free(hold->fds);
	memset(hold, 0, sizeof(*hold));
}

int use_check(const char *root, const struct pci_function *function, char *why)
{
	struct use_hold hold;
	int err = use_hold(root, function, why, &hold);

	if (!err)
		use_release(&hold);
	return err;
}
