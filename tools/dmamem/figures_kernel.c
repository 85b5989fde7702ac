// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Figures of the kernel: the module's commands on memory of several kinds, and
 * registering through the library.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dmamem/memory.h>

#include "tools/bench/pinning.h"
#include "tools/dmamem/figures.h"
#include "tools/dmamem/pin_memory.h"
#include "tools/memory/pages.h"

#define SIZE ((size_t)64 << 20)
#define ROUNDS 21

static const char group[] = "Kernel, for each page of 4 KiB";

/* What is measured of each kind */
static const struct {
	const char *name;
	measure_fn before;
	measure_fn run;
	measure_fn after;
} steps[] = {
	{ "pin", NULL, pinning_pin, pinning_unpin },
	{ "extents", pinning_pin, pinning_extents, pinning_unpin },
	{ "unpin", pinning_pin, pinning_unpin, NULL },
};

static const char *const kinds[] = { "scattered", "4k", "thp", "hugetlb-2m" };

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static void measure_kind(struct figures *figures, int counter,
			 struct pinning *pinning, const char *kind)
{
	char name[48];

	for (size_t i = 0; i < NR(steps); i++) {
		const struct measure measure = {
			.before = steps[i].before,
			.run = steps[i].run,
			.after = steps[i].after,
			.arg = pinning,
			.rounds = ROUNDS,
			.per = (double)SIZE / PAGE,
			.clock = CLOCK_MONOTONIC,
			.counter = counter,
		};

		snprintf(name, sizeof(name), "%s, %s", steps[i].name, kind);
		figures_measure(figures, group, name, &measure);
	}
}

static void leave_out_kind(struct figures *figures, const char *kind,
			   const char *why)
{
	char name[48];

	for (size_t i = 0; i < NR(steps); i++) {
		snprintf(name, sizeof(name), "%s, %s", steps[i].name, kind);
		figures_leave_out(figures, group, name, why);
	}
}

static void *map_kind(const char *kind)
{
	void *memory = pin_kind_find(kind)->map(SIZE, NULL);

	if (memory)
		memset(memory, 1, SIZE);
	return memory;
}

static void measure_module(struct figures *figures, int counter, int fd,
			   const char *why)
{
	struct pinning pinning = {
		.fd = fd,
		.length = SIZE,
		.extents = calloc(SIZE / PAGE, sizeof(struct dmamem_extent)),
	};

	if (!pinning.extents)
		why = strerror(ENOMEM);
	for (size_t i = 0; i < NR(kinds); i++) {
		pinning.memory = why ? NULL : map_kind(kinds[i]);
		if (pinning.memory) {
			measure_kind(figures, counter, &pinning, kinds[i]);
			munmap(pinning.memory, SIZE);
		} else {
			leave_out_kind(figures, kinds[i],
				       why ? why : "no such memory is left");
		}
	}
	free(pinning.extents);
}

struct registration {
	struct dmamem_context *ctx;
	void *memory;
};

static int enter(void *arg)
{
	const struct registration *r = arg;

	return dmamem_register(r->ctx, r->memory, SIZE);
}

static int leave(void *arg)
{
	const struct registration *r = arg;

	return dmamem_unregister(r->ctx, r->memory, SIZE);
}

static void measure_registering(struct figures *figures, int counter,
				struct registration *r)
{
	struct measure measure = {
		.run = enter,
		.after = leave,
		.arg = r,
		.rounds = ROUNDS,
		.per = (double)SIZE / PAGE,
		.clock = CLOCK_MONOTONIC,
		.counter = counter,
	};

	figures_measure(figures, group, "register, scattered", &measure);
	measure.before = enter;
	measure.run = leave;
	measure.after = NULL;
	figures_measure(figures, group, "unregister, scattered", &measure);
}

/* @missing: why it cannot be done, or NULL */
static void measure_library(struct figures *figures, int counter,
			    const char *missing)
{
	char why[FIGURE_TEXT] = "";
	const struct dmamem_options options = {
		.size = sizeof(options),
		.provider = "kmod",
		.explanation = why,
		.explanation_size = sizeof(why),
	};
	struct registration r = { 0 };

	if (missing) {
		snprintf(why, sizeof(why), "%s", missing);
	} else if (!dmamem_open(&options, &r.ctx)) {
		r.memory = map_kind("scattered");
		if (!r.memory)
			snprintf(why, sizeof(why), "%s", strerror(errno));
	}
	if (r.memory) {
		measure_registering(figures, counter, &r);
		munmap(r.memory, SIZE);
	} else {
		figures_leave_out(figures, group, "register, scattered", why);
		figures_leave_out(figures, group, "unregister, scattered", why);
	}
	dmamem_close(r.ctx);
}

void figures_of_kernel(struct figures *figures, int counter)
{
	int fd = open("/dev/dmamem", O_RDWR | O_CLOEXEC);
	const char *missing = NULL;

	if (fd < 0 && errno == ENOENT)
		missing = "no /dev/dmamem: 'dmamem load' loads the module";
	else if (fd < 0)
		missing = "/dev/dmamem cannot be opened: not permitted";
	measure_module(figures, counter, fd, missing);
	measure_library(figures, counter, missing);
	if (fd >= 0)
		close(fd);
}
