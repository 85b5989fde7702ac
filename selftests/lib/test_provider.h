/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A provider without a kernel: it invents DMA addresses, keeps books of what is
 * pinned, and refuses on demand. The memory need not exist.
 */
#ifndef DMAMEM_SELFTESTS_TEST_PROVIDER_H
#define DMAMEM_SELFTESTS_TEST_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "libdmamem/context.h"

/* What it says is the file of its regions */
#define TEST_PROVIDER_FD 77

/**
 * struct test_provider - what a test sees and sets
 * @base: for dmamem_context_create()
 * @run_pages: pages that are consecutive, from an address that is a multiple of
 *             so many; 0: all of them
 * @fail_pin: fail the pin that comes after so many (0: the next), -1: none
 * @fail_runs: the same for reading runs
 * @max_pin: bytes that can be pinned at once, 0: any number
 * @longest_pin: bytes of the longest pin so far, also of one that failed
 * @pinned: bytes pinned now
 * @nr_regions: regions now
 */
struct test_provider {
	struct dmamem_provider base;
	uint64_t run_pages;
	int fail_pin;
	int fail_runs;
	uint64_t max_pin;
	uint64_t longest_pin;
	uint64_t pinned;
	size_t nr_regions;
	struct test_region *regions;
};

/* The provider belongs to the context and goes with it */
int test_provider_open(uint64_t run_pages, struct dmamem_context **ctx);
int test_provider_open_flags(uint64_t run_pages, uint64_t flags,
			     struct dmamem_context **ctx);
struct test_provider *test_provider_of(const struct dmamem_context *ctx);

/* The DMA address that the provider gives an address */
uint64_t test_provider_dma(const struct test_provider *provider, uint64_t addr);

#endif
