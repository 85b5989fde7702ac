// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem load, unload, status: the kernel module.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/module.h"
#include "tools/dmamem/out.h"
#include "tools/dmamem/status.h"

struct load {
	const char *file;
	char *parameters;
};

static const struct argp_option load_options[] = {
	{ .name = "file", .key = 'f', .arg = "PATH",
	  .doc = "Load this file, not what is installed" },
	{ 0 }
};

static void add_parameter(struct load *load, const char *text,
			  struct argp_state *state)
{
	char *longer;

	if (text[0] == '=' || !strchr(text, '='))
		argp_error(state, "'%s' is not a parameter as dma_bits=32",
			   text);
	if (asprintf(&longer, "%s%s%s", load->parameters ? load->parameters :
		     "", load->parameters ? " " : "", text) < 0)
		err(CMD_FAILED, "memory");
	free(load->parameters);
	load->parameters = longer;
}

static error_t parse_load(int key, char *text, struct argp_state *state)
{
	struct load *load = state->input;

	switch (key) {
	case 'f':
		load->file = text;
		return 0;
	case ARGP_KEY_ARG:
		add_parameter(load, text, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp load_argp = {
	.options = load_options,
	.parser = parse_load,
	.args_doc = "[PARAMETER=VALUE...]",
	.doc = "Load the module dmamem, and what it needs, with parameters.\n"
	       "\v'modinfo dmamem' describes the parameters.",
};

/* libkmod knows a path by its slash */
static char *path_of(const struct load *load)
{
	const char *name = load->file ? load->file : "dmamem";
	char *path;

	if (asprintf(&path, "%s%s", load->file && !strchr(name, '/') ? "./" :
		     "", name) < 0)
		err(CMD_FAILED, "memory");
	return path;
}

/* The kernel would take any name, and say in its log that it does not know it */
static void check_parameters(const char *path, const char *parameters)
{
	struct module_file file;
	size_t name;

	if (module_find(path, &file))
		return;
	for (const char *at = parameters; *at; at += strspn(at, " ")) {
		name = strcspn(at, "=");
		if (!module_has_parameter(&file, at, name))
			errx(CMD_USAGE, "there is no parameter '%.*s', only %s",
			     (int)name, at, file.parameters);
		at += strcspn(at, " ");
	}
}

static int load_already(const struct load *load)
{
	if (load->parameters || load->file) {
		warnx("it is loaded already: 'dmamem unload' first");
		return CMD_FAILED;
	}
	puts("The module is loaded already.");
	return CMD_DONE;
}

static int load_module(const struct load *load, const char *path)
{
	char why[MODULE_WHY], remedy[MODULE_WHY];
	struct module_state state;
	int error, code;

	module_read_state("", "dmamem", &state);
	if (state.loaded)
		return load_already(load);
	check_parameters(path, load->parameters ? load->parameters : "");
	error = module_load(path, load->parameters ? load->parameters : "");
	if (!error)
		return CMD_DONE;
	code = module_explain_load("", path, error, why, remedy);
	warnx("%s", why);
	if (remedy[0])
		fprintf(stderr, "-> %s\n", remedy);
	return code;
}

int cmd_load(int argc, char **argv)
{
	struct load load = { 0 };
	char *path;
	int code;

	argp_parse(&load_argp, argc, argv, 0, NULL, &load);
	path = path_of(&load);
	code = load_module(&load, path);
	free(load.parameters);
	free(path);
	return code;
}

static const struct argp unload_argp = {
	.doc = "Take the module dmamem out of the kernel.\n"
	       "\vIt stays if anybody uses it: then it says who.",
};

static void explain_use(const struct status *status)
{
	char size[OUT_SIZE];

	warnx("the module is in use");
	if (status->openers.nr) {
		fputs("It has files open:\n", stderr);
		status_print_openers(stderr, &status->openers);
	}
	for (size_t i = 0; i < status->nr_wards; i++)
		fprintf(stderr, "It keeps %s, because %s could not be stopped: see dmamem(4)\n",
			out_size(size, status->wards[i].bytes),
			status->wards[i].bdf);
	if (!status->openers.nr && !status->nr_wards)
		fprintf(stderr, "The kernel counts %d users of it, who have no file of it open.\n",
			status->module.references);
}

static int explain_unload(int error)
{
	struct status status;

	switch (error) {
	case -ENOENT:
		warnx("the module is built into this kernel");
		return CMD_CANNOT;
	case -EPERM:
		warnx("modules are unloaded by who has CAP_SYS_MODULE: run it as root");
		return CMD_CANNOT;
	case -EAGAIN:
	case -EBUSY:
		if (status_read("", &status))
			break;
		explain_use(&status);
		status_free(&status);
		return CMD_FAILED;
	}
	warnx("the module cannot be unloaded: %s", strerrordesc_np(-error));
	return CMD_FAILED;
}

/* They have no driver any more, and no other takes them */
static void tell_of_functions(const struct tree_names *functions)
{
	for (size_t i = 0; i < functions->nr; i++)
		printf("%s has no driver now: 'dmamem unbind' gives it back\n",
		       functions->names[i]);
}

static int unload_module(const struct status *status)
{
	int error;

	if (!status->module.loaded) {
		puts("The module is not loaded.");
		return CMD_DONE;
	}
	error = module_unload("dmamem");
	if (error)
		return explain_unload(error);
	tell_of_functions(&status->functions);
	return CMD_DONE;
}

int cmd_unload(int argc, char **argv)
{
	struct status status;
	int code;

	argp_parse(&unload_argp, argc, argv, 0, NULL, NULL);
	if (status_read("", &status))
		err(CMD_FAILED, "memory");
	code = unload_module(&status);
	status_free(&status);
	return code;
}

/* It has no letter */
#define OPTION_JSON 256

static const struct argp_option status_options[] = {
	{ .name = "json", .key = OPTION_JSON, .doc = "Print one JSON object" },
	{ 0 }
};

static error_t parse_status(int key, char *text, struct argp_state *state)
{
	(void)text;
	if (key != OPTION_JSON)
		return ARGP_ERR_UNKNOWN;
	*(bool *)state->input = true;
	return 0;
}

static const struct argp status_argp = {
	.options = status_options,
	.parser = parse_status,
	.doc = "Show the loaded module: its device files, who has them open, what is\n"
	       "pinned through them, and what is in quarantine.\n"
	       "\vExit code 3 says that the module is not loaded.",
};

int cmd_status(int argc, char **argv)
{
	struct status status;
	bool json = false;
	int code = CMD_DONE;

	argp_parse(&status_argp, argc, argv, 0, NULL, &json);
	if (status_read("", &status))
		err(CMD_FAILED, "memory");
	if (json)
		code = status_print_json(&status);
	else
		status_print(&status);
	if (!code && !status.module.loaded)
		code = CMD_CANNOT;
	status_free(&status);
	return code;
}
