// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The arguments of `dmamem nvme bench`.
 */
#include <string.h>

#include "tools/dmamem/nvme_bench.h"

#define DEFAULT_DEPTH 32
#define DEFAULT_SECONDS 2

enum {
	KEY_ORDER = 256,
	KEY_VERIFY,
	KEY_POINTERS,
	KEY_OVERWRITE,
	KEY_COMMANDS,
	KEY_JSON,
};

static const struct argp_option options[] = {
	{ "size", 's', "LIST", 0,
	  "Bytes of a command, with commas between; default: 4K,16K,128K,1M",
	  0 },
	{ "depth", 'q', "N", 0, "Commands in flight, up to 63; default: 32", 0 },
	{ "op", 'o', "OP", 0, "read (default), write, or mix: half of each", 0 },
	{ "order", KEY_ORDER, "ORDER", 0, "random (default) or sequential", 0 },
	{ "pointers", KEY_POINTERS, "HOW", 0,
	  "How commands name their memory: prp (default), sgl or both", 0 },
	{ "time", 't', "SECONDS", 0, "For each size; default: 2", 0 },
	{ "commands", KEY_COMMANDS, "N", 0, "So many commands for each size, not a time", 0 },
	{ "verify", KEY_VERIFY, NULL, 0,
	  "Fill the part of the disk, check each read, read all back in the end",
	  0 },
	{ "overwrite", KEY_OVERWRITE, NULL, 0,
	  "What is on the disk may go: needed by write, mix and --verify", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object", 0 },
	{ 0 },
};

/* Index of a word in a list that ends with NULL; the last is -1 */
static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static void set_sizes(struct bench_arguments *args, const char *text,
		      struct argp_state *state)
{
	char bad[32];

	args->nr_sizes = nvme_sizes_parse(text, args->sizes, bad);
	if (!args->nr_sizes)
		argp_error(state, "'%s' is no size; a list is 4K,64K,1M", bad);
}

static void set_depth(struct bench_arguments *args, const char *text,
		      struct argp_state *state)
{
	uint64_t depth;

	if (parse_number(text, 1, NVME_MAX_DEPTH, &depth))
		argp_error(state, "--depth is 1 to %d, not '%s'",
			   NVME_MAX_DEPTH, text);
	else
		args->depth = depth;
}

static void set_op(struct bench_arguments *args, const char *word,
		   struct argp_state *state)
{
	static const char *const words[] = { "read", "write", "mix", NULL };
	int op = find_word(words, word);

	if (op < 0)
		argp_error(state, "--op is read, write or mix, not '%s'", word);
	else
		args->op = op;
}

static void set_order(struct bench_arguments *args, const char *word,
		      struct argp_state *state)
{
	static const char *const words[] = { "sequential", "random", NULL };
	int order = find_word(words, word);

	if (order < 0)
		argp_error(state, "--order is random or sequential, not '%s'",
			   word);
	else
		args->order = order;
}

static void set_pointers(struct bench_arguments *args, const char *word,
			 struct argp_state *state)
{
	static const char *const words[] = { "prp", "sgl", "both", NULL };
	int how = find_word(words, word);

	if (how < 0)
		argp_error(state, "--pointers is prp, sgl or both, not '%s'",
			   word);
	args->prps = how != 1;
	args->sgls = how >= 1;
}

static void set_seconds(struct bench_arguments *args, const char *text,
			struct argp_state *state)
{
	uint64_t seconds;

	if (parse_number(text, 1, 86400, &seconds))
		argp_error(state, "--time is 1 to 86400 seconds, not '%s'",
			   text);
	else
		args->seconds = seconds;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct bench_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->target;
		state->child_inputs[1] = &args->range;
		break;
	case 's':
		set_sizes(args, arg, state);
		break;
	case 'q':
		set_depth(args, arg, state);
		break;
	case 'o':
		set_op(args, arg, state);
		break;
	case KEY_ORDER:
		set_order(args, arg, state);
		break;
	case KEY_POINTERS:
		set_pointers(args, arg, state);
		break;
	case 't':
		set_seconds(args, arg, state);
		break;
	case KEY_COMMANDS:
		if (parse_number(arg, 1, UINT64_MAX, &args->count))
			argp_error(state, "'%s' is no number of commands", arg);
		break;
	case ARGP_KEY_END:
		if (args->seconds && args->count)
			argp_error(state, "--time or --commands, not both");
		if (!args->seconds)
			args->seconds = DEFAULT_SECONDS;
		break;
	case KEY_VERIFY:
		args->verify = true;
		break;
	case KEY_OVERWRITE:
		args->overwrite = true;
		break;
	case KEY_JSON:
		args->json = true;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one controller, not also '%s'", arg);
		nvme_target_set(&args->target, arg, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &nvme_target_argp, 0, NULL, 0 },
	{ &nvme_range_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "BDF",
	.doc = "Measure throughput and latency of an NVMe namespace.",
	.children = children,
};

void bench_parse(int argc, char **argv, struct bench_arguments *args)
{
	*args = (struct bench_arguments){
		.depth = DEFAULT_DEPTH,
		.order = NVME_LOAD_RANDOM,
		.prps = true,
	};
	argp_parse(&argp, argc, argv, 0, NULL, args);
}
