// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Figures: measured, entered and shown.
 */
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/figures.h"
#include "tools/dmamem/json.h"

#define FIGURE_COLUMNS "  %-38s %8s %15s %13s\n"

static struct figure *add(struct figures *figures, const char *group,
			  const char *name)
{
	struct figure *figure = &figures->list[figures->nr];

	/* There is room for all that there are: no more than this is lost */
	if (figures->nr < FIGURES - 1)
		figures->nr++;
	*figure = (struct figure){ .group = group };
	snprintf(figure->name, sizeof(figure->name), "%s", name);
	out_progress(&figures->progress, figures->nr);
	return figure;
}

void figures_measure(struct figures *figures, const char *group,
		     const char *name, const struct measure *measure)
{
	struct figure *figure = add(figures, group, name);
	int err = measure_run(measure, &figure->spread);

	if (err)
		snprintf(figure->why, sizeof(figure->why), "%s",
			 strerror(-err));
}

void figures_leave_out(struct figures *figures, const char *group,
		       const char *name, const char *why)
{
	struct figure *figure = add(figures, group, name);

	snprintf(figure->why, sizeof(figure->why), "%s", why);
}

/* Three digits that count */
static void print_ns(char text[16], double ns)
{
	snprintf(text, 16, "%.*f", ns < 10 ? 2 : ns < 100 ? 1 : 0, ns);
}

static void show_spread(const char *name, const struct spread *spread)
{
	char median[16], least[16], most[16], range[40], count[16] = "-";

	print_ns(median, spread->median);
	print_ns(least, spread->least);
	print_ns(most, spread->most);
	snprintf(range, sizeof(range), "%s..%s", least, most);
	if (spread->instructions >= 0)
		snprintf(count, sizeof(count), "%.1f", spread->instructions);
	printf(FIGURE_COLUMNS, name, median, range, count);
}

static void show_group(const char *group)
{
	printf("\n%s%-40s %8s %15s %13s%s\n", out_style(stdout, OUT_BOLD),
	       group, "ns", "least..most", "instructions",
	       out_style(stdout, OUT_PLAIN));
}

/* Neighbours that are missing for one reason are one entry; says how many */
static unsigned int show_missing(const struct figures *figures, unsigned int i)
{
	const struct figure *first = &figures->list[i];
	unsigned int nr = 1;

	while (i + nr < figures->nr &&
	       !strcmp(first->group, figures->list[i + nr].group) &&
	       !strcmp(first->why, figures->list[i + nr].why))
		nr++;
	printf("  %-38s %8s  ", first->name, "-");
	out_wrapped(stdout, 51, first->why);
	if (nr > 1)
		printf("  and %u more                              %8s\n", nr - 1,
		       "-");
	return nr;
}

int figures_show(const struct figures *figures, const char *machine,
		 const char *no_counter)
{
	const char *group = "";
	unsigned int i = 0;

	out_wrapped(stdout, 0, machine);
	while (i < figures->nr) {
		const struct figure *figure = &figures->list[i];

		if (strcmp(figure->group, group))
			show_group(figure->group);
		group = figure->group;
		if (figure->why[0]) {
			i += show_missing(figures, i);
		} else {
			show_spread(figure->name, &figure->spread);
			i++;
		}
	}
	if (no_counter) {
		printf("\nInstructions are not counted: ");
		out_wrapped(stdout, 30, no_counter);
	}
	return CMD_DONE;
}

static void add_json(struct json_object *rows, const struct figure *figure)
{
	struct json_object *row = json_object_new_object();
	const struct spread *spread = &figure->spread;

	json_add_text(row, "group", figure->group);
	json_add_text(row, "name", figure->name);
	if (figure->why[0]) {
		json_add_text(row, "why_not", figure->why);
	} else {
		json_add_real(row, "median_ns", spread->median);
		json_add_real(row, "least_ns", spread->least);
		json_add_real(row, "most_ns", spread->most);
		if (spread->instructions >= 0)
			json_add_real(row, "instructions",
				      spread->instructions);
	}
	json_object_array_add(rows, row);
}

int figures_show_json(const struct figures *figures, const char *machine,
		      const char *no_counter)
{
	struct json_object *object = json_object_new_object();
	struct json_object *rows;

	json_add_text(object, "machine", machine);
	rows = json_add_array(object, "figures");
	for (unsigned int i = 0; i < figures->nr; i++)
		add_json(rows, &figures->list[i]);
	if (no_counter)
		json_add_text(object, "why_no_instructions", no_counter);
	return json_print(object);
}
