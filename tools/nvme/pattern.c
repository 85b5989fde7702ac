// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Data that tells where on the disk it belongs.
 */
#include <endian.h>
#include <string.h>

#include "tools/nvme/pattern.h"

static uint64_t word_at(uint64_t seed, uint64_t disk)
{
	uint64_t z = seed + (disk / 8 + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return htole64(z ^ z >> 31);
}

void pattern_fill(void *data, size_t len, uint64_t seed, uint64_t disk)
{
	char *p = data;
	size_t i;

	for (i = 0; i < len; i += 8) {
		uint64_t word = word_at(seed, disk + i);

		memcpy(p + i, &word, sizeof(word));
	}
}

size_t pattern_check(const void *data, size_t len, uint64_t seed, uint64_t disk)
{
	const char *p = data;
	size_t i, j;

	for (i = 0; i < len; i += 8) {
		uint64_t word = word_at(seed, disk + i);

		if (!memcmp(p + i, &word, sizeof(word)))
			continue;
		for (j = 0; p[i + j] == ((const char *)&word)[j]; j++)
			;
		return i + j;
	}
	return len;
}
