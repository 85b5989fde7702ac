// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What it was measured on.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "tools/dmamem/compare.h"
#include "tools/dmamem/machine.h"
#include "tools/dmamem/tree.h"
#include "tools/memory/pages.h"

static void add_processor(struct json_object *object)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[2048], model[128] = "";
	bool virtual = false;

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "model name", 10))
			sscanf(line, "model name : %127[^\n]", model);
		virtual |= !!strstr(line, " hypervisor");
	}
	if (file)
		fclose(file);
	json_add_text(object, "processor", model);
	json_add_number(object, "processors",
			(uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	json_add_bool(object, "virtual", virtual);
	/* So the processor of a guest calls itself that has no hardware */
	json_add_bool(object, "emulated", !!strstr(model, "QEMU TCG"));
}

static void add_memory(struct json_object *object,
		       const struct machine *machine)
{
	json_add_number(object, "memory",
			(uint64_t)pages_count("/proc/meminfo", "MemTotal:")
				<< 10);
	json_add_number(object, "swap",
			(uint64_t)pages_count("/proc/meminfo", "SwapTotal:")
				<< 10);
	json_add_number(object, "nodes", machine->nr_nodes);
	json_add_text(object, "thp", machine->thp_enabled);
}

static void add_kernel(struct json_object *object,
		       const struct machine *machine)
{
	char line[1024], module[MACHINE_TEXT];
	struct utsname name;

	uname(&name);
	json_add_text(object, "kernel", name.release);
	json_add_text(object, "kernel_version", name.version);
	json_add_text(object, "architecture", name.machine);
	json_add_text(object, "distribution", machine->distribution);
	tree_read("", line, sizeof(line), "/proc/cmdline");
	json_add_text(object, "command_line", line);
	json_add_text(object, "iommu", machine->iommu.names);
	json_add_bool(object, "identity", machine->iommu.groups &&
		      machine->iommu.identity == machine->iommu.groups);
	tree_read("", module, sizeof(module), "/sys/module/dmamem/version");
	json_add_text(object, "module", module);
}

void compare_machine(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report,
						     "machine");
	struct machine machine;
	time_t now = time(NULL);
	char text[32];

	machine_read("", &machine);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	json_add_text(object, "date", text);
	json_add_text(object, "dmamem", DMAMEM_VERSION);
	add_processor(object);
	add_memory(object, &machine);
	add_kernel(object, &machine);
}
