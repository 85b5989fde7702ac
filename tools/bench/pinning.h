/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The module's commands on one piece of memory: what is measured of pinning.
 */
#ifndef TOOLS_BENCH_PINNING_H
#define TOOLS_BENCH_PINNING_H

#include <stddef.h>

#include <linux/dmamem.h>

/**
 * struct pinning - memory to pin, and what came of it
 * @fd: of a device file of the module
 * @memory: first byte
 * @length: bytes
 * @pin: the last pin
 * @extents: room for an extent of each page
 */
struct pinning {
	int fd;
	void *memory;
	size_t length;
	struct dmamem_pin pin;
	struct dmamem_extent *extents;
};

/* Each is a measure_fn of a struct pinning */
int pinning_pin(void *arg);
int pinning_extents(void *arg);
int pinning_verify(void *arg);
int pinning_unpin(void *arg);

#endif
