/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMAMEM_COMPAT_H
#define DMAMEM_COMPAT_H

#include <linux/hugetlb.h>
#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/msi.h>
#include <linux/sched/mm.h>

/*
 * Until 6.2 the FOLL_ flags were macros, since 6.3 they are an enum: that tells
 * kernels with the two gaps, and the other name, below.
 */
#ifdef FOLL_WRITE

/*
 * A long-term pin for reading took whatever page was there: the shared zero
 * page, a page of the page cache or one shared since fork. The next write of
 * the CPU then moved the process to a copy, and the device went on reading the
 * old page. A forced write pin breaks copy-on-write first, as later kernels do
 * by themselves. (FOLL_FORCE, because the mapping may be read-only.)
 */
#define DMAMEM_FOLL_BREAK_COW (FOLL_WRITE | FOLL_FORCE)

/*
 * Of hugetlb no write can be forced. There a fault that asks for nothing else
 * breaks copy-on-write. (The flag marks such pins; by itself it permits what the
 * mapping permits anyway.)
 */
#define DMAMEM_FOLL_UNSHARE FOLL_FORCE

static inline int dmamem_unshare_page(struct mm_struct *mm, unsigned long addr)
{
	bool unlocked;
	int ret, i;

	/* Where there was no page yet, the first only maps one */
	for (i = 0, ret = 0; !ret && i < 2; i++)
		ret = fixup_user_fault(mm, addr, FAULT_FLAG_UNSHARE, &unlocked);
	return ret;
}

/* Pages unshared from the first on; if there is none, -errno */
static inline long dmamem_unshare(unsigned long addr, long nr)
{
	unsigned long at = addr, end = addr + (nr << PAGE_SHIFT);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int ret = 0;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	while (at < end && !ret) {
		ret = dmamem_unshare_page(mm, at);
		vma = vma_lookup(mm, at);
		if (!ret && vma)
			at = ALIGN(at + 1, vma_kernel_pagesize(vma));
		else if (!ret)
			ret = -EFAULT;
	}
	mmap_read_unlock(mm);
	return at > addr ? (min(at, end) - addr) >> PAGE_SHIFT : ret;
}

/*
 * A long-term pin held the mmap lock, also against fatal signals, while pages
 * were faulted in: for as long as the owner of a FUSE file liked, and it could
 * not wait for a userfaultfd at all. Another reference drops the lock; so only
 * what is there already is left to the pin.
 */
static inline long dmamem_fault_in(unsigned long addr, long nr,
				   unsigned int gup_flags)
{
	/* Where they may stay when they are pinned */
	unsigned int saved = memalloc_pin_save();

	nr = get_user_pages_unlocked(addr, nr, NULL, gup_flags & ~FOLL_LONGTERM);
	memalloc_pin_restore(saved);
	return nr;
}

static inline long dmamem_pin_user_pages(unsigned long addr, long nr,
					 unsigned int gup_flags,
					 struct page **pages)
{
	long got;

	if (gup_flags == (FOLL_LONGTERM | DMAMEM_FOLL_UNSHARE))
		nr = dmamem_unshare(addr, nr);
	if (nr <= 0)
		return nr;
	got = pin_user_pages_fast_only(addr, nr, gup_flags, pages);
	if (got)
		return got;
	nr = dmamem_fault_in(addr, nr, gup_flags);
	return nr > 0 ? pin_user_pages_fast(addr, nr, gup_flags, pages) : nr;
}

static inline bool dmamem_has_isolated_msi(struct device *device)
{
	return device_iommu_capable(device, IOMMU_CAP_INTR_REMAP) ||
	       irq_domain_check_msi_remap();
}

#else

#define DMAMEM_FOLL_BREAK_COW 0
#define DMAMEM_FOLL_UNSHARE 0
#define dmamem_pin_user_pages pin_user_pages_fast

static inline bool dmamem_has_isolated_msi(struct device *device)
{
	return msi_device_has_isolated_msi(device);
}

#endif

#endif
