// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A list of sizes as an argument.
 */
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/nvme_sizes.h"
#include "tools/dmamem/parse.h"

unsigned int nvme_sizes_parse(const char *text, size_t sizes[NVME_SIZES],
			      char bad[32])
{
	unsigned int nr = 0;
	uint64_t size;
	size_t length;

	for (;; text += length + 1) {
		length = strcspn(text, ",");
		snprintf(bad, 32, "%.*s", (int)length, text);
		if (length > 31 || nr == NVME_SIZES || parse_size(bad, &size) ||
		    !size)
			return 0;
		sizes[nr++] = size;
		if (!text[length])
			return nr;
	}
}
