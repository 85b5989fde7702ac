// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <time.h>

#include "tools/dmamem/compare_measure.h"

double compare_clock(const struct compare *compare)
{
	struct timespec now;
	double ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
	return ns * compare_per_ns(compare);
}

double compare_per_ns(const struct compare *compare)
{
	return compare->instruction_ns > 0 ? 1 / compare->instruction_ns : 1;
}

const char *compare_unit(const struct compare *compare)
{
	return compare->instruction_ns > 0 ? "instructions" : "ns";
}

void compare_take(struct compare_series *series, double value)
{
	if (series->nr < MEASURE_ROUNDS)
		series->values[series->nr++] = value;
}

void compare_add_why(struct json_object *rows, const char *mode,
		     const char *kind, const char *why)
{
	struct json_object *row = json_object_new_object();

	json_add_text(row, "mode", mode);
	json_add_text(row, "memory", kind ? kind : "any");
	json_add_text(row, "why", why);
	json_object_array_add(rows, row);
}

void compare_add_spread(struct json_object *object,
			const struct spread *spread, double factor,
			unsigned int rounds)
{
	json_add_real(object, "median", spread->median * factor);
	json_add_real(object, "least", spread->least * factor);
	json_add_real(object, "most", spread->most * factor);
	json_add_number(object, "rounds", rounds);
}

void compare_add_series(struct json_object *object,
			struct compare_series *series, double factor)
{
	struct spread spread;

	measure_summarise(series->values, series->nr, &spread);
	compare_add_spread(object, &spread, factor, series->nr);
}
