/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The context that a subcommand works with: options that choose provider and
 * mode, the same for each, and words for what came of them.
 */
#ifndef DMAMEM_TOOLS_CONTEXT_H
#define DMAMEM_TOOLS_CONTEXT_H

#include <argp.h>
#include <stdio.h>

#include <dmamem/dmamem.h>

#include "tools/dmamem/json.h"

/**
 * struct context_choice - what was asked for
 * @provider: of struct dmamem_options
 * @mode: the same
 * @device: PCI address of who is to use the memory, or NULL
 */
struct context_choice {
	const char *provider;
	enum dmamem_iova_mode mode;
	const char *device;
};

/*
 * The options --provider and --mode, for struct argp_child; their input is a
 * struct context_choice
 */
extern const struct argp context_argp;

/**
 * context_open() - open a context, or say why not and what to do
 * @choice: what was asked for
 * @flags: enum dmamem_open_flags
 * @ctx: the context
 *
 * Return: CMD_DONE, or another exit code.
 */
int context_open(const struct context_choice *choice, uint64_t flags,
		 struct dmamem_context **ctx);

/**
 * context_failed() - say why a call on a context failed
 * @ctx: the context
 * @what: what was being done, for the message
 * @err: -errno
 *
 * Return: the exit code to end with.
 */
int context_failed(struct dmamem_context *ctx, const char *what, int err);

/**
 * context_exit_code() - what an error of the library means for a script
 * @err: -errno
 *
 * Return: CMD_CANNOT (something is missing), CMD_USAGE, or CMD_FAILED.
 */
int context_exit_code(int err);

/* What the addresses are: "physical addresses" */
const char *context_mode_words(enum dmamem_iova_mode mode);

/* One paragraph: mode, provider, and why those */
void context_show(const struct dmamem_context *ctx);

/* Members provider, mode and reason */
void context_add_json(const struct dmamem_context *ctx,
		      struct json_object *object);

#endif
