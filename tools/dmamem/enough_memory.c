// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <err.h>

#include "tools/dmamem/enough_memory.h"
#include "tools/dmamem/out.h"
#include "tools/memory/pages.h"

bool enough_memory(uint64_t size)
{
	long available = pages_count("/proc/meminfo", "MemAvailable:");
	char wanted[OUT_SIZE], left[OUT_SIZE];

	if (available < 0 || size >> 10 <= (uint64_t)available)
		return true;
	warnx("%s is more memory than is available, %s",
	      out_size(wanted, size),
	      out_size(left, (uint64_t)available << 10));
	return false;
}
