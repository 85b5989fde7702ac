// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What arguments mean: sizes, numbers, PCI addresses.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/dmamem/parse.h"

/* strtoull() takes spaces and signs, which mean nothing here */
static int leading_number(const char *text, uint64_t *number, char **end)
{
	int base = strncasecmp(text, "0x", 2) ? 10 : 16;
	unsigned long long value;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(text, end, base);
	if (errno)
		return -ERANGE;
	*number = value;
	return 0;
}

int parse_number(const char *text, uint64_t min, uint64_t max,
		 uint64_t *number)
{
	uint64_t value;
	char *end;
	int err = leading_number(text, &value, &end);

	if (err)
		return err;
	if (*end)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*number = value;
	return 0;
}

/* Bits to shift by for the unit at @text, or -EINVAL */
static int unit_shift(const char *text)
{
	static const char units[] = "KMGT";
	const char *unit;

	if (!*text)
		return 0;
	unit = strchr(units, toupper((unsigned char)*text));
	if (!unit)
		return -EINVAL;
	text++;
	if (*text && strcasecmp(text, "B") && strcasecmp(text, "iB"))
		return -EINVAL;
	return 10 * ((int)(unit - units) + 1);
}

int parse_size(const char *text, uint64_t *bytes)
{
	uint64_t value;
	char *unit;
	int shift, err = leading_number(text, &value, &unit);

	if (err)
		return err;
	shift = unit_shift(unit);
	if (shift < 0)
		return shift;
	if (value << shift >> shift != value)
		return -ERANGE;
	*bytes = value << shift;
	return 0;
}

/* Up to @most hexadecimal digits, and what ends them */
static int hex_field(const char **text, int most, char terminator,
		     unsigned int *value)
{
	const char *from = *text;
	int digits = 0;

	*value = 0;
	while (isxdigit((unsigned char)from[digits]) && digits <= most)
		digits++;
	if (!digits || digits > most || from[digits] != terminator)
		return -EINVAL;
	*value = strtoul(from, NULL, 16);
	*text = from + digits + 1;
	return 0;
}

int parse_bdf(const char *text, char bdf[PARSE_BDF_SIZE])
{
	unsigned int domain = 0, bus, device, function;
	const char *first = strchr(text, ':');

	if (first && strchr(first + 1, ':') &&
	    hex_field(&text, 8, ':', &domain))
		return -EINVAL;
	if (hex_field(&text, 2, ':', &bus) ||
	    hex_field(&text, 2, '.', &device) ||
	    hex_field(&text, 1, '\0', &function))
		return -EINVAL;
	if (device > 31 || function > 7)
		return -EINVAL;
	snprintf(bdf, PARSE_BDF_SIZE, "%04x:%02x:%02x.%x", domain, bus, device,
		 function);
	return 0;
}
