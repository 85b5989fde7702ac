// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Do the addresses hold? Memory of each kind is registered in each mode, then
 * disturbed, and pages that are not where they were are counted. What counts is
 * the physical page: behind an IOMMU the device goes on reaching the one that was
 * registered, whatever the process maps meanwhile.
 *
 * Memory that is not registered is the control. Where the kernel refuses the
 * control, a 0 would say nothing about a mode: such cells have no number.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/compare_disturb.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/interrupt.h"
#include "tools/memory/pages.h"

#define LENGTH (8UL << 20)
#define NR_PAGES (LENGTH / PAGE)

/* On each node, for the memory and for a copy of it */
#define HUGETLB_PAGES ((long)(2 * LENGTH / HUGE))

/**
 * struct cell - one experiment
 * @moved: pages that moved, if @na is empty
 * @na: why there is no number
 */
struct cell {
	const struct compare_mode *mode;
	const struct compare_kind *kind;
	const struct compare_disturbance *disturbance;
	struct compare_outcome outcome;
	size_t moved;
	char na[COMPARE_WHY];
};

/**
 * struct stability - all of them
 * @cells: what was found
 * @impossible: why the control could not be moved, "" if it could: by kind, then
 *              by disturbance
 */
struct stability {
	struct compare *compare;
	struct json_object *cells;
	char (*impossible)[COMPARE_WHY];
};

static char *impossible(const struct stability *stability,
			const struct cell *cell)
{
	size_t kind = cell->kind - compare_kinds;
	size_t disturbance = cell->disturbance - compare_disturbances;

	return stability->impossible[kind * nr_compare_disturbances +
				     disturbance];
}

static bool is_possible(const struct stability *stability, struct cell *cell)
{
	const struct compare_disturbance *disturbance = cell->disturbance;
	const char *why = impossible(stability, cell);
	const char *name = cell->mode->name;

	if (cell->mode->hugetlb_only && !cell->kind->hugetlb)
		snprintf(cell->na, COMPARE_WHY,
			 "%s mode takes hugetlb memory only", name);
	else if (disturbance->hostile && !stability->compare->hostile)
		snprintf(cell->na, COMPARE_WHY,
			 "others would notice: only with --hostile");
	else if (*why)
		compare_because(cell->na, why);
	else if (!disturbance->applies ||
		 disturbance->applies(cell->kind, cell->na))
		return true;
	return false;
}

/*
 * Pages that are elsewhere. Where addresses are physical they must have been
 * those of pagemap to begin with.
 */
static size_t count_moved(const struct compare_session *session,
			  const struct iovec *memory, const uint64_t *before)
{
	static uint64_t now[NR_PAGES];
	size_t moved = 0;

	pages_phys_of(memory->iov_base, NR_PAGES, now);
	for (size_t i = 0; i < NR_PAGES; i++) {
		uint64_t addr = (uintptr_t)memory->iov_base + i * PAGE;
		uint64_t was = before[i];

		if (compare_is_physical(session))
			was = dmamem_map_translate(session->map, addr, NULL);
		moved += now[i] != was;
	}
	return moved;
}

/* Without privilege each page is at 0, and stays there */
static bool read_before(const struct iovec *memory, uint64_t *before)
{
	pages_phys_of(memory->iov_base, NR_PAGES, before);
	for (size_t i = 0; i < NR_PAGES; i++)
		if (!before[i])
			return false;
	return true;
}

static void disturb(struct stability *stability,
		    struct compare_session *session, struct cell *cell,
		    const struct iovec *memory)
{
	static uint64_t before[NR_PAGES];
	int ret;

	if (!read_before(memory, before)) {
		compare_because(cell->na,
				"pagemap shows addresses only to who has CAP_SYS_ADMIN");
		return;
	}
	if (count_moved(session, memory, before)) {
		snprintf(cell->na, COMPARE_WHY,
			 "the addresses were not those of the pages");
		return;
	}
	ret = cell->disturbance->run(cell->kind, memory, &cell->outcome);
	if (ret && cell->mode->control) {
		snprintf(cell->na, COMPARE_WHY, "the kernel refuses (%.*s)",
			 COMPARE_WHY / 2, cell->outcome.text);
		compare_because(impossible(stability, cell), cell->na);
		return;
	}
	compare_look(memory);
	cell->moved = count_moved(session, memory, before);
}

