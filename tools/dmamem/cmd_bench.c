// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem bench: what library and kernel cost on this machine.
 */
#include <argp.h>
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/figures.h"

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_JSON:
		*(bool *)state->input = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no argument is expected, not '%s'", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = "Measure what library and kernel module cost on this machine.\n"
	       "\vEach figure is the median of many rounds, with the least and the most.",
};

/* The processor's name as /proc/cpuinfo has it; "" if it has none */
static void read_processor(char *name, size_t size)
{
	FILE *stream = fopen("/proc/cpuinfo", "re");
	char line[256];
	const char *value;

	name[0] = '\0';
	while (stream && !name[0] && fgets(line, sizeof(line), stream)) {
		value = strstr(line, ": ");
		line[strcspn(line, "\n")] = '\0';
		if (value && !strncmp(line, "model name", 10))
			snprintf(name, size, ", %s", value + 2);
	}
	if (stream)
		fclose(stream);
}

static void describe_machine(char *text, size_t size)
{
	char processor[96];
	struct utsname uts;

	uname(&uts);
	read_processor(processor, sizeof(processor));
	snprintf(text, size, "dmamem %s, Linux %s %s, %ld processors%s",
		 DMAMEM_VERSION, uts.release, uts.machine,
		 sysconf(_SC_NPROCESSORS_ONLN), processor);
}

static const char *words_for(int counter_error)
{
	switch (-counter_error) {
	case EACCES:
	case EPERM:
		return "/proc/sys/kernel/perf_event_paranoid forbids it";
	case ENOENT:
	case EOPNOTSUPP:
		return "this processor, or virtual one, has no such counter";
	default:
		return strerror(-counter_error);
	}
}

/* With the kernel's share if that is permitted; @kernel says whether */
static int open_counter(int *kernel)
{
	int counter = measure_counter_open(true);

	*kernel = counter;
	return counter < 0 ? measure_counter_open(false) : counter;
}

int cmd_bench(int argc, char **argv)
{
	static struct figures figures;
	const char *no_counter = NULL;
	int counter, kernel;
	char machine[256];
	bool json = false;

	argp_parse(&argp, argc, argv, 0, NULL, &json);
	counter = open_counter(&kernel);
	if (counter < 0)
		no_counter = words_for(counter);
	describe_machine(machine, sizeof(machine));
	out_progress_start(&figures.progress, "measuring", 0);
	figures_of_library(&figures, counter);
	figures_of_kernel(&figures, kernel);
	out_progress_end(&figures.progress);
	if (counter >= 0)
		close(counter);
	return json ? figures_show_json(&figures, machine, no_counter) :
		      figures_show(&figures, machine, no_counter);
}
