// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Measuring a function again and again.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/bench/measure.h"

/* Values of one thing, a round each */
struct series {
	unsigned int nr;
	double values[MEASURE_ROUNDS];
};

static double now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double instructions(int counter)
{
	uint64_t count;

	if (counter < 0 ||
	    read(counter, &count, sizeof(count)) != sizeof(count))
		return -1;
	return (double)count;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void measure_summarise(double *values, unsigned int nr, struct spread *spread)
{
	unsigned int middle = nr / 2;

	qsort(values, nr, sizeof(*values), compare);
	spread->median = values[middle];
	if (nr % 2 == 0)
		spread->median = (values[middle - 1] + values[middle]) / 2;
	spread->least = values[0];
	spread->most = values[nr - 1];
	spread->instructions = -1;
}

static int run_round(const struct measure *measure, double *ns, double *count)
{
	double start, counted;
	int ret = 0;

	if (measure->before)
		ret = measure->before(measure->arg);
	if (ret)
		return ret;
	counted = instructions(measure->counter);
	start = now_ns(measure->clock);
	ret = measure->run(measure->arg);
	*ns = (now_ns(measure->clock) - start) / measure->per;
	*count = (instructions(measure->counter) - counted) / measure->per;
	if (!ret && measure->after)
		ret = measure->after(measure->arg);
	return ret;
}

int measure_run(const struct measure *measure, struct spread *spread)
{
	struct series ns = { 0 }, counts = { 0 };
	struct spread counted;
	int ret;

	while (ns.nr < measure->rounds) {
		ret = run_round(measure, &ns.values[ns.nr],
				&counts.values[counts.nr]);
		if (ret)
			return ret;
		ns.nr++;
		counts.nr++;
	}
	measure_summarise(ns.values, ns.nr, spread);
	measure_summarise(counts.values, counts.nr, &counted);
	if (measure->counter >= 0)
		spread->instructions = counted.median;
	return 0;
}

int measure_counter_open(bool kernel)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_kernel = !kernel,
		.exclude_hv = 1,
	};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1,
			  PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}
