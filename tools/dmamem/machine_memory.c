// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Nodes, hugetlb pages and transparent huge pages.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/machine.h"
#include "tools/dmamem/tree.h"

#define NODES "/sys/devices/system/node"
#define THP "/sys/kernel/mm/transparent_hugepage/"

/* Lines as "Node 0 MemTotal:  1024 kB" */
static void read_meminfo(const char *root, struct machine_node *node)
{
	char path[PATH_MAX], line[256], key[32];
	unsigned long long kib;
	FILE *stream;

	snprintf(path, sizeof(path), "%s" NODES "/node%u/meminfo", root,
		 node->id);
	stream = fopen(path, "re");
	if (!stream)
		return;
	while (fgets(line, sizeof(line), stream)) {
		if (sscanf(line, "Node %*u %31s %llu kB", key, &kib) != 2)
			continue;
		if (!strcmp(key, "MemTotal:"))
			node->total = kib << 10;
		else if (!strcmp(key, "MemFree:"))
			node->free = kib << 10;
	}
	fclose(stream);
}

static void read_huge(const char *root, struct machine_node *node)
{
	struct tree_names names;
	struct machine_huge *huge;

	tree_list(root, &names, NODES "/node%u/hugepages", node->id);
	for (size_t i = 0; i < names.nr; i++) {
		if (strncmp(names.names[i], "hugepages-", 10) != 0 ||
		    node->nr_huge == MACHINE_HUGE_SIZES)
			continue;
		huge = &node->huge[node->nr_huge++];
		huge->size = strtoull(names.names[i] + 10, NULL, 10) << 10;
		huge->nr = tree_number(root, 0,
				       NODES "/node%u/hugepages/%s/nr_hugepages",
				       node->id, names.names[i]);
		huge->free = tree_number(root, 0,
					 NODES "/node%u/hugepages/%s/free_hugepages",
					 node->id, names.names[i]);
	}
	tree_list_free(&names);
}

static void read_nodes(const char *root, struct machine *machine)
{
	struct tree_names names;
	struct machine_node *node;
	char *end;

	tree_list(root, &names, NODES);
	for (size_t i = 0; i < names.nr; i++) {
		if (strncmp(names.names[i], "node", 4) != 0 ||
		    machine->nr_nodes == MACHINE_NODES)
			continue;
		node = &machine->nodes[machine->nr_nodes];
		node->id = strtoul(names.names[i] + 4, &end, 10);
		if (*end || end == names.names[i] + 4)
			continue;
		machine->nr_nodes++;
		read_meminfo(root, node);
		read_huge(root, node);
	}
	tree_list_free(&names);
}

void machine_read_memory(const char *root, struct machine *machine)
{
	tree_chosen(root, machine->thp_enabled, sizeof(machine->thp_enabled),
		    THP "enabled");
	tree_chosen(root, machine->thp_defrag, sizeof(machine->thp_defrag),
		    THP "defrag");
	tree_chosen(root, machine->thp_shmem, sizeof(machine->thp_shmem),
		    THP "shmem_enabled");
	read_nodes(root, machine);
}
