// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem pin: pin memory of a kind and show what came back.
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <dmamem/map.h>
#include <dmamem/memory.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/enough_memory.h"
#include "tools/dmamem/out.h"
#include "tools/dmamem/pin.h"

#define DEFAULT_SIZE (UINT64_C(8) << 20)
#define NS_PER_S UINT64_C(1000000000)

enum {
	KEY_FILE = 256,
	KEY_SVG,
	KEY_JSON,
	KEY_HOLD,
};

static const struct argp_option options[] = {
	{ "kind", 'k', "KIND", 0,
	  "4k (default), scattered, thp, hugetlb-2m, hugetlb-1g, memfd, shared or file",
	  0 },
	{ "file", KEY_FILE, "PATH", 0,
	  "A file for the kind 'file', which this chooses, too; it is not changed",
	  0 },
	{ "device", 'd', "BDF", 0,
	  "PCI function that is to use the memory: 0000:00:04.0", 0 },
	{ "addresses", 'a', NULL, 0, "List each run with its DMA address", 0 },
	{ "svg", KEY_SVG, "FILE", 0, "Write a picture", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object", 0 },
	{ "hold", KEY_HOLD, NULL, 0, "Keep the memory pinned until a signal",
	  0 },
	{ 0 },
};

#define KINDS "4k, scattered, thp, hugetlb-2m, hugetlb-1g, memfd, shared or file"

static void set_kind(struct pin_arguments *args, const char *word,
		     struct argp_state *state)
{
	const struct pin_kind *kind = pin_kind_find(word);

	if (kind)
		args->kind = kind;
	else
		argp_error(state, "there is no kind '%s': " KINDS, word);
}

static void set_device(struct pin_arguments *args, const char *text,
		       struct argp_state *state)
{
	if (parse_bdf(text, args->device))
		argp_error(state,
			   "'%s' is no PCI address, such as 0000:00:04.0",
			   text);
	args->choice.device = args->device;
}

static void set_size(struct pin_arguments *args, const char *text,
		     struct argp_state *state)
{
	if (args->size)
		argp_error(state, "one SIZE, not also '%s'", text);
	if (parse_size(text, &args->size) || !args->size)
		argp_error(state, "'%s' is no size, such as 64M or 1G", text);
}

static uint64_t size_of_file(const char *path, struct argp_state *state)
{
	struct stat st;

	if (stat(path, &st))
		argp_failure(state, CMD_FAILED, errno, "%s", path);
	if (st.st_size < (off_t)DMAMEM_PAGE_SIZE)
		argp_failure(state, CMD_FAILED, 0,
			     "%s has not even one page of 4 KiB", path);
	return (uint64_t)st.st_size & ~(DMAMEM_PAGE_SIZE - 1);
}

/* All arguments are there: do they fit together? */
static void check_arguments(struct pin_arguments *args,
			    struct argp_state *state)
{
	const struct pin_kind *kind = args->kind;
	bool is_file = kind == pin_kind_find("file");
	char unit[OUT_SIZE];

	if (args->file && !is_file)
		argp_error(state, "--file is for the kind 'file', not '%s'",
			   kind->word);
	if (is_file && !args->file)
		argp_error(state, "the kind 'file' needs --file PATH");
	else if (is_file && !args->size)
		args->size = size_of_file(args->file, state);
	if (!args->size)
		args->size = kind->unit > DEFAULT_SIZE ? kind->unit :
							 DEFAULT_SIZE;
	if (args->size % kind->unit)
		argp_error(state, "the kind '%s' comes in multiples of %s",
			   kind->word, out_size(unit, kind->unit));
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct pin_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->choice;
		break;
	case 'k':
		set_kind(args, arg, state);
		break;
	case 'd':
		set_device(args, arg, state);
		break;
	case 'a':
		args->addresses = true;
		break;
	case KEY_FILE:
		args->file = arg;
		break;
	case KEY_SVG:
		args->svg = arg;
		break;
	case KEY_JSON:
		args->json = true;
		break;
	case KEY_HOLD:
		args->hold = true;
		break;
	case ARGP_KEY_ARG:
		set_size(args, arg, state);
		break;
	case ARGP_KEY_END:
		if (!args->kind)
			args->kind = args->file ? pin_kind_find("file") :
						  pin_kinds;
		check_arguments(args, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &context_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[SIZE]",
	.doc = "Pin memory and show where its addresses are from, and runs of them.\n"
	       "\vSIZE takes a unit: 64M, 1G. The default is 8M.",
	.children = children,
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static int show_progress(void *arg, size_t done, size_t total)
{
	(void)total;
	out_progress(arg, done);
	return 0;
}

static void say_how_to_reserve(const struct pin_arguments *args)
{
	const char *path = "/sys/kernel/mm/hugepages/hugepages-";

	fprintf(stderr, "As root: echo %" PRIu64 " > %s%" PRIu64 "kB/nr_hugepages\n",
		args->size / args->kind->unit, path, args->kind->unit >> 10);
}

static int map_memory(struct pinned *pinned)
{
	const struct pin_arguments *args = pinned->args;
	bool is_hugetlb = !strncmp(args->kind->word, "hugetlb", 7);
	char size[OUT_SIZE];

	if (!is_hugetlb && !enough_memory(args->size))
		return CMD_CANNOT;
	pinned->addr = args->kind->map(args->size, args->file);
	if (pinned->addr)
		return CMD_DONE;
	warn("cannot get %s of %s", out_size(size, args->size),
	     args->kind->words);
	if (is_hugetlb)
		say_how_to_reserve(args);
	return CMD_CANNOT;
}

static int register_memory(struct pinned *pinned)
{
	struct out_progress progress;
	int err;

	out_progress_start(&progress, "pinning", pinned->args->size);
	pinned->ns = now_ns();
	err = dmamem_register_progress(pinned->ctx, pinned->addr,
				       pinned->args->size, show_progress,
				       &progress);
	pinned->ns = now_ns() - pinned->ns;
	out_progress_end(&progress);
	if (err)
		return context_failed(pinned->ctx, "the memory is not pinned",
				      err);
	return CMD_DONE;
}

static int ask_for_runs(struct pinned *pinned)
{
	if (dmamem_get_histogram(pinned->ctx, pinned->addr,
				 &pinned->histogram) ||
	    runs_collect(pinned->ctx, pinned->addr, pinned->args->size,
			 &pinned->runs)) {
		warnx("no memory for the list of runs");
		return CMD_FAILED;
	}
	return CMD_DONE;
}

/* Blocked from the start, so that none is missed */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

static void hold(const sigset_t *signals)
{
	int signal;

	fflush(stdout);
	fprintf(stderr, "Held by process %d until SIGINT (Ctrl-C), SIGTERM or SIGHUP\n",
		getpid());
	sigwait(signals, &signal);
}

static int show(const struct pinned *pinned)
{
	sigset_t signals;
	int ret;

	if (pinned->args->hold)
		block_signals(&signals);
	ret = pinned->args->json ? pin_show_json(pinned) :
				   pin_show_text(pinned);
	if (!ret && pinned->args->svg)
		ret = pin_write_svg(pinned);
	if (!ret && pinned->args->hold)
		hold(&signals);
	return ret;
}

static int pin(struct pinned *pinned)
{
	int ret;

	ret = context_open(&pinned->args->choice, 0, &pinned->ctx);
	if (ret)
		return ret;
	ret = map_memory(pinned);
	if (!ret)
		ret = register_memory(pinned);
	if (!ret)
		ret = ask_for_runs(pinned);
	if (!ret)
		ret = show(pinned);
	runs_free(&pinned->runs);
	dmamem_close(pinned->ctx);
	return ret;
}

int cmd_pin(int argc, char **argv)
{
	struct pin_arguments args = { 0 };
	struct pinned pinned = { .args = &args };

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	return pin(&pinned);
}
