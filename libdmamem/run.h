/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Runs of pages, and the units that addresses are counted in: what the map and
 * the providers have in common.
 */
#ifndef DMAMEM_RUN_H
#define DMAMEM_RUN_H

#include <stdint.h>

#include <dmamem/map.h>

#define PAGE_BITS DMAMEM_PAGE_SHIFT
#define PAGE_BYTES DMAMEM_PAGE_SIZE
#define CHUNK_SHIFT DMAMEM_CHUNK_SHIFT
#define CHUNK_SIZE DMAMEM_CHUNK_SIZE
#define GIB_SHIFT 30
#define GIB_SIZE (UINT64_C(1) << GIB_SHIFT)
#define ADDRESS_END (UINT64_C(1) << DMAMEM_ADDRESS_BITS)

/**
 * struct dmamem_run - consecutive pages with a value for the first of them
 * @value: of the first page
 * @len: bytes, a multiple of 4 KiB
 */
struct dmamem_run {
	uint64_t value;
	uint64_t len;
};

#endif
