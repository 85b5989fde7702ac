// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <stdlib.h>
#include <time.h>

#include "tools/dmamem/compare_measure.h"

double compare_clock(const struct compare *compare)
{
	struct timespec now;
	double ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
	return compare->instruction_ns > 0 ? ns / compare->instruction_ns : ns;
}

const char *compare_unit(const struct compare *compare)
{
	return compare->instruction_ns > 0 ? "instructions" : "ns";
}

void compare_take(struct compare_series *series, double value)
{
	if (series->nr < COMPARE_MAX_ROUNDS)
		series->values[series->nr++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void compare_add_series(struct json_object *object,
			struct compare_series *series, double factor)
{
	const double *values = series->values;
	unsigned int middle = series->nr / 2;
	double median;

	qsort(series->values, series->nr, sizeof(*values), by_value);
	median = values[middle];
	if (series->nr % 2 == 0)
		median = (values[middle - 1] + median) / 2;
	json_add_real(object, "median", median * factor);
	json_add_real(object, "least", values[0] * factor);
	json_add_real(object, "most", values[series->nr - 1] * factor);
	json_add_number(object, "rounds", series->nr);
}
