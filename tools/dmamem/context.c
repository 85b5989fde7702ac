// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The context that a subcommand works with.
 */
#include <err.h>
#include <errno.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/context.h"
#include "tools/dmamem/out.h"

static const char * const providers[] = { "auto", "kmod", "vfio", "hugepage" };

/* By enum dmamem_iova_mode */
static const struct {
	const char *name;
	const char *words;
} modes[] = {
	[DMAMEM_IOVA_AUTO] = { "auto", "addresses" },
	[DMAMEM_IOVA_PA] = { "pa", "physical addresses" },
	[DMAMEM_IOVA_VA] = { "va", "virtual addresses of the process" },
	[DMAMEM_IOVA_DMA] = { "dma", "addresses that the IOMMU translates" },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static const struct argp_option options[] = {
	{ "provider", 'p', "NAME", 0,
	  "Where addresses come from: kmod, vfio, hugepage or auto (default)",
	  0 },
	{ "mode", 'm', "MODE", 0,
	  "What addresses are: pa (physical), va (those of the process), dma (the kernel's choice) or auto (default)",
	  0 },
	{ 0 },
};

static void set_provider(struct context_choice *choice, const char *name,
			 struct argp_state *state)
{
	for (size_t i = 0; i < NR(providers); i++) {
		if (!strcmp(providers[i], name)) {
			choice->provider = providers[i];
			return;
		}
	}
	argp_error(state,
		   "there is no provider '%s': kmod, vfio, hugepage or auto",
		   name);
}

static void set_mode(struct context_choice *choice, const char *name,
		     struct argp_state *state)
{
	for (size_t i = 0; i < NR(modes); i++) {
		if (!strcmp(modes[i].name, name)) {
			choice->mode = i;
			return;
		}
	}
	argp_error(state, "there is no mode '%s': pa, va, dma or auto", name);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'p':
		set_provider(state->input, arg, state);
		return 0;
	case 'm':
		set_mode(state->input, arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp context_argp = { .options = options, .parser = parse_option };

int context_exit_code(int err)
{
	switch (-err) {
	case EINVAL:
		return CMD_USAGE;
	case ENOENT:
	case ENODEV:
	case EACCES:
	case EPERM:
	case EBUSY:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
		return CMD_CANNOT;
	default:
		return CMD_FAILED;
	}
}

int context_open(const struct context_choice *choice, uint64_t flags,
		 struct dmamem_context **ctx)
{
	char why[256] = "";
	const struct dmamem_options how = {
		.size = sizeof(how),
		.flags = flags,
		.provider = choice->provider,
		.device = choice->device,
		.iova_mode = choice->mode,
		.explanation = why,
		.explanation_size = sizeof(why),
	};
	int err = dmamem_open(&how, ctx);

	if (!err)
		return CMD_DONE;
	warnx("no DMA addresses: %s", why[0] ? why : strerror(-err));
	if (context_exit_code(err) == CMD_CANNOT)
		fputs("'dmamem doctor' says what this machine can do\n", stderr);
	return context_exit_code(err);
}

int context_failed(struct dmamem_context *ctx, const char *what, int err)
{
	char why[256];

	if (!dmamem_explain(ctx, why, sizeof(why)))
		snprintf(why, sizeof(why), "%s", strerror(-err));
	warnx("%s: %s", what, why);
	return err == -EPERM ? CMD_CANNOT : CMD_FAILED;
}

const char *context_mode_words(enum dmamem_iova_mode mode)
{
	return modes[mode].words;
}

void context_show(const struct dmamem_context *ctx)
{
	const char *words = context_mode_words(dmamem_get_iova_mode(ctx));
	char text[512];

	snprintf(text, sizeof(text), "%s, from %s: %s", words,
		 dmamem_get_provider(ctx), dmamem_get_reason(ctx));
	printf("Addresses   ");
	out_wrapped(stdout, 12, text);
}

void context_add_json(const struct dmamem_context *ctx,
		      struct json_object *object)
{
	json_add_text(object, "provider", dmamem_get_provider(ctx));
	json_add_text(object, "mode", modes[dmamem_get_iova_mode(ctx)].name);
	json_add_text(object, "reason", dmamem_get_reason(ctx));
}
