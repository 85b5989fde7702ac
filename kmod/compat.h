/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMAMEM_COMPAT_H
#define DMAMEM_COMPAT_H

#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include <linux/mm.h>
#include <linux/msi.h>

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
 * A long-term pin held the mmap lock while it faulted pages in, and so could
 * not wait for a userfaultfd: EFAULT. An ordinary reference drops the lock.
 */
static inline bool dmamem_fault_in(unsigned long addr, unsigned int gup_flags)
{
	struct page *page;

	if (get_user_pages_unlocked(addr, 1, &page,
				    gup_flags & ~FOLL_LONGTERM) != 1)
		return false;
	put_page(page);
	return true;
}

static inline bool dmamem_has_isolated_msi(struct device *device)
{
	return device_iommu_capable(device, IOMMU_CAP_INTR_REMAP) ||
	       irq_domain_check_msi_remap();
}

#else

#define DMAMEM_FOLL_BREAK_COW 0

static inline bool dmamem_fault_in(unsigned long addr, unsigned int gup_flags)
{
	return false;
}

static inline bool dmamem_has_isolated_msi(struct device *device)
{
	return msi_device_has_isolated_msi(device);
}

#endif

#endif
