// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What all providers have in common.
 */
#include <unistd.h>

#include "libdmamem/provider.h"

const char *dmamem_mode_name(enum dmamem_iova_mode mode)
{
	static const char * const names[] = { "auto", "pa", "va", "dma" };

	return names[mode];
}

void dmamem_provider_init(struct dmamem_provider *provider,
			  const struct dmamem_provider_ops *ops)
{
	provider->ops = ops;
	provider->owner = getpid();
}

bool dmamem_provider_is_owned(const struct dmamem_provider *provider)
{
	return provider->owner == getpid();
}

int dmamem_provider_runs(struct dmamem_provider *provider, uint64_t region,
			 uint64_t addr, uint64_t *offset,
			 struct dmamem_run *runs, size_t nr)
{
	uint64_t done = *offset;
	int ret;

	ret = provider->ops->runs(provider, region, offset, runs, nr);
	for (size_t i = 0; !ret && done < *offset; i++) {
		ret = dmamem_fitness_check(&provider->fitness, &runs[i],
					   addr + done, provider->explanation);
		done += runs[i].len;
	}
	return ret;
}
