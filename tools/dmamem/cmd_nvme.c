// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem nvme: finds out what to do with the disk.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/nvme_session.h"

static const struct {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "identify", "say what controller and namespaces are", nvme_identify },
	{ "read", "copy blocks to a file", nvme_read },
	{ "write", "copy a file to blocks", nvme_write },
	{ "bench", "measure throughput and latency", nvme_bench },
};

#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int print_help(void)
{
	puts("Usage: dmamem nvme VERB BDF [ARGUMENT...]\n"
	     "Drive an NVMe disk from user space.\n"
	     "\n"
	     "Verbs:");
	for (size_t i = 0; i < NR_VERBS; i++)
		printf("  %-9s %s\n", verbs[i].name, verbs[i].summary);
	puts("\n"
	     "BDF is the controller's PCI address, 0000:00:04.0. It is bound to dmamem,\n"
	     "vfio-pci, uio_pci_generic or to nothing; 'dmamem bind BDF' sees to that.\n"
	     "\n"
	     "'dmamem nvme VERB --help' says more.");
	return CMD_DONE;
}

static int run_verb(size_t index, int argc, char **argv)
{
	static char name[32];

	snprintf(name, sizeof(name), "dmamem nvme %s", verbs[index].name);
	program_invocation_name = name;
	program_invocation_short_name = name;
	argv[0] = name;
	return verbs[index].run(argc, argv);
}

int cmd_nvme(int argc, char **argv)
{
	if (argc < 2) {
		warnx("what to do? identify, read, write or bench");
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?"))
		return print_help();
	for (size_t i = 0; i < NR_VERBS; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return run_verb(i, argc - 1, argv + 1);
	warnx("'%s' is not identify, read, write or bench", argv[1]);
	return CMD_USAGE;
}
