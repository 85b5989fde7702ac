/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Parts of "dmamem compare". Each section measures something in every mode and
 * adds what it found to one JSON object; what is printed is made from that
 * object alone (compare_table.h).
 */
#ifndef DMAMEM_TOOLS_COMPARE_H
#define DMAMEM_TOOLS_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <dmamem/dmamem.h>
#include <dmamem/map.h>

#include "tools/dmamem/compare_pool.h"
#include "tools/dmamem/json.h"
#include "tools/dmamem/out.h"

#define COMPARE_WHY 256

/**
 * struct compare - one comparison
 * @size: bytes of memory whose registration is measured, a multiple of 2 MiB
 * @rounds: how often each cost is measured
 * @device: PCI function to use, NULL: none
 * @hostile: do what other users of the machine would notice, too
 * @instruction_ns: nanoseconds of the clock per instruction, 0: the clock counts
 *                  time
 * @report: what was found
 * @progress: the line that says how far we are
 * @pool: hugetlb pages that the machine had in the beginning
 */
struct compare {
	size_t size;
	unsigned int rounds;
	const char *device;
	bool hostile;
	double instruction_ns;
	struct json_object *report;
	struct out_progress progress;
	struct compare_pool pool;
};

/* compare_words.c: say what is being done; a line each if nobody watches */
void compare_say(struct compare *compare, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Note why something could not be done, cut off if need be */
void compare_because(char why[COMPARE_WHY], const char *text);

/* What was compared on: a member of the report */
void compare_machine(struct compare *compare);

/* The section "memory" takes so many times the size: what it looks for is small */
#define COMPARE_KEPT_FACTOR 4

/*
 * Sections, each in a file of its own; all return 0 or -errno. What could not be
 * done is part of what was found, with the reason, and no failure.
 */
int compare_setup(struct compare *compare);
int compare_stability(struct compare *compare);
int compare_cost(struct compare *compare);
int compare_kept(struct compare *compare);
int compare_lookup(struct compare *compare);
int compare_nvme(struct compare *compare);
int compare_fragmented(struct compare *compare);

#endif
