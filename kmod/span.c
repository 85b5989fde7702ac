// SPDX-License-Identifier: GPL-2.0
/*
 * What the mapping at an address permits: how to pin it, or why not.
 *
 * The kernel only says EFAULT, and what it refuses differs between versions.
 * A mapping may change before it is pinned; then the answer was right a
 * moment ago, and what is pinned is still only what the kernel permits.
 */
#include <linux/backing-dev.h>
#include <linux/hugetlb.h>

#include "compat.h"
#include "dmamem.h"

/*
 * Pages of a file that the kernel writes back cannot be kept writable by a
 * device: the file system is not told of the writes. 6.1 would take the pin.
 */
static bool vma_needs_writeback(struct vm_area_struct *vma)
{
	return (vma->vm_flags & VM_SHARED) && vma->vm_file &&
	       mapping_can_writeback(vma->vm_file->f_mapping);
}

static enum dmamem_cause vma_refusal(struct vm_area_struct *vma, bool write)
{
	vm_flags_t access = vma->vm_flags & (VM_READ | VM_WRITE);

	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return DMAMEM_CAUSE_DEVICE_MEMORY;
	if (!access || (!write && !(access & VM_READ)))
		return DMAMEM_CAUSE_NO_ACCESS;
	if (write && !(access & VM_WRITE))
		return DMAMEM_CAUSE_READ_ONLY;
	if (vma_is_fsdax(vma))
		return DMAMEM_CAUSE_DAX;
	if (write && vma_needs_writeback(vma))
		return DMAMEM_CAUSE_FILE;
	return DMAMEM_CAUSE_NONE;
}

static unsigned int vma_gup_flags(struct vm_area_struct *vma, bool write)
{
	if (write)
		return FOLL_LONGTERM | FOLL_WRITE;
	if (!is_cow_mapping(vma->vm_flags))
		return FOLL_LONGTERM;
	if (is_vm_hugetlb_page(vma) && !(vma->vm_flags & VM_WRITE))
		return FOLL_LONGTERM | DMAMEM_FOLL_UNSHARE;
	return FOLL_LONGTERM | DMAMEM_FOLL_BREAK_COW;
}

/* How the mapping at an address of the current process is pinned, or why not */
enum dmamem_cause dmamem_span_at(unsigned long addr, u32 flags,
				 struct dmamem_span *span)
{
	enum dmamem_cause cause = DMAMEM_CAUSE_UNMAPPED;
	bool write = flags & DMAMEM_PIN_WRITE;
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(mm))
		return DMAMEM_CAUSE_SIGNAL;

	vma = vma_lookup(mm, addr);
	if (vma) {
		cause = vma_refusal(vma, write);
		span->end = vma->vm_end;
		span->gup_flags = vma_gup_flags(vma, write);
	}
	mmap_read_unlock(mm);
	return cause;
}
