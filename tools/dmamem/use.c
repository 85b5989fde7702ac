// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Who would be hurt if a PCI function changed hands.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>

#include "tools/dmamem/binding.h"
#include "tools/dmamem/disk.h"
#include "tools/dmamem/openers.h"
#include "tools/dmamem/use.h"

static int check_disks(const char *root, const struct pci_function *function,
		       char *why)
{
	struct tree_names disks;
	int err;

	err = disks_of(root, function->bdf, &disks);
	for (size_t i = 0; i < disks.nr && !err; i++)
		err = disk_check(root, disks.names[i], why);
	tree_list_free(&disks);
	return err;
}

static int check_interfaces(const char *root,
			    const struct pci_function *function, char *why)
{
	struct tree_names names;
	int err = 0;

	tree_list(root, &names, PCI_DEVICES "/%s/net", function->bdf);
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

static int check_node(const char *root, const struct pci_function *function,
		      char *why)
{
	struct openers openers;
	char node[64];
	int err;

	binding_node(root, function, node, sizeof(node));
	if (!node[0])
		return 0;
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

int use_check(const char *root, const struct pci_function *function, char *why)
{
	int err;

	err = check_disks(root, function, why);
	if (!err)
		err = check_interfaces(root, function, why);
	if (!err)
		err = check_node(root, function, why);
	return err;
}
