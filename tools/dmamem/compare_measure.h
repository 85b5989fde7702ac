/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Measuring: a clock, and what a series of values says.
 */
#ifndef DMAMEM_TOOLS_COMPARE_MEASURE_H
#define DMAMEM_TOOLS_COMPARE_MEASURE_H

#include "tools/bench/measure.h"
#include "tools/dmamem/compare.h"

/**
 * struct compare_series - values of one thing, measured again and again
 * @nr: how many
 * @values: the values
 */
struct compare_series {
	unsigned int nr;
	double values[MEASURE_ROUNDS];
};

/**
 * compare_clock() - what has gone by since some moment
 * @compare: says what the clock counts
 *
 * Return: nanoseconds, or instructions.
 */
double compare_clock(const struct compare *compare);

/* The same in a nanosecond of the clock */
double compare_per_ns(const struct compare *compare);

/* "ns" or "instructions" */
const char *compare_unit(const struct compare *compare);

/* One more value */
void compare_take(struct compare_series *series, double value);

/* Add a row for what could not be measured; @kind may be NULL: for any memory */
void compare_add_why(struct json_object *rows, const char *mode,
		     const char *kind, const char *why);

/* Add the members "median", "least", "most" and "rounds", each times @factor */
void compare_add_spread(struct json_object *object,
			const struct spread *spread, double factor,
			unsigned int rounds);

/**
 * compare_add_series() - add median, least and most of a series
 * @object: gets the members "median", "least", "most" and "rounds"
 * @series: with one value at least; is put in order
 * @factor: what each value is multiplied with
 */
void compare_add_series(struct json_object *object,
			struct compare_series *series, double factor);

#endif
