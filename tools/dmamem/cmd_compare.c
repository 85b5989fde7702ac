// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem compare: the same work in each mode that this machine permits.
 */
#include <argp.h>
#include <err.h>
#include <signal.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/compare.h"
#include "tools/dmamem/compare_device.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_output.h"
#include "tools/dmamem/compare_table.h"
#include "tools/dmamem/enough_memory.h"
#include "tools/dmamem/interrupt.h"
#include "tools/dmamem/parse.h"
#include "tools/memory/pages.h"

#define DEFAULT_SIZE (64UL << 20)
#define MIN_SIZE (4UL << 20)
#define DEFAULT_ROUNDS 5

/* Grows when members of the JSON object change their meaning */
#define COMPARE_FORMAT 1

enum {
	KEY_ONLY = 256,
	KEY_HOSTILE,
	KEY_ICOUNT,
	KEY_JSON,
	KEY_HTML,
};

/* With how many times --size of memory each takes */
static const struct section {
	const char *name;
	int (*run)(struct compare *compare);
	unsigned int times;
} sections[] = {
	{ "setup", compare_setup, 0 },
	{ "stability", compare_stability, 0 },
	{ "cost", compare_cost, 1 },
	{ "memory", compare_kept, COMPARE_KEPT_FACTOR },
	{ "lookup", compare_lookup, 1 },
	{ "nvme", compare_nvme, 0 },
	{ "fragmented", compare_fragmented, 0 },
};

#define NR_SECTIONS (sizeof(sections) / sizeof(sections[0]))
#define SECTIONS "setup, stability, cost, memory, lookup, nvme or fragmented"

struct arguments {
	struct compare compare;
	char device[PARSE_BDF_SIZE];
	unsigned int chosen;
	const char *json;
	FILE *json_stream;
	const char *html;
};

static const struct argp_option options[] = {
	{ "device", 'd', "BDF", 0,
	  "PCI function for the modes that need one: an NVMe controller that nobody uses. It is bound to one driver after the other, then to its own again",
	  0 },
	{ "size", 's', "SIZE", 0,
	  "Memory whose registration is measured (default: 64M)", 0 },
	{ "rounds", 'r', "N", 0, "Measure each cost N times (default: 5)", 0 },
	{ "only", KEY_ONLY, "SECTION", 0,
	  "Leave out other sections than " SECTIONS "; may be given again",
	  0 },
	{ "hostile", KEY_HOSTILE, NULL, 0,
	  "Also do what others on the machine notice: soft offline, compaction, fragmentation, reserving hugetlb pages, writing to the disk",
	  0 },
	{ "icount", KEY_ICOUNT, "NS", 0,
	  "The clock counts instructions, NS nanoseconds each, as in a guest of QEMU with -icount",
	  0 },
	{ "json", KEY_JSON, "FILE", 0,
	  "Write one JSON object to FILE, or with - to standard output instead of the tables",
	  0 },
	{ "html", KEY_HTML, "FILE", 0,
	  "Write a report with plots (by dmamem-report)", 0 },
	{ 0 },
};

static void set_device(struct arguments *args, const char *text,
		       struct argp_state *state)
{
	if (parse_bdf(text, args->device))
		argp_error(state,
			   "'%s' is no PCI address, such as 0000:00:04.0",
			   text);
	args->compare.device = args->device;
}

static void set_size(struct arguments *args, const char *text,
		     struct argp_state *state)
{
	uint64_t size;

	if (parse_size(text, &size))
		argp_error(state, "'%s' is no size, such as 64M or 1G", text);
	if (size < MIN_SIZE || size % HUGE)
		argp_error(state,
			   "--size takes multiples of 2 MiB from 4 MiB on, not '%s'",
			   text);
	args->compare.size = size;
}

static void set_rounds(struct arguments *args, const char *text,
		       struct argp_state *state)
{
	uint64_t rounds;

	if (parse_number(text, 1, MEASURE_ROUNDS, &rounds))
		argp_error(state, "--rounds takes 1 to %d, not '%s'",
			   MEASURE_ROUNDS, text);
	args->compare.rounds = (unsigned int)rounds;
}

static void choose_section(struct arguments *args, const char *name,
			   struct argp_state *state)
{
	unsigned int i = 0;

	while (i < NR_SECTIONS && strcmp(sections[i].name, name))
		i++;
	if (i == NR_SECTIONS)
		argp_error(state, "there is no section '%s': " SECTIONS, name);
	args->chosen |= 1U << i;
}

static void set_icount(struct arguments *args, const char *text,
		       struct argp_state *state)
{
	uint64_t ns;

