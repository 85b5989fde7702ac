/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Parts of the provider that uses the kernel module.
 */
#ifndef DMAMEM_PROVIDER_KMOD_H
#define DMAMEM_PROVIDER_KMOD_H

#include "libdmamem/provider.h"

struct dmamem_pin;

/* Fill in provider->explanation after a pin has failed with @error */
void dmamem_kmod_explain_pin(struct dmamem_provider *provider,
			     const struct dmamem_pin *pin, int error);

#endif
