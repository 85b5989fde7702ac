// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Numbers of the library's headers that programs were compiled with, and that
 * libabigail does not see, because they travel as integers: final. Checked by
 * the compiler. The rest of the binary interface is in abi.sh.
 */
#include <dmamem/alloc.h>
#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#include "kselftest_harness.h"

#define VALUE(v, n) _Static_assert((v) == (n), #v)

VALUE(DMAMEM_OPEN_RESIDENT_LISTS, 1);
VALUE(DMAMEM_OPEN_MODULE_FD, 2);

VALUE(DMAMEM_ALLOC_CONTIGUOUS, 1);
VALUE(DMAMEM_ALLOC_SHARED, 2);
VALUE(DMAMEM_ALLOC_HUGE_2M, 4);
VALUE(DMAMEM_ALLOC_HUGE_1G, 8);
VALUE(DMAMEM_ANY_NODE, -1);
VALUE(DMAMEM_RUN_CLASSES, 36);

VALUE(DMAMEM_PAGE_SHIFT, 12);
VALUE(DMAMEM_PAGE_SIZE, 4096);
VALUE(DMAMEM_CHUNK_SHIFT, 21);
VALUE(DMAMEM_CHUNK_SIZE, 2097152);
VALUE(DMAMEM_ADDRESS_BITS, 48);
VALUE(DMAMEM_NO_ADDRESS, 0xffffffffffffffff);
VALUE(DMAMEM_NO_NODE, 0xffffffffffffffff);

VALUE(DMAMEM_NVME_SGL_READ, 1);
VALUE(DMAMEM_NVME_SGL_METADATA, 2);

/* The rest has been checked when this exists */
TEST(values)
{
	/* No constant for the compiler */
	EXPECT_EQ((void *)UINTPTR_MAX, DMAMEM_NVME_BIT_BUCKET);
}

TEST_HARNESS_MAIN
