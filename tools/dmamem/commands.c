// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Which subcommands there are. Finds the one that is asked for and runs it.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/cmd.h"

static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "doctor", "can this machine do it, and how?", cmd_doctor },
	{ "load", "load the kernel module", cmd_load },
	{ "unload", "take the kernel module out", cmd_unload },
	{ "status", "who uses the module, and for what", cmd_status },
	{ "bind", "give a PCI function to user space", cmd_bind },
	{ "unbind", "give it back to the driver that it had", cmd_unbind },
	{ "pin", "pin memory and show what came back", cmd_pin },
	{ "nvme", "drive an NVMe disk from user space", cmd_nvme },
	{ "bench", "measure what library and kernel cost here", cmd_bench },
	{ "compare", "compare ways to get DMA addresses", cmd_compare },
	{ "help", "say more about a command", cmd_help },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* argp and err.h say "dmamem NAME: ..." */
static int run_command(const struct command *command, int argc, char **argv)
{
	static char name[64];

	snprintf(name, sizeof(name), "dmamem %s", command->name);
	program_invocation_name = name;
	program_invocation_short_name = name;
	argv[0] = name;
	return command->run(argc, argv);
}

static int unknown_command(const char *name)
{
	warnx("there is no command '%s'; 'dmamem --help' lists them", name);
	return CMD_USAGE;
}

static void print_commands(FILE *stream)
{
	fputs("Commands:\n", stream);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(stream, "  %-10s %s\n", commands[i].name,
			commands[i].summary);
}

static int print_help(void)
{
	puts("Usage: dmamem COMMAND [ARGUMENT...]\n"
	     "Stable DMA addresses for ordinary memory.\n");
	print_commands(stdout);
	puts("\n"
	     "  --help     this\n"
	     "  --version  the version\n"
	     "\n"
	     "'dmamem COMMAND --help' and the manual page dmamem-COMMAND(1) say more.\n"
	     "\n"
	     "Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 this machine cannot,\n"
	     "4 refused because it would do harm.");
	return CMD_DONE;
}

static int cmd_help(int argc, char **argv)
{
	char help[] = "--help";
	char *help_argv[3] = { NULL, help, NULL };
	const struct command *command;

	if (argc < 2 || !strcmp(argv[1], "--help"))
		return print_help();
	if (argc > 2) {
		warnx("one command at a time, not also '%s'", argv[2]);
		return CMD_USAGE;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return run_command(command, 2, help_argv);
}

int cmd_dmamem(int argc, char **argv)
{
	const struct command *command;

	argp_err_exit_status = CMD_USAGE;
	if (argc < 2) {
		warnx("which command? 'dmamem --help' lists them");
		return CMD_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return print_help();
	if (!strcmp(argv[1], "--version")) {
		puts("dmamem " DMAMEM_VERSION);
		return CMD_DONE;
	}
	command = find_command(argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	return run_command(command, argc - 1, argv + 1);
}
