// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem status shows to people, in 80 columns.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/out.h"
#include "tools/dmamem/status.h"

/* Regions of an opener that are shown to people */
#define MAX_REGIONS 8

#define COLUMN 12

static void label(const char *text)
{
	printf("%s%-*s%s", out_style(stdout, OUT_BOLD), COLUMN, text,
	       out_style(stdout, OUT_PLAIN));
}

static void print_module(const struct status *status)
{
	const struct module_state *module = &status->module;
	const char *separator = "";

	label("Module");
	printf("loaded%s%s, references: %d%s\n", module->version[0] ?
	       ", version " : "", module->version, module->references,
	       strchr(module->taint, 'E') ? ", not signed" : "");
	label("Parameters");
	for (size_t i = 0; i < status->parameters.nr; i++) {
		const char *name = status->parameters.names[i];
		char value[128];

		if (!strcmp(name, "quarantine"))
			continue;
		tree_read("", value, sizeof(value),
			  "/sys/module/dmamem/parameters/%s", name);
		printf("%s%s=%s", separator, name, value);
		separator = " ";
	}
	putchar('\n');
}

static void print_quarantine(const struct status *status)
{
	char size[OUT_SIZE];

	label("Quarantine");
	if (status->wards_error)
		printf("%s\n", strerrordesc_np(-status->wards_error));
	else if (!status->nr_wards)
		puts("empty");
	for (size_t i = 0; i < status->nr_wards; i++) {
		if (i)
			label("");
		printf("%s%s keeps %s pinned: it could not be stopped%s\n",
		       out_style(stdout, OUT_BAD), status->wards[i].bdf,
		       out_size(size, status->wards[i].bytes),
		       out_style(stdout, OUT_PLAIN));
		label("");
		printf("-> to reset it again: echo %s >\n", status->wards[i].bdf);
		label("");
		puts("   /sys/module/dmamem/parameters/quarantine; see dmamem(4)");
	}
}

static void print_nodes(const struct status *status)
{
	label("Nodes");
	if (!status->nr_nodes)
		puts("none");
	for (size_t i = 0; i < status->nr_nodes; i++) {
		const struct status_node *node = &status->nodes[i];

		if (i)
			label("");
		printf("%-26s %s:%s %04o\n", node->path, node->owner,
		       node->group, node->mode);
	}
}

void status_print_openers(FILE *stream, const struct openers *openers)
{
	char size[OUT_SIZE];

	for (size_t i = 0; i < openers->nr; i++) {
		const struct opener *opener = &openers->list[i];

		fprintf(stream, "  pid %d (%s), file %d: %s, %s in %zu region%s\n",
			opener->pid, opener->command, opener->fd, opener->node,
			out_size(size, opener->pinned), opener->nr_regions,
			opener->nr_regions == 1 ? "" : "s");
	}
	if (openers->hidden)
		fprintf(stream, "  perhaps more: %u processes are hidden from all but root\n",
			openers->hidden);
}

static void print_regions(const struct opener *opener)
{
	char size[OUT_SIZE];

	for (size_t i = 0; i < opener->nr_regions && i < MAX_REGIONS; i++) {
		const struct opener_region *region = &opener->regions[i];

		printf("  %8u  %#14jx  %10s  %8ju  %s\n", region->id,
		       (uintmax_t)region->addr,
		       out_size(size, region->length),
		       (uintmax_t)region->runs,
		       region->writable ? "read and write" : "read");
	}
	if (opener->nr_regions > MAX_REGIONS)
		printf("  and %zu more, which --json shows\n",
		       opener->nr_regions - MAX_REGIONS);
}

static void print_openers(const struct openers *openers)
{
	if (!openers->nr && !openers->hidden) {
		label("Open by");
		puts("nobody");
		return;
	}
	printf("%sOpen by%s\n", out_style(stdout, OUT_BOLD),
	       out_style(stdout, OUT_PLAIN));
	status_print_openers(stdout, openers);
	for (size_t i = 0; i < openers->nr; i++) {
		if (!openers->list[i].nr_regions)
			continue;
		printf("\nRegions of pid %d, file %d\n", openers->list[i].pid,
		       openers->list[i].fd);
		printf("  %8s  %14s  %10s  %8s  %s\n", "region", "address",
		       "length", "runs", "the device may");
		print_regions(&openers->list[i]);
	}
}

void status_print(const struct status *status)
{
	if (!status->module.loaded) {
		label("Module");
		puts("not loaded: dmamem load");
		return;
	}
	print_module(status);
	print_quarantine(status);
	print_nodes(status);
	print_openers(&status->openers);
}
