// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Why the module could not pin, in words.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <linux/dmamem.h>

#include "libdmamem/provider_kmod.h"

#define SIZE DMAMEM_EXPLANATION_SIZE

struct cause {
	const char *words;
	bool at_page;
};

static const struct cause causes[] = {
	[DMAMEM_CAUSE_UNMAPPED] = { "nothing usable is mapped", true },
	[DMAMEM_CAUSE_NO_ACCESS] = { "the mapping cannot be read", true },
	[DMAMEM_CAUSE_READ_ONLY] = { "the mapping is read-only", true },
	[DMAMEM_CAUSE_DEVICE_MEMORY] = { "device memory", true },
	[DMAMEM_CAUSE_FILE] = { "a file that cannot be pinned", true },
	[DMAMEM_CAUSE_DAX] = { "a DAX file", true },
	[DMAMEM_CAUSE_NO_MEMORY] = { "the kernel is out of memory", true },
	[DMAMEM_CAUSE_SIGNAL] = { "the process is being killed", true },
	[DMAMEM_CAUSE_MASK] = { "beyond what the device can address", true },
	[DMAMEM_CAUSE_BOUNCE] = { "the device needs a bounce buffer", true },
	[DMAMEM_CAUSE_IOVA] = { "no I/O virtual address space is left" },
	[DMAMEM_CAUSE_TOO_LONG] = { "longer than the module pins at once" },
	[DMAMEM_CAUSE_OWNER] = { "another process opened the context" },
	[DMAMEM_CAUSE_PRIVILEGE] = {
		"CAP_SYS_RAWIO is needed where no IOMMU confines the device"
	},
	[DMAMEM_CAUSE_LOCKDOWN] = {
		"physical addresses are refused: the kernel is locked down"
	},
	[DMAMEM_CAUSE_NOT_PHYSICAL] = {
		"a device would not see physical addresses on this machine"
	},
	[DMAMEM_CAUSE_MOVABLE] = { "a page in use that has to move", true },
	[DMAMEM_CAUSE_GONE] = { "the PCI function is gone" },
};

static void explain_memlock(char *text, const struct dmamem_pin *pin)
{
	snprintf(text, SIZE,
		 "RLIMIT_MEMLOCK: %llu KiB needed, %llu KiB of %llu KiB in use",
		 pin->memlock_needed >> 10, pin->memlock_used >> 10,
		 pin->memlock_limit >> 10);
}

void dmamem_kmod_explain_pin(struct dmamem_provider *provider,
			     const struct dmamem_pin *pin, int error)
{
	const size_t nr_causes = sizeof(causes) / sizeof(causes[0]);
	const struct cause *cause;
	char *text = provider->explanation;

	if (pin->cause == DMAMEM_CAUSE_MEMLOCK) {
		explain_memlock(text, pin);
		return;
	}
	cause = &causes[pin->cause < nr_causes ? pin->cause : 0];
	if (!cause->words)
		snprintf(text, SIZE, "%s", strerrordesc_np(-error));
	else if (cause->at_page)
		snprintf(text, SIZE, "%s at %#llx", cause->words,
			 pin->bad_addr);
	else
		snprintf(text, SIZE, "%s", cause->words);
}
