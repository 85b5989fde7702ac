// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem bind, unbind: a PCI function for user space, and back.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/binding.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/machine.h"
#include "tools/dmamem/module.h"
#include "tools/dmamem/out.h"
#include "tools/dmamem/use.h"
#include "tools/dmamem/ways.h"

/* How long a device file may take to appear */
#define NODE_SECONDS 10
#define NODE_STEP 10000

struct bind {
	char bdf[PARSE_BDF_SIZE];
	const char *driver;
	bool force;
};

static const struct argp_option options[] = {
	{ .name = "driver", .key = 'd', .arg = "DRIVER",
	  .doc = "The driver: dmamem (default), vfio-pci or uio_pci_generic" },
	{ .name = "force", .key = 'f', .doc = "Also if it is in use" },
	{ 0 }
};

static void set_driver(struct bind *bind, const char *driver,
		       struct argp_state *state)
{
	static const char * const drivers[] = { "dmamem", "vfio-pci",
						"uio_pci_generic" };

	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++) {
		if (!strcmp(driver, drivers[i])) {
			bind->driver = drivers[i];
			return;
		}
	}
	argp_error(state,
		   "driver '%s' is not dmamem, vfio-pci or uio_pci_generic",
		   driver);
}

static void set_function(struct bind *bind, const char *text,
			 struct argp_state *state)
{
	if (bind->bdf[0])
		argp_error(state, "one function at a time, not also '%s'",
			   text);
	if (parse_bdf(text, bind->bdf))
		argp_error(state,
			   "'%s' is no PCI address, such as 0000:00:04.0",
			   text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct bind *bind = state->input;

	switch (key) {
	case 'd':
		set_driver(bind, text, state);
		return 0;
	case 'f':
		bind->force = true;
		return 0;
	case ARGP_KEY_ARG:
		set_function(bind, text, state);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state,
			   "which PCI function? 'dmamem doctor' lists them");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp bind_argp = {
	.options = options,
	.parser = parse,
	.args_doc = "BDF",
	.doc = "Take a PCI function from its driver and bind it to one for user space.\n"
	       "\vThe driver is loaded if need be. What the function was bound to is\n"
	       "remembered for dmamem unbind. If a step fails, those before are undone.\n"
	       "A function in use is refused (exit code 4): a disk that is mounted, swap,\n"
	       "part of another device or open, a network interface that is up.",
};

static const struct argp unbind_argp = {
	.options = options + 1,
	.parser = parse,
	.args_doc = "BDF",
	.doc = "Give a PCI function back to the driver that it had before dmamem bind.\n"
	       "\vIf it was bound by other means, the kernel chooses a driver.\n"
	       "A function that a process uses is refused (exit code 4).",
};

static void advise(const char *text)
{
	fprintf(stderr, "-> %s\n", text);
}

static int read_function(const struct bind *bind, struct pci_function *function)
{
	if (pci_function_read("", bind->bdf, function)) {
		warnx("there is no PCI function %s; see 'dmamem doctor'",
		      bind->bdf);
		return CMD_USAGE;
	}
	return CMD_DONE;
}

/* What speaks against any change: an exit code */
static int check_function(const struct bind *bind,
			  const struct pci_function *function)
{
	if (pci_is_bridge(function)) {
		warnx("%s is a bridge: those behind it need it", bind->bdf);
		return CMD_REFUSED;
	}
	/* Only opens it */
	if (tree_write("", "", PCI_DEVICES "/%s/driver_override", bind->bdf) ==
	    -EACCES) {
		warnx("only root may change what a function is bound to");
		return CMD_CANNOT;
	}
	return CMD_DONE;
}

/* Keep others from it, unless somebody has it: an exit code */
static int hold_function(const struct bind *bind,
			 const struct pci_function *function,
			 struct use_hold *hold)
{
	char why[USE_WHY];
	int err;

	err = bind->force ? 0 : use_hold("", function, why, hold);
	if (err == -EBUSY) {
		warnx("%s is in use", bind->bdf);
		fprintf(stderr, "%s\n", why);
		advise("end that first, or insist with --force");
		return CMD_REFUSED;
	}
	if (err)
		warnx("%s", strerrordesc_np(-err));
	return err ? CMD_FAILED : CMD_DONE;
}

static bool vfio_without_iommu(void)
{
	char mode[4];

	tree_read("", mode, sizeof(mode),
		  "/sys/module/vfio/parameters/enable_unsafe_noiommu_mode");
	return mode[0] == 'Y';
}

static int check_iommu(const struct pci_function *function, const char *driver)
{
	char remedy[WAYS_TEXT];
	struct machine machine;

	machine_read("", &machine);
	if (strcmp(driver, "vfio-pci") != 0 || function->group[0] ||
	    machine.iommu.names[0] || vfio_without_iommu())
		return CMD_DONE;
	warnx("vfio-pci needs an IOMMU, and there is none");
	ways_get_iommu(&machine, remedy);
	advise(remedy);
	return CMD_CANNOT;
}

static int load_driver(const char *driver)
{
	char why[MODULE_WHY], remedy[MODULE_WHY];
	int err, code;

	if (tree_exists("", "/sys/bus/pci/drivers/%s", driver))
		return CMD_DONE;
	err = module_load(driver, "");
	if (!err || tree_exists("", "/sys/bus/pci/drivers/%s", driver))
		return CMD_DONE;
	code = module_explain_load("", driver, err, why, remedy);
	warnx("%s", why);
	if (remedy[0])
		advise(remedy);
	return code;
}

/* devtmpfs or a device manager makes it, which may take a moment */
static int wait_for_node(const char *bdf, char *node, size_t size)
{
	struct out_progress progress;
	struct pci_function function;
	int err = -ETIMEDOUT;

	out_progress_start(&progress, "waiting for the device file", 0);
	for (int i = 0; i < NODE_SECONDS * 1000000 / NODE_STEP && err; i++) {
		if (i)
			usleep(NODE_STEP);
		if (pci_function_read("", bdf, &function))
			break;
		binding_node("", &function, node, size);
		pci_function_free(&function);
		if (node[0] && tree_exists("", "%s", node))
			err = 0;
		out_progress(&progress, 0);
	}
	out_progress_end(&progress);
	return err;
}

static bool is_harmless(const char *driver)
{
	return !driver[0] || !strcmp(driver, "vfio-pci") ||
	       !strcmp(driver, "pcieport") || !strcmp(driver, "pci-stub");
}

/* VFIO gives out whole groups */
static void tell_of_group(const struct pci_function *function)
{
	char driver[64];

	for (size_t i = 0; i < function->members.nr; i++) {
		tree_link("", driver, sizeof(driver), PCI_DEVICES "/%s/driver",
			  function->members.names[i]);
		if (strcmp(function->members.names[i], function->bdf) != 0 &&
		    !is_harmless(driver))
			printf("Group %s cannot be used yet: %s is in it and bound to %s.\n",
			       function->group, function->members.names[i],
			       driver);
	}
}

static int give_back(const struct bind *bind,
		     const struct binding_memory *before, char *why)
{
	char more[BINDING_WHY];
	size_t length = strlen(why);
	int err;

	err = binding_move(bind->bdf, before->driver, before->override, more);
	if (err)
		snprintf(why + length, BINDING_WHY - length, "; %.200s", more);
	return err;
}

static int move_to_driver(const struct bind *bind,
			  const struct binding_memory *before,
			  struct use_hold *hold, char *node, size_t size)
{
	char why[BINDING_WHY] = "";
	int err;

	err = binding_take(bind->bdf, bind->driver, bind->driver, hold, why);
	if (!err && wait_for_node(bind->bdf, node, size)) {
		err = -ETIMEDOUT;
		snprintf(why, sizeof(why),
			 "%s has taken it, but there is no device file",
			 bind->driver);
		give_back(bind, before, why);
	}
	if (err)
		warnx("%s", why);
	return err;
}

/* The first note stays when a function goes from one of the drivers to another */
static int move_and_remember(const struct bind *bind, struct use_hold *hold,
			     char *node, size_t size)
{
	struct binding_memory before;
	bool noted;
	int err;

	binding_current("", bind->bdf, &before);
	err = binding_remember("", bind->bdf, &before);
	noted = !err;
	if (err && err != -EEXIST) {
		warnx("what %s is bound to cannot be noted in %s: %s",
		      bind->bdf, BINDING_FOLDER, strerrordesc_np(-err));
		return err;
	}
	err = move_to_driver(bind, &before, hold, node, size);
	if (err && noted)
		binding_forget("", bind->bdf);
	if (!err)
		printf("%s is bound to %s%s%s: %s\n", bind->bdf, bind->driver,
		       before.driver[0] ? ", it was bound to " : "",
		       before.driver, node);
	return err;
}

static int bind_function(const struct bind *bind,
			 const struct pci_function *function)
{
	struct use_hold hold = { 0 };
	char node[64] = "";
	int code;

	if (!strcmp(function->driver, bind->driver)) {
		printf("%s is bound to %s already.\n", bind->bdf, bind->driver);
		return CMD_DONE;
	}
	code = check_function(bind, function);
	if (!code)
		code = check_iommu(function, bind->driver);
	if (!code)
		code = load_driver(bind->driver);
	if (!code)
		code = hold_function(bind, function, &hold);
	if (!code && move_and_remember(bind, &hold, node, sizeof(node)))
		code = CMD_FAILED;
	use_release(&hold);
	if (!code && !strcmp(bind->driver, "vfio-pci"))
		tell_of_group(function);
	return code;
}

int cmd_bind(int argc, char **argv)
{
	struct bind bind = { .driver = "dmamem" };
	struct pci_function function = { 0 };
	int code;

	argp_parse(&bind_argp, argc, argv, 0, NULL, &bind);
	code = read_function(&bind, &function);
	if (!code)
		code = bind_function(&bind, &function);
	pci_function_free(&function);
	return code;
}

/* Nothing is noted: what the kernel would do with it if it were new */
static int let_kernel_choose(const struct bind *bind, char *why)
{
	int err = binding_move(bind->bdf, "", "", why);

	if (!err)
		tree_write("", bind->bdf, "/sys/bus/pci/drivers_probe");
	return err;
}

static int return_function(const struct bind *bind,
			   const struct binding_memory *memory, bool noted)
{
	struct binding_memory now;
	char why[BINDING_WHY] = "";
	int err;

	err = noted ? binding_move(bind->bdf, memory->driver, memory->override,
				   why) : let_kernel_choose(bind, why);
	if (err) {
		warnx("%s", why);
		return CMD_FAILED;
	}
	binding_forget("", bind->bdf);
	binding_current("", bind->bdf, &now);
	printf("%s is bound to %s.\n", bind->bdf, now.driver[0] ? now.driver :
	       "no driver");
	return CMD_DONE;
}

/* The driver of a note may be none, and was taken for another one since */
static bool is_to_go_back(const struct bind *bind, bool noted)
{
	struct binding_memory now;

	binding_current("", bind->bdf, &now);
	return binding_is_ours(&now) || (noted && !now.driver[0]);
}

static int unbind_function(const struct bind *bind,
			   const struct pci_function *function)
{
	struct use_hold hold = { 0 };
	struct binding_memory memory;
	bool noted = !binding_recall("", bind->bdf, &memory);
	int code;

	if (!is_to_go_back(bind, noted)) {
		warnx("%s is bound to %s: there is nothing to give back",
		      bind->bdf, function->driver[0] ? function->driver :
						       "no driver");
		return CMD_FAILED;
	}
	code = check_function(bind, function);
	if (!code && noted && memory.driver[0])
		code = load_driver(memory.driver);
	if (!code)
		code = hold_function(bind, function, &hold);
	use_release(&hold);
	if (!code)
		code = return_function(bind, &memory, noted);
	return code;
}

int cmd_unbind(int argc, char **argv)
{
	struct pci_function function = { 0 };
	struct bind bind = { 0 };
	int code;

	argp_parse(&unbind_argp, argc, argv, 0, NULL, &bind);
	code = read_function(&bind, &function);
	if (!code)
		code = unbind_function(&bind, &function);
	pci_function_free(&function);
	return code;
}
