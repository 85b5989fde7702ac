// SPDX-License-Identifier: GPL-2.0
/*
 * VERIFY: do the addresses of a region still mean its pages?
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "dmamem.h"

/* Pages to look at in one go; the pointers are on the stack */
#define VERIFY_BATCH 32

static bool is_shared(unsigned long addr)
{
	struct vm_area_struct *vma;
	bool shared;

	if (mmap_read_lock_killable(current->mm))
		return false;
	vma = vma_lookup(current->mm, addr);
	shared = vma && (vma->vm_flags & VM_MAYSHARE);
	mmap_read_unlock(current->mm);
	return shared;
}

/*
 * The page at an address that the quick look does not see: under PROT_NONE
 * (hence the force), or of a shared mapping and not in the page tables, where
 * only a fault can tell. Private memory is not faulted in: a pinned page does
 * not leave the page tables but by the owner's doing.
 */
static long get_hidden_page(unsigned long addr, struct page **page)
{
	long got;

	got = get_user_pages_unlocked(addr, 1, page, FOLL_FORCE | FOLL_NOFAULT);
	if (got != 1 && is_shared(addr))
		got = get_user_pages_unlocked(addr, 1, page, FOLL_FORCE);
	return got;
}

/* How many of the pages at @addr are those at @pfn and behind it? */
static long count_same(unsigned long addr, unsigned long pfn, unsigned int nr)
{
	struct page *pages[VERIFY_BATCH];
	unsigned int same = 0;
	long i, got;

	got = get_user_pages_fast_only(addr, nr, 0, pages);
	if (got <= 0)
		got = get_hidden_page(addr, pages);
	for (i = 0; i < got; i++) {
		if (same == i && page_to_pfn(pages[i]) == pfn + i)
			same++;
		put_page(pages[i]);
	}
	return same;
}

/* Compare page by page; *@offset stops at the first difference */
static int verify_region(struct dmamem_region *region, u64 *offset, u64 end)
{
	struct dmamem_extent rest;
	struct dmamem_cursor cur;
	unsigned int nr;
	long same;

	dmamem_cursor_seek(&cur, &region->runs, *offset);
	while (*offset < end) {
		if (fatal_signal_pending(current))
			return -EINTR;
		rest = dmamem_cursor_rest(&cur);
		nr = min3(PFN_DOWN(rest.length), PFN_DOWN(end - *offset),
			  (u64)VERIFY_BATCH);
		same = count_same(region->addr + *offset,
				  PHYS_PFN(rest.dma_addr), nr);
		if (!same)
			return fatal_signal_pending(current) ? -EINTR : -ESTALE;
		*offset += (u64)same << PAGE_SHIFT;
		dmamem_cursor_next(&cur, (u64)same << PAGE_SHIFT);
		cond_resched();
	}
	return 0;
}

int dmamem_verify(struct dmamem_call *call)
{
	struct dmamem_verify *arg = &call->arg.verify;
	struct dmamem_region *region;
	int ret, err;
	u64 end;

	if (arg->__reserved || !arg->length ||
	    !PAGE_ALIGNED(arg->offset) || !PAGE_ALIGNED(arg->length) ||
	    check_add_overflow(arg->offset, arg->length, &end))
		return -EINVAL;
	if (current->mm != call->ctx->mm)
		return -EIO;

	region = dmamem_region_get(call->ctx, arg->region);
	if (!region)
		return -ENOENT;
	ret = -EINVAL;
	if (end <= region->length)
		ret = verify_region(region, &arg->offset, end);
	dmamem_region_put(region);
	if (ret && ret != -ESTALE)
		return ret;
	err = dmamem_reply(call);
	return err ?: ret;
}
