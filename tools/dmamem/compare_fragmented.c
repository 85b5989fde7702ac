// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What happens when memory is in pieces: hugetlb pages are asked for, as many as
 * free memory would make; then each mode registers as much memory.
 */
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/compare_fragment.h"
#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/compare_pool.h"
#include "tools/dmamem/interrupt.h"
#include "tools/memory/pages.h"

/* Asked for: so much of what is free, in percent */
#define SHARE 50

struct fragmented {
	struct compare *compare;
	struct json_object *rows;
	long wanted;
};

static long free_bytes(void)
{
	return pages_count("/proc/meminfo", "MemFree:") << 10;
}

/* How many of @nr hugetlb pages can be had */
static long try_hugetlb(long nr)
{
	long got;

	pages_reserve_hugetlb(nr);
	got = pages_count(COMPARE_POOL "free_hugepages", "");
	return got < nr ? got : nr;
}

/* Ordinary memory: what a program has that reserved nothing */
static void try_mode(struct fragmented *fragmented,
		     struct compare_session *session, struct json_object *row)
{
	struct compare_runs runs;
	struct iovec memory;
	int ret;

	ret = compare_map(fragmented->compare, &compare_kinds[0],
			  fragmented->wanted * HUGE, true, &memory,
			  session->why);
	if (!ret) {
		ret = compare_add(session, memory.iov_base, memory.iov_len);
		if (!ret) {
			runs = compare_count_runs(session, &memory);
			json_add_number(row, "runs", runs.number);
			json_add_number(row, "longest", runs.longest);
			compare_remove(session, memory.iov_base,
				       memory.iov_len);
		}
		compare_unmap(&memory);
	}
	json_add_number(row, "registered",
			ret ? 0 : fragmented->wanted * HUGE);
	json_add_text(row, "why", ret ? session->why : "");
}

static void try_hugepages(struct fragmented *fragmented,
			  struct json_object *row)
{
	long got = try_hugetlb(fragmented->wanted);
	char why[COMPARE_WHY];

	snprintf(why, sizeof(why), "%ld of %ld hugetlb pages could be had",
		 got, fragmented->wanted);
	json_add_number(row, "registered", got * HUGE);
	json_add_text(row, "why", got < fragmented->wanted ? why : "");
	pages_write(COMPARE_POOL "nr_hugepages", "0");
}

static void try_all(struct fragmented *fragmented)
{
	struct compare_session session;

	for (unsigned int i = 0; i < nr_compare_modes && !interrupted(); i++) {
		const struct compare_mode *mode = &compare_modes[i];
		struct json_object *row;

		if (mode->control)
			continue;
		compare_say(fragmented->compare, "fragmented: %s", mode->name);
		row = json_object_new_object();
		json_add_text(row, "mode", mode->name);
		json_object_array_add(fragmented->rows, row);
		if (mode->hugetlb_only) {
			try_hugepages(fragmented, row);
		} else if (compare_open(fragmented->compare, mode, false,
					&session)) {
			json_add_text(row, "registered", NULL);
			json_add_text(row, "why", session.why);
		} else {
			try_mode(fragmented, &session, row);
			compare_close(&session);
		}
	}
}

int compare_fragmented(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report,
						     "fragmented");
	struct fragmented fragmented = { .compare = compare };
	struct fragments fragments;
	int ret;

	if (!compare->hostile) {
		json_add_text(object, "why",
			      "others would notice: only with --hostile");
		return 0;
	}
	compare_say(compare, "fragmented: take memory to pieces");
	pages_write(COMPARE_POOL "nr_hugepages", "0");
	ret = fragment_memory(&fragments);
	if (ret) {
		json_add_text(object, "why", strerrordesc_np(-ret));
		return ret;
	}
	fragmented.wanted = free_bytes() * SHARE / 100 / (long)HUGE;
	json_add_number(object, "held", fragments.held);
	json_add_number(object, "free", free_bytes());
	json_add_number(object, "wanted", fragmented.wanted * HUGE);
	fragmented.rows = json_add_array(object, "rows");
	try_all(&fragmented);
	fragment_undo(&fragments);
	return 0;
}
