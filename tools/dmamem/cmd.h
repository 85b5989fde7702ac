/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The subcommands of dmamem. argv[0] is "dmamem NAME", which argp and err.h
 * also put before what they print. Each returns an exit code.
 */
#ifndef DMAMEM_TOOLS_CMD_H
#define DMAMEM_TOOLS_CMD_H

/**
 * enum cmd_exit - exit codes, the same for each subcommand
 * @CMD_DONE: what was asked is done
 * @CMD_FAILED: it was tried and failed
 * @CMD_USAGE: wrong arguments; nothing was tried
 * @CMD_CANNOT: this machine cannot: something is missing, and was named
 * @CMD_REFUSED: it would do harm, and nobody insisted
 */
enum cmd_exit {
	CMD_DONE = 0,
	CMD_FAILED = 1,
	CMD_USAGE = 2,
	CMD_CANNOT = 3,
	CMD_REFUSED = 4,
};

/* The command itself: argv[1] names the subcommand */
int cmd_dmamem(int argc, char **argv);

int cmd_doctor(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_unload(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_bind(int argc, char **argv);
int cmd_unbind(int argc, char **argv);
int cmd_pin(int argc, char **argv);
int cmd_nvme(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_compare(int argc, char **argv);

#endif