static void register_and_disturb(struct stability *stability,
				 struct compare_session *session,
				 struct cell *cell, const struct iovec *memory)
{
	if (compare_add(session, memory->iov_base, memory->iov_len)) {
		compare_because(cell->na, session->why);
		return;
	}
	disturb(stability, session, cell, memory);
	compare_remove(session, memory->iov_base, memory->iov_len);
}

static void experiment(struct stability *stability,
		       struct compare_session *session, struct cell *cell)
{
	const struct compare_disturbance *disturbance = cell->disturbance;
	struct iovec memory, prepared = { NULL, 0 };

	/* To move to; what is not there is missed by the control, too */
	if (cell->kind->hugetlb && stability->compare->hostile)
		pages_reserve_hugetlb_each(HUGETLB_PAGES);
	if (disturbance->prepare)
		prepared = disturbance->prepare(cell->kind, LENGTH);
	if (!compare_map(stability->compare, cell->kind, LENGTH, true, &memory,
			 cell->na)) {
		compare_settle(&prepared);
		register_and_disturb(stability, session, cell, &memory);
		compare_unmap(&memory);
	} else {
		compare_settle(&prepared);
	}
}

static void add_cell(struct stability *stability, const struct cell *cell)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "mode", cell->mode->name);
	json_add_text(object, "memory", cell->kind->name);
	json_add_text(object, "disturbance", cell->disturbance->name);
	if (*cell->na) {
		json_add_text(object, "moved", NULL);
		json_add_text(object, "why", cell->na);
	} else {
		json_add_number(object, "moved", cell->moved);
		json_add_number(object, "of", cell->outcome.asked ?
					cell->outcome.asked : NR_PAGES);
		json_add_text(object, "kernel", cell->outcome.text);
	}
	json_object_array_add(stability->cells, object);
}

/* @why: the mode cannot be had, NULL if it can */
static void run_mode(struct stability *stability,
		     struct compare_session *session, const char *why)
{
	const struct compare_mode *mode = session->mode;
	unsigned int kind, disturbance;

	compare_say(stability->compare, "stability: %s", mode->name);
	for (kind = 0; kind < nr_compare_kinds; kind++) {
		for (disturbance = 0; disturbance < nr_compare_disturbances;
		     disturbance++) {
			struct cell cell = {
				.mode = mode,
				.kind = &compare_kinds[kind],
				.disturbance =
					&compare_disturbances[disturbance],
			};

			if (why)
				compare_because(cell.na, why);
			else if (interrupted())
				compare_because(cell.na, "interrupted");
			else if (is_possible(stability, &cell))
				experiment(stability, session, &cell);
			add_cell(stability, &cell);
		}
	}
}

static void describe(struct json_object *object)
{
	struct json_object *list = json_add_array(object, "disturbances");

	json_add_number(object, "pages", NR_PAGES);
	for (unsigned int i = 0; i < nr_compare_disturbances; i++) {
		struct json_object *one = json_object_new_object();

		json_add_text(one, "name", compare_disturbances[i].name);
		json_add_text(one, "what", compare_disturbances[i].what);
		json_object_array_add(list, one);
	}
}

int compare_stability(struct compare *compare)
{
	struct json_object *object = json_add_object(compare->report,
						     "stability");
	struct stability stability = {
		.compare = compare,
		.impossible = calloc((size_t)nr_compare_kinds *
				     nr_compare_disturbances, COMPARE_WHY),
	};
	struct compare_session session;

	if (!stability.impossible)
		return -ENOMEM;
	describe(object);
	stability.cells = json_add_array(object, "cells");
	for (unsigned int i = 0; i < nr_compare_modes && !interrupted(); i++) {
		if (compare_open(compare, &compare_modes[i], false, &session)) {
			run_mode(&stability, &session, session.why);
			continue;
		}
		run_mode(&stability, &session, NULL);
		compare_close(&session);
	}
	free(stability.impossible);
	return 0;
}
