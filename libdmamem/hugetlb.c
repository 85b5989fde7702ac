// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Hugetlb memory for the library itself, for a provider that takes no other.
 */
#include <errno.h>
#include <sys/mman.h>

#include "libdmamem/hugetlb.h"

int dmamem_hugetlb_replace(void *mem, size_t len, uint64_t page_size)
{
	int shift = __builtin_ctzll(page_size);
	void *huge;

	if (len % page_size)
		return -ENOMEM;
	huge = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED |
		    MAP_ANONYMOUS | MAP_HUGETLB | shift << MAP_HUGE_SHIFT,
		    -1, 0);
	if (huge == MAP_FAILED)
		return -ENOMEM;
	if (mremap(huge, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, mem) == mem)
		return 0;
	munmap(huge, len);
	return -ENOMEM;
}
