// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem doctor: can this machine do it, and how?
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/binding.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/disk.h"
#include "tools/dmamem/doctor.h"
#include "tools/dmamem/use.h"

struct arguments {
	bool json;
	size_t nr;
	char (*bdfs)[PARSE_BDF_SIZE];
};

/* It has no letter */
#define OPTION_JSON 256

static const struct argp_option options[] = {
	{ .name = "json", .key = OPTION_JSON, .doc = "Print one JSON object" },
	{ 0 }
};

static void add_function(struct arguments *arguments, const char *text,
			 struct argp_state *state)
{
	arguments->bdfs = reallocarray(arguments->bdfs, arguments->nr + 1,
				       sizeof(*arguments->bdfs));
	if (!arguments->bdfs)
		err(CMD_FAILED, "memory");
	if (parse_bdf(text, arguments->bdfs[arguments->nr++]))
		argp_error(state,
			   "'%s' is no PCI address, such as 0000:00:04.0",
			   text);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case OPTION_JSON:
		arguments->json = true;
		return 0;
	case ARGP_KEY_ARG:
		add_function(arguments, text, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[BDF...]",
	.doc = "Can this machine do it, and how?\n"
	       "Looks at kernel, module, IOMMU, privileges and memory, and for each PCI\n"
	       "function, or those named, at the ways to its DMA addresses. Changes nothing.\n"
	       "\vExit code 3 says that there is no way: to the addresses of a function that\n"
	       "was named, or without one to any.",
};

static void ask(const struct pci_function *function,
		const struct machine *machine,
		struct way ways[DOCTOR_NR_WAYS])
{
	static const char * const names[] = {
		[DOCTOR_AUTO] = "auto",
		[DOCTOR_VFIO] = "vfio",
		[DOCTOR_KMOD] = "kmod",
		[DOCTOR_HUGEPAGE] = "hugepage",
	};

	for (int i = 0; i < DOCTOR_NR_WAYS; i++)
		ways_ask(names[i], function, machine, &ways[i]);
}

static int read_function(const char *bdf, struct doctor_function *function)
{
	int error;

	memset(function, 0, sizeof(*function));
	error = pci_function_read("", bdf, &function->pci);
	if (error)
		return error;
	binding_node("", &function->pci, function->node,
		     sizeof(function->node));
	error = use_interfaces("", bdf, &function->interfaces);
	return error ? error : disks_of("", bdf, &function->disks);
}

static void free_function(struct doctor_function *function)
{
	pci_function_free(&function->pci);
	tree_list_free(&function->disks);
	tree_list_free(&function->interfaces);
}

static int examine(struct doctor *doctor, const char *bdf, bool bridges)
{
	struct doctor_function *function;
	int error;

	function = reallocarray(doctor->functions, doctor->nr + 1,
				sizeof(*function));
	if (!function)
		return -ENOMEM;
	doctor->functions = function;
	function += doctor->nr;
	error = read_function(bdf, function);
	if (error || (pci_is_bridge(&function->pci) && !bridges)) {
		doctor->bridges += !error;
		free_function(function);
		return error;
	}
	ask(&function->pci, &doctor->machine, function->ways);
	doctor->nr++;
	return 0;
}

/* Those that are not there do not keep the others from being shown */
static int examine_named(struct doctor *doctor,
			 const struct arguments *arguments, bool *missing)
{
	int error = 0;

	for (size_t i = 0; i < arguments->nr && !error; i++) {
		error = examine(doctor, arguments->bdfs[i], true);
		if (error == -ENODEV) {
			warnx("there is no PCI function %s",
			      arguments->bdfs[i]);
			*missing = true;
			error = 0;
		} else if (error) {
			warnx("%s: %s", arguments->bdfs[i],
			      strerrordesc_np(-error));
		}
	}
	return error;
}

static int examine_all(struct doctor *doctor)
{
	struct tree_names names;
	int error = 0;

	tree_list("", &names, PCI_DEVICES);
	for (size_t i = 0; i < names.nr && !error; i++)
		error = examine(doctor, names.names[i], false);
	tree_list_free(&names);
	if (error)
		warnx("%s", strerrordesc_np(-error));
	return error;
}

static int verdict(const struct doctor *doctor, bool named)
{
	if (!named)
		return doctor->ways[DOCTOR_AUTO].provider ? CMD_DONE :
							    CMD_CANNOT;
	for (size_t i = 0; i < doctor->nr; i++)
		if (!doctor->functions[i].ways[DOCTOR_AUTO].provider)
			return CMD_CANNOT;
	return CMD_DONE;
}

static void free_doctor(struct doctor *doctor)
{
	for (size_t i = 0; i < doctor->nr; i++)
		free_function(&doctor->functions[i]);
	free(doctor->functions);
}

int cmd_doctor(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	struct doctor doctor = { 0 };
	int code = CMD_FAILED, error;
	bool missing = false;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	machine_read("", &doctor.machine);
	module_read_state("", "dmamem", &doctor.module);
	doctor.file_error = module_find("dmamem", &doctor.file);
	ask(NULL, &doctor.machine, doctor.ways);
	error = arguments.nr ? examine_named(&doctor, &arguments, &missing) :
			       examine_all(&doctor);
	if (!error)
		code = missing ? CMD_USAGE : verdict(&doctor, arguments.nr);
	if (!error && !arguments.json && (doctor.nr || !missing))
		doctor_print(&doctor);
	if (!error && arguments.json && doctor_print_json(&doctor))
		code = CMD_FAILED;
	free_doctor(&doctor);
	free(arguments.bdfs);
	return code;
}
