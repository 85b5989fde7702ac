/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What `dmamem pin` was asked for, what it has, and how that is shown.
 */
#ifndef DMAMEM_TOOLS_PIN_H
#define DMAMEM_TOOLS_PIN_H

#include <stdbool.h>
#include <stdint.h>

#include <dmamem/alloc.h>

#include "tools/dmamem/context.h"
#include "tools/dmamem/parse.h"
#include "tools/dmamem/pin_memory.h"
#include "tools/dmamem/runs.h"

/* From the command line */
struct pin_arguments {
	struct context_choice choice;
	char device[PARSE_BDF_SIZE];
	const struct pin_kind *kind;
	uint64_t size;
	const char *file;
	const char *svg;
	bool addresses;
	bool hold;
	bool json;
};

/**
 * struct pinned - memory that is pinned
 * @args: what was asked for
 * @ctx: where it is registered
 * @addr: its first byte
 * @ns: nanoseconds that it took
 * @histogram: of its runs
 * @runs: its runs
 */
struct pinned {
	const struct pin_arguments *args;
	struct dmamem_context *ctx;
	void *addr;
	uint64_t ns;
	struct dmamem_histogram histogram;
	struct runs runs;
};

/* Each says what is wrong, if anything, and returns an exit code */
int pin_show_text(const struct pinned *pinned);
int pin_show_json(const struct pinned *pinned);
int pin_write_svg(const struct pinned *pinned);

#endif
