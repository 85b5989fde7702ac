/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What dmamem status shows of the loaded module.
 */
#ifndef DMAMEM_TOOLS_STATUS_H
#define DMAMEM_TOOLS_STATUS_H

#include <stdio.h>

#include "tools/dmamem/module.h"
#include "tools/dmamem/openers.h"
#include "tools/dmamem/parse.h"
#include "tools/dmamem/tree.h"

/**
 * struct status_node - a device file of the module
 * @path: where it is
 * @owner: its user
 * @group: its group
 * @mode: its permission bits
 */
struct status_node {
	char path[64];
	char owner[32];
	char group[32];
	unsigned int mode;
};

/**
 * struct status_ward - a function that keeps pages in quarantine
 * @bdf: its address
 * @bytes: how much is kept pinned because of it
 */
struct status_ward {
	char bdf[PARSE_BDF_SIZE];
	uint64_t bytes;
};

/**
 * struct status - what was found
 * @module: the module; if it is not loaded, nothing else is set
 * @openers: who has its files open
 * @nr_nodes: how many device files
 * @nodes: the files
 * @nr_wards: how many functions keep pages
 * @wards: the functions
 * @wards_error: why it is not known, -errno
 * @parameters: names of its parameters
 * @functions: PCI addresses of the functions bound to it
 */
struct status {
	struct module_state module;
	struct openers openers;
	size_t nr_nodes;
	struct status_node *nodes;
	size_t nr_wards;
	struct status_ward *wards;
	int wards_error;
	struct tree_names parameters;
	struct tree_names functions;
};

/**
 * status_read() - look at the module
 * @root: "", or the root of another tree in a test
 * @status: what was found; to be given to status_free()
 *
 * Return: 0 or -ENOMEM.
 */
int status_read(const char *root, struct status *status);

/* Free what status_read() made */
void status_free(struct status *status);

/* Print it for people, or for programs: then an exit code */
void status_print(const struct status *status);
int status_print_json(const struct status *status);

/* Print who has a file of the module open, a line for each */
void status_print_openers(FILE *stream, const struct openers *openers);

#endif
