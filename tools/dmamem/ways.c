// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The ways to DMA addresses that the library sees.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <dmamem/dmamem.h>

#include "tools/dmamem/ways.h"

#define MODE(name) (1U << DMAMEM_IOVA_##name)

static int foresee(const char *asked, const char *bdf,
		   enum dmamem_iova_mode mode, struct way *way, char *reason)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.provider = asked,
		.device = bdf,
		.iova_mode = mode,
		.explanation = reason,
		.explanation_size = WAYS_TEXT,
	};

	return dmamem_foresee(&options, &way->provider);
}

/* The library chooses a way to open; the module decides when memory is pinned */
static void check_lockdown(const struct machine *machine, struct way *way)
{
	if (strcmp(machine->lockdown, "integrity") != 0 &&
	    strcmp(machine->lockdown, "confidentiality") != 0)
		return;
	if (!way->provider || strcmp(way->provider, "kmod") != 0 ||
	    way->modes != MODE(PA))
		return;
	way->provider = NULL;
	way->modes = 0;
	way->error = -EPERM;
	snprintf(way->reason, sizeof(way->reason),
		 "the kernel is locked down (%s): the module gives nobody physical addresses",
		 machine->lockdown);
}

void ways_ask(const char *asked, const struct pci_function *function,
	      const struct machine *machine, struct way *way)
{
	const char *bdf = function ? function->bdf : NULL;
	struct way other;

	memset(way, 0, sizeof(*way));
	way->asked = asked;
	way->error = foresee(asked, bdf, DMAMEM_IOVA_AUTO, way, way->reason);
	if (way->error)
		return;
	for (enum dmamem_iova_mode mode = DMAMEM_IOVA_PA;
	     mode <= DMAMEM_IOVA_DMA; mode++)
		if (!foresee(way->provider, bdf, mode, &other, other.reason))
			way->modes |= 1U << mode;
	check_lockdown(machine, way);
}

const char *ways_mode_names(unsigned int modes)
{
	switch (modes) {
	case MODE(PA):
		return "pa";
	case MODE(VA):
		return "va";
	case MODE(DMA):
		return "dma";
	case MODE(VA) | MODE(DMA):
		return "va or dma";
	default:
		return "none";
	}
}