	if (parse_number(text, 1, 1024, &ns))
		argp_error(state, "--icount takes 1 to 1024 ns, not '%s'",
			   text);
	args->compare.instruction_ns = (double)ns;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'd':
		set_device(args, arg, state);
		break;
	case 's':
		set_size(args, arg, state);
		break;
	case 'r':
		set_rounds(args, arg, state);
		break;
	case KEY_ONLY:
		choose_section(args, arg, state);
		break;
	case KEY_HOSTILE:
		args->compare.hostile = true;
		break;
	case KEY_ICOUNT:
		set_icount(args, arg, state);
		break;
	case KEY_JSON:
		args->json = arg;
		break;
	case KEY_HTML:
		args->html = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "there is no argument to be given, such as '%s'",
			   arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Do the same work in each mode that this machine permits, and compare:\n"
	       "hugepages and pagemap, mlock and pagemap, dmamem with physical\n"
	       "addresses, dmamem for one function, VFIO.",
};

/* The words of the command, so that it can be given again */
static void add_command(struct json_object *report, int argc, char **argv)
{
	struct json_object *words = json_add_array(report, "command");

	for (int i = 0; i < argc; i++)
		json_object_array_add(words, json_object_new_string(argv[i]));
}

static bool is_chosen(const struct arguments *args, unsigned int section)
{
	return !args->chosen || args->chosen >> section & 1;
}

/* With --hostile, hugetlb pages are reserved beside all other memory */
static bool has_memory(const struct arguments *args)
{
	uint64_t times = 0, wanted;

	for (unsigned int i = 0; i < NR_SECTIONS; i++)
		if (is_chosen(args, i) && sections[i].times > times)
			times = sections[i].times;
	if (args->compare.hostile)
		times *= 2;
	if (__builtin_mul_overflow(times, args->compare.size, &wanted))
		wanted = UINT64_MAX;
	return enough_memory(wanted);
}

/* It is known what is missing, and why */
static int not_whole(struct compare *compare, const char *section,
		     const char *why)
{
	char text[COMPARE_WHY];

	snprintf(text, sizeof(text), "%s: %s", section, why);
	json_add_text(compare->report, "why", text);
	warnx("%s", text);
	return CMD_FAILED;
}

static int run_section(struct compare *compare, const struct section *section)
{
	int ret = section->run(compare);

	if (interrupted())
		return not_whole(compare, section->name, "interrupted");
	if (ret)
		return not_whole(compare, section->name,
				 strerrordesc_np(-ret));
	return CMD_DONE;
}

static int run_sections(struct arguments *args)
{
	struct compare *compare = &args->compare;
	int code = CMD_DONE;

	compare_machine(compare);
	out_progress_start(&compare->progress, "", 0);
	for (unsigned int i = 0; i < NR_SECTIONS && !code; i++)
		if (is_chosen(args, i))
			code = run_section(compare, &sections[i]);
	out_progress_end(&compare->progress);
	return code;
}

/* What cannot be had is said before the machine is touched */
static int prepare(struct arguments *args)
{
	int code = CMD_DONE;

	if (!has_memory(args))
		return CMD_CANNOT;
	if (args->html)
		code = compare_find_report();
	if (args->json && !code)
		code = compare_open_json(args->json, &args->json_stream);
	return code;
}

static int show(const struct arguments *args)
{
	struct json_object *report = args->compare.report;
	int code = CMD_DONE;

	if (args->json_stream != stdout)
		compare_print(stdout, report);
	if (args->json)
		code = compare_write_json(args->json, args->json_stream,
					  report);
	if (args->html && !code)
		code = compare_write_html(args->html, report);
	return code;
}

/*
 * Whatever comes, a signal included: the device has its driver again, the pool
 * its size, and what was found is shown
 */
static int run_and_show(struct arguments *args)
{
	struct compare *compare = &args->compare;
	struct compare_device device;
	int code = CMD_DONE, shown;

	interrupt_catch(SA_RESTART);
	if (compare->device)
		code = compare_device_take(compare->device, &device);
	if (code)
		return code;
	compare_pool_read(&compare->pool);
	code = run_sections(args);
	if (compare->hostile)
		compare_pool_restore(&compare->pool);
	if (compare->device && compare_device_give_back(&device))
		code = CMD_FAILED;
	shown = show(args);
	return code ? code : shown;
}

int cmd_compare(int argc, char **argv)
{
	struct arguments args = {
		.compare = {
			.size = DEFAULT_SIZE,
			.rounds = DEFAULT_ROUNDS,
		},
	};
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	code = prepare(&args);
	if (code)
		return code;
	args.compare.report = json_object_new_object();
	json_add_number(args.compare.report, "format", COMPARE_FORMAT);
	add_command(args.compare.report, argc, argv);
	json_add_bool(args.compare.report, "hostile", args.compare.hostile);
	code = run_and_show(&args);
	json_object_put(args.compare.report);
	return code;
}
