/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What `dmamem bench` finds out: figures in groups, and why some are missing.
 */
#ifndef DMAMEM_TOOLS_FIGURES_H
#define DMAMEM_TOOLS_FIGURES_H

#include "tools/bench/measure.h"
#include "tools/dmamem/out.h"

#define FIGURES 64
#define FIGURE_TEXT 160

/**
 * struct figure - something that was measured, or could not be
 * @group: what it is one of
 * @name: what it is
 * @spread: what came of it; not if there is @why
 * @why: why there is none, or ""
 */
struct figure {
	const char *group;
	char name[48];
	struct spread spread;
	char why[FIGURE_TEXT];
};

/**
 * struct figures - all of them
 * @nr: how many
 * @list: the figures, those of a group together
 * @progress: for a line on the terminal
 */
struct figures {
	unsigned int nr;
	struct figure list[FIGURES];
	struct out_progress progress;
};

/* Measure and enter what came of it: a figure, or why there is none */
void figures_measure(struct figures *figures, const char *group,
		     const char *name, const struct measure *measure);

/* Enter that something cannot be measured here */
void figures_leave_out(struct figures *figures, const char *group,
		       const char *name, const char *why);

/* Lookups, tables and data pointers; @counter is one of struct measure */
void figures_of_library(struct figures *figures, int counter);

/* Registering and the module's commands, for several kinds of memory */
void figures_of_kernel(struct figures *figures, int counter);

/*
 * As a table, and as JSON: what they are of, the figures, and why no
 * instructions were counted, or NULL. Each returns an exit code.
 */
int figures_show(const struct figures *figures, const char *machine,
		 const char *no_counter);
int figures_show_json(const struct figures *figures, const char *machine,
		      const char *no_counter);

#endif
