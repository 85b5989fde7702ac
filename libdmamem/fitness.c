// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Address bits, window and boundary of a device.
 */
#include <errno.h>

#include "libdmamem/explain.h"
#include "libdmamem/fitness.h"
#include "libdmamem/run.h"

int dmamem_fitness_check_options(const struct dmamem_options *options,
				 char *why)
{
	uint64_t boundary = options->boundary;

	if (options->address_bits &&
	    (options->address_bits < PAGE_BITS || options->address_bits > 64))
		return dmamem_because(why, -EINVAL,
				      "address_bits: %u is not within 12 to 64",
				      options->address_bits);
	if (options->window_last && options->window_last <
	    options->window_first)
		return dmamem_because(why, -EINVAL,
				      "the window ends before it starts");
	if (boundary & (boundary - 1) || (boundary && boundary < PAGE_BYTES))
		return dmamem_because(why, -EINVAL,
				      "boundary: %#jx is not a power of two from 4 KiB on",
				      (uintmax_t)boundary);
	return 0;
}

void dmamem_fitness_init(struct dmamem_fitness *fitness,
			 const struct dmamem_options *options)
{
	fitness->first = options->window_first;
	fitness->last = UINT64_MAX;
	if (options->address_bits)
		fitness->last >>= 64 - options->address_bits;
	if (options->window_last && options->window_last < fitness->last)
		fitness->last = options->window_last;
	fitness->boundary = options->boundary;
}

int dmamem_fitness_check(const struct dmamem_fitness *fitness,
			 const struct dmamem_run *run, uint64_t addr,
			 char *why)
{
	uint64_t last = run->value + run->len - 1;

	if (fitness->last && (run->value < fitness->first ||
			      last > fitness->last))
		return dmamem_because(why, -ERANGE,
				      "%#jx has DMA addresses %#jx to %#jx, outside %#jx to %#jx",
				      (uintmax_t)addr, (uintmax_t)run->value,
				      (uintmax_t)last,
				      (uintmax_t)fitness->first,
				      (uintmax_t)fitness->last);
	if (fitness->boundary &&
	    (run->value ^ last) & ~(fitness->boundary - 1))
		return dmamem_because(why, -ERANGE,
				      "%#jx has DMA addresses %#jx to %#jx, across a boundary of %#jx",
				      (uintmax_t)addr, (uintmax_t)run->value,
				      (uintmax_t)last,
				      (uintmax_t)fitness->boundary);
	return 0;
}
