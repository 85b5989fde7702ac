/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Who has device files open, and what is pinned through those of the module.
 */
#ifndef DMAMEM_TOOLS_OPENERS_H
#define DMAMEM_TOOLS_OPENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct opener_region - a region, as fdinfo shows it
 * @id: names it in the ioctls
 * @addr: where the process has it
 * @length: bytes
 * @runs: runs of consecutive addresses that it consists of
 * @writable: the device may write to it
 */
struct opener_region {
	uint32_t id;
	uint64_t addr;
	uint64_t length;
	uint64_t runs;
	bool writable;
};

/**
 * struct opener - an open device file
 * @pid: process that has it; a file that was passed on shows up more than once
 * @fd: its number there
 * @command: name of the process
 * @node: the device file
 * @pinned: bytes
 * @nr_regions: how many regions
 * @regions: the regions
 */
struct opener {
	int pid;
	int fd;
	char command[32];
	char node[64];
	uint64_t pinned;
	size_t nr_regions;
	struct opener_region *regions;
};

/**
 * struct openers - all of them
 * @nr: how many
 * @list: the openers
 * @hidden: processes whose files we may not see
 */
struct openers {
	size_t nr;
	struct opener *list;
	unsigned int hidden;
};

/**
 * openers_find() - look through the files of all processes
 * @root: "", or the root of another tree in a test
 * @node: the device file, or NULL for all of the module's
 * @openers: what was found; to be given to openers_free()
 *
 * Return: 0 or -errno.
 */
int openers_find(const char *root, const char *node, struct openers *openers);

/* Free what openers_find() made */
void openers_free(struct openers *openers);

/**
 * openers_parse_region() - a line of fdinfo
 * @line: as "region:\t1 addr=0x7f0000000000 length=4096 runs=1 rw pinned"
 * @region: what it says
 *
 * Return: is it such a line?
 */
bool openers_parse_region(const char *line, struct opener_region *region);

#endif
