// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The ioctl contract is final: every number, size and offset in it, as 64-bit
 * and as 32-bit programs see them (they must not differ). Checked by the
 * compiler, so that a build for another machine checks them too:
 * gcc -m32 -fsyntax-only.
 */
#include <stddef.h>

#include <linux/dmamem.h>

#include "kselftest_harness.h"

#define SIZE(s, n) _Static_assert(sizeof(struct s) == (n), #s)
#define FIELD(s, f, o, n)						\
	_Static_assert(offsetof(struct s, f) == (o) &&			\
		       sizeof(((struct s *)0)->f) == (n), #s "." #f)
#define VALUE(v, n) _Static_assert((v) == (n), #v)

VALUE(DMAMEM_ABI, 1);
VALUE(DMAMEM_INFO, 0xda00);
VALUE(DMAMEM_PIN, 0xda01);
VALUE(DMAMEM_EXTENTS, 0xda02);
VALUE(DMAMEM_UNPIN, 0xda03);
VALUE(DMAMEM_VERIFY, 0xda04);
VALUE(DMAMEM_GUARD, 0xda05);

SIZE(dmamem_info, 64);
FIELD(dmamem_info, size, 0, 4);
FIELD(dmamem_info, flags, 4, 4);
FIELD(dmamem_info, abi, 8, 4);
FIELD(dmamem_info, page_size, 12, 4);
FIELD(dmamem_info, features, 16, 8);
FIELD(dmamem_info, address_type, 24, 4);
FIELD(dmamem_info, max_guards, 28, 4);
FIELD(dmamem_info, dma_mask, 32, 8);
FIELD(dmamem_info, max_length, 40, 8);
FIELD(dmamem_info, pinned, 48, 8);
FIELD(dmamem_info, quarantined, 56, 8);
VALUE(DMAMEM_ADDRESS_PHYSICAL, 0);
VALUE(DMAMEM_ADDRESS_TRANSLATED, 1);

SIZE(dmamem_pin, 80);
FIELD(dmamem_pin, size, 0, 4);
FIELD(dmamem_pin, flags, 4, 4);
FIELD(dmamem_pin, addr, 8, 8);
FIELD(dmamem_pin, length, 16, 8);
FIELD(dmamem_pin, region, 24, 4);
FIELD(dmamem_pin, cause, 28, 4);
FIELD(dmamem_pin, nr_extents, 32, 8);
FIELD(dmamem_pin, bad_addr, 40, 8);
FIELD(dmamem_pin, pages_done, 48, 8);
FIELD(dmamem_pin, memlock_needed, 56, 8);
FIELD(dmamem_pin, memlock_limit, 64, 8);
FIELD(dmamem_pin, memlock_used, 72, 8);
VALUE(DMAMEM_PIN_WRITE, 1);
VALUE(DMAMEM_CAUSE_NONE, 0);
VALUE(DMAMEM_CAUSE_UNMAPPED, 1);
VALUE(DMAMEM_CAUSE_NO_ACCESS, 2);
VALUE(DMAMEM_CAUSE_READ_ONLY, 3);
VALUE(DMAMEM_CAUSE_DEVICE_MEMORY, 4);
VALUE(DMAMEM_CAUSE_FILE, 5);
VALUE(DMAMEM_CAUSE_DAX, 6);
VALUE(DMAMEM_CAUSE_MEMLOCK, 7);
VALUE(DMAMEM_CAUSE_NO_MEMORY, 8);
VALUE(DMAMEM_CAUSE_SIGNAL, 9);
VALUE(DMAMEM_CAUSE_MASK, 10);
VALUE(DMAMEM_CAUSE_BOUNCE, 11);
VALUE(DMAMEM_CAUSE_IOVA, 12);
VALUE(DMAMEM_CAUSE_ALIGNMENT, 13);
VALUE(DMAMEM_CAUSE_EMPTY, 14);
VALUE(DMAMEM_CAUSE_WRAP, 15);
VALUE(DMAMEM_CAUSE_TOO_LONG, 16);
VALUE(DMAMEM_CAUSE_OWNER, 17);
VALUE(DMAMEM_CAUSE_PRIVILEGE, 18);
VALUE(DMAMEM_CAUSE_LOCKDOWN, 19);
VALUE(DMAMEM_CAUSE_NOT_PHYSICAL, 20);
VALUE(DMAMEM_CAUSE_MOVABLE, 21);
VALUE(DMAMEM_CAUSE_GONE, 22);

SIZE(dmamem_extent, 16);
FIELD(dmamem_extent, dma_addr, 0, 8);
FIELD(dmamem_extent, length, 8, 8);

SIZE(dmamem_extents, 32);
FIELD(dmamem_extents, size, 0, 4);
FIELD(dmamem_extents, flags, 4, 4);
FIELD(dmamem_extents, region, 8, 4);
FIELD(dmamem_extents, count, 12, 4);
FIELD(dmamem_extents, offset, 16, 8);
FIELD(dmamem_extents, extents, 24, 8);

SIZE(dmamem_unpin, 16);
FIELD(dmamem_unpin, size, 0, 4);
FIELD(dmamem_unpin, flags, 4, 4);
FIELD(dmamem_unpin, region, 8, 4);
FIELD(dmamem_unpin, __reserved, 12, 4);

SIZE(dmamem_verify, 32);
FIELD(dmamem_verify, size, 0, 4);
FIELD(dmamem_verify, flags, 4, 4);
FIELD(dmamem_verify, region, 8, 4);
FIELD(dmamem_verify, __reserved, 12, 4);
FIELD(dmamem_verify, offset, 16, 8);
FIELD(dmamem_verify, length, 24, 8);

SIZE(dmamem_guard, 24);
FIELD(dmamem_guard, size, 0, 4);
FIELD(dmamem_guard, flags, 4, 4);
FIELD(dmamem_guard, domain, 8, 4);
FIELD(dmamem_guard, bus, 12, 4);
FIELD(dmamem_guard, device, 16, 4);
FIELD(dmamem_guard, function, 20, 4);

/* All of it has been checked when this exists */
TEST(layout)
{
}

TEST_HARNESS_MAIN
