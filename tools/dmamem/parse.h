/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What arguments mean: sizes, numbers, PCI addresses.
 */
#ifndef DMAMEM_TOOLS_PARSE_H
#define DMAMEM_TOOLS_PARSE_H

#include <stdint.h>

/* "0000:00:04.0" with its 0; domains may have eight digits */
#define PARSE_BDF_SIZE 17

/**
 * parse_number() - a whole number, decimal or 0x-hexadecimal
 * @text: all of it must be the number
 * @min: the smallest that will do
 * @max: the largest that will do
 * @number: the number; unchanged on failure
 *
 * Return: 0, -EINVAL (not a number) or -ERANGE (too small or too large).
 */
int parse_number(const char *text, uint64_t min, uint64_t max,
		 uint64_t *number);

/**
 * parse_size() - a size in bytes: "4096", "4K", "2M", "1GiB"
 * @text: a whole number and perhaps a unit: K, M, G or T, powers of 1024, in
 *        either case, alone or followed by "B" or "iB"
 * @bytes: the size; unchanged on failure
 *
 * Return: 0, -EINVAL (not a size) or -ERANGE (beyond 64 bits).
 */
int parse_size(const char *text, uint64_t *bytes);

/**
 * parse_bdf() - a PCI address: "0000:00:04.0", or "00:04.0" in domain 0
 * @text: the address
 * @bdf: as sysfs spells it; unchanged on failure
 *
 * Return: 0 or -EINVAL.
 */
int parse_bdf(const char *text, char bdf[PARSE_BDF_SIZE]);

#endif
