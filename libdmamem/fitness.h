/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Which DMA addresses the device can use.
 */
#ifndef DMAMEM_FITNESS_H
#define DMAMEM_FITNESS_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/dmamem.h>

struct dmamem_run;

/**
 * struct dmamem_fitness - what every run of DMA addresses must keep to
 * @first: lowest address
 * @last: highest address
 * @boundary: no run crosses a multiple of it; 0: there is none
 */
struct dmamem_fitness {
	uint64_t first;
	uint64_t last;
	uint64_t boundary;
};

/**
 * dmamem_fitness_check_options() - do the options make sense?
 * @options: complete
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: 0 or -EINVAL.
 */
int dmamem_fitness_check_options(const struct dmamem_options *options,
				 char *why);

/**
 * dmamem_fitness_init() - what options ask for
 * @fitness: result
 * @options: complete and checked
 */
void dmamem_fitness_init(struct dmamem_fitness *fitness,
			 const struct dmamem_options *options);

/**
 * dmamem_fitness_check() - can the device use a run?
 * @fitness: what it asks for; all zero: anything
 * @run: DMA address and length
 * @addr: where the process has it
 * @why: DMAMEM_EXPLANATION_SIZE bytes
 *
 * Return: 0 or -ERANGE.
 */
int dmamem_fitness_check(const struct dmamem_fitness *fitness,
			 const struct dmamem_run *run, uint64_t addr,
			 char *why);

#endif
