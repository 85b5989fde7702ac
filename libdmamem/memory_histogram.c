// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How long the runs of a registration are, as its DMA map has them.
 */
#include <errno.h>

#include "libdmamem/context.h"

static void add_run(struct dmamem_histogram *histogram, uint64_t len)
{
	unsigned int class = 63 - __builtin_clzll(len) - PAGE_BITS;

	histogram->nr_runs++;
	histogram->runs[class]++;
	if (len > histogram->longest)
		histogram->longest = len;
}

int dmamem_get_histogram(const struct dmamem_context *ctx, const void *addr,
			 struct dmamem_histogram *histogram)
{
	const struct dmamem_registration *reg;
	uint64_t at, end, len;

	reg = (const void *)(uintptr_t)
		dmamem_map_translate(ctx->registration_map, (uintptr_t)addr,
				     NULL);
	if (!reg)
		return -EINVAL;
	*histogram = (struct dmamem_histogram){ 0 };
	end = reg->addr + reg->len;
	for (at = reg->addr; at < end; at += len) {
		len = end - at;
		dmamem_map_translate(ctx->dma_map, at, &len);
		add_run(histogram, len);
	}
	return 0;
}
