// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory that a mode takes beside what is registered: the kernel's and the
 * process's, from before the mode is opened until all is registered.
 */
#include <stdio.h>

#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/interrupt.h"
#include "tools/memory/pages.h"

/* Those that processors keep for themselves are free, too */
static double free_bytes(void)
{
	FILE *file = fopen("/proc/zoneinfo", "re");
	long pages, sum = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " pages free %ld", &pages) == 1 ||
		    sscanf(line, " count: %ld", &pages) == 1)
			sum += pages;
	if (file)
		fclose(file);
	return (double)sum * PAGE;
}

static int measure_once(struct compare *compare,
			const struct compare_mode *mode,
			const struct iovec *memory,
			struct compare_series *series, char *why)
{
	struct compare_session session;
	double before = free_bytes();
	int ret = compare_open(compare, mode, false, &session);

	if (!ret) {
		ret = compare_add(&session, memory->iov_base, memory->iov_len);
		if (!ret)
			compare_take(series, before - free_bytes());
		compare_close(&session);
	}
	if (ret)
		compare_because(why, session.why);
	return ret;
}

/* The first one binds the device, and is not counted */
static int measure(struct compare *compare, const struct compare_mode *mode,
		   const struct compare_kind *kind,
		   struct compare_series *series, char *why)
{
	struct iovec memory;
	int ret;

	ret = compare_map(compare, kind, COMPARE_KEPT_FACTOR * compare->size, true, &memory,
			  why);
	if (ret)
		return ret;
	for (unsigned int i = 0; i <= compare->rounds && !ret; i++) {
		ret = measure_once(compare, mode, &memory, series, why);
		if (!i)
			series->nr = 0;
	}
	compare_unmap(&memory);
	return ret;
}

static void run_kind(struct compare *compare, const struct compare_mode *mode,
		     const struct compare_kind *kind, struct json_object *rows)
{
	static struct compare_series series;
	struct json_object *row;
	char why[COMPARE_WHY];

	series.nr = 0;
	if (measure(compare, mode, kind, &series, why)) {
		compare_add_why(rows, mode->name, kind->name, why);
		return;
	}
	row = json_object_new_object();
	json_add_text(row, "mode", mode->name);
	json_add_text(row, "memory", kind->name);
	compare_add_series(row, &series, 1);
	json_object_array_add(rows, row);
}

int compare_kept(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report, "memory");
	struct json_object *rows;

	json_add_number(object, "bytes", COMPARE_KEPT_FACTOR * compare->size);
	rows = json_add_array(object, "rows");
	for (unsigned int i = 0; i < nr_compare_modes && !interrupted(); i++) {
		const struct compare_mode *mode = &compare_modes[i];

		if (mode->control)
			continue;
		compare_say(compare, "memory: %s", mode->name);
		for (unsigned int kind = 0;
		     kind < nr_compare_kinds && !interrupted(); kind++)
			if (!mode->hugetlb_only || compare_kinds[kind].hugetlb)
				run_kind(compare, mode, &compare_kinds[kind],
					 rows);
	}
	return 0;
}
