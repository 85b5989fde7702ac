/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_DMAMEM_H
#define _UAPI_LINUX_DMAMEM_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: General ioctl format
 *
 * Every command takes one structure whose first field is its size, set by the
 * caller to ``sizeof`` the structure it was compiled with. A shorter structure
 * than the module's is extended with zeros; a longer one, up to a page, is
 * accepted when its unknown tail is zero. Either way only the caller's size is written back.
 *
 * Errors common to all commands:
 *
 * - ENOTTY: the command is not known
 * - EINVAL: @size is smaller than the command's first version, a flag is not
 *   known, or a reserved field is not zero
 * - E2BIG: @size is larger than the module's structure and the tail not zero,
 *   or larger than a page
 * - EFAULT: the structure cannot be read or written
 * - ENODEV: the PCI function behind the file is gone
 *
 * Addresses and lengths are in bytes. The layout holds no pointers and no
 * longs: it is the same for 32-bit and 64-bit callers.
 */

#define DMAMEM_TYPE 0xDA

enum {
	DMAMEM_CMD_BASE = 0x00,
	DMAMEM_CMD_INFO = DMAMEM_CMD_BASE,
	DMAMEM_CMD_PIN,
	DMAMEM_CMD_EXTENTS,
	DMAMEM_CMD_UNPIN,
	DMAMEM_CMD_VERIFY,
	DMAMEM_CMD_GUARD,
};

/** DMAMEM_ABI - version of this contract; grows when a command is added */
#define DMAMEM_ABI 1

/**
 * enum dmamem_address_type - what the addresses of EXTENTS are
 * @DMAMEM_ADDRESS_PHYSICAL: physical addresses: nothing stands between the
 *                           device and the memory
 * @DMAMEM_ADDRESS_TRANSLATED: I/O virtual addresses of one PCI function,
 *                             translated and checked by an IOMMU
 */
enum dmamem_address_type {
	DMAMEM_ADDRESS_PHYSICAL = 0,
	DMAMEM_ADDRESS_TRANSLATED = 1,
};

/**
 * struct dmamem_info - ioctl(DMAMEM_INFO)
 * @size: sizeof(struct dmamem_info)
 * @flags: Must be 0
 * @abi: Out: DMAMEM_ABI of the module
 * @page_size: Out: the unit of pinning, in bytes; @addr and @length of
 *             DMAMEM_PIN are multiples of it
 * @features: Out: bit n is set when DMAMEM_CMD n is implemented on this file
 * @address_type: Out: enum dmamem_address_type
 * @max_guards: Out: PCI functions that DMAMEM_GUARD takes, 0 if it takes none
 * @dma_mask: Out: highest address that an extent of this file may reach
 * @max_length: Out: longest @length that DMAMEM_PIN takes, in bytes
 * @pinned: Out: bytes pinned through this file now
 * @quarantined: Out: bytes that the module keeps pinned, over all files,
 *               because a function that may still write to them could not be
 *               stopped
 *
 * Describe the file and the module. Never fails but for the common errors.
 */
struct dmamem_info {
	__u32 size;
	__u32 flags;
	__u32 abi;
	__u32 page_size;
	__aligned_u64 features;
	__u32 address_type;
	__u32 max_guards;
	__aligned_u64 dma_mask;
	__aligned_u64 max_length;
	__aligned_u64 pinned;
	__aligned_u64 quarantined;
};

#define DMAMEM_INFO _IO(DMAMEM_TYPE, DMAMEM_CMD_INFO)

/**
 * enum dmamem_pin_flags - flags of DMAMEM_PIN
 * @DMAMEM_PIN_WRITE: the device may write to the memory. Without it the device
 *                    only reads, and memory that is mapped read-only may be
 *                    pinned. The device sees what the CPU writes later
 */
enum dmamem_pin_flags {
	DMAMEM_PIN_WRITE = 1 << 0,
};

/**
 * enum dmamem_cause - why DMAMEM_PIN failed
 * @DMAMEM_CAUSE_NONE: nothing was found wrong with the memory
 * @DMAMEM_CAUSE_UNMAPPED: EFAULT: nothing is mapped at @bad_addr, or what is
 *                         mapped there cannot be faulted in (beyond the end of
 *                         a file, a poisoned page, secret memory)
 * @DMAMEM_CAUSE_NO_ACCESS: EFAULT: @bad_addr is mapped without read permission
 * @DMAMEM_CAUSE_READ_ONLY: EFAULT: DMAMEM_PIN_WRITE, and @bad_addr is mapped
 *                          without write permission
 * @DMAMEM_CAUSE_DEVICE_MEMORY: EFAULT: @bad_addr is device memory (a PCI BAR)
 *                              and has no pages
 * @DMAMEM_CAUSE_FILE: EOPNOTSUPP: DMAMEM_PIN_WRITE, and @bad_addr is a shared
 *                     mapping of a file that the kernel writes back (not shmem,
 *                     not hugetlb)
 * @DMAMEM_CAUSE_DAX: EOPNOTSUPP: @bad_addr is a mapping of a DAX file
 * @DMAMEM_CAUSE_MEMLOCK: ENOMEM: RLIMIT_MEMLOCK; see @memlock_needed
 * @DMAMEM_CAUSE_NO_MEMORY: ENOMEM: the kernel is out of memory
 * @DMAMEM_CAUSE_SIGNAL: EINTR: a fatal signal is pending. What was pinned goes
 *                       while the process ends, and before the last close returns
 * @DMAMEM_CAUSE_MASK: ERANGE: the address of the page at @bad_addr is beyond
 *                     what the function can address
 * @DMAMEM_CAUSE_BOUNCE: EREMOTEIO: the function would reach the memory only
 *                       through a bounce buffer or with CPU synchronisation
 * @DMAMEM_CAUSE_IOVA: ENOSPC: no I/O virtual address space is left
 * @DMAMEM_CAUSE_ALIGNMENT: EINVAL: @addr or @length is not a multiple of the
 *                          page size
 * @DMAMEM_CAUSE_EMPTY: EINVAL: @length is 0
 * @DMAMEM_CAUSE_WRAP: EINVAL: the range goes beyond the end of the address
 *                     space
 * @DMAMEM_CAUSE_TOO_LONG: EFBIG: @length is beyond @max_length of DMAMEM_INFO
 * @DMAMEM_CAUSE_OWNER: EIO: the caller's memory is not that of the process that
 *                      opened the file
 * @DMAMEM_CAUSE_PRIVILEGE: EPERM: no CAP_SYS_RAWIO, and the addresses are
 *                          physical, or those of a function that the IOMMU
 *                          cannot tell from another or whose interrupts it
 *                          does not check
 * @DMAMEM_CAUSE_LOCKDOWN: EPERM: the same, and the kernel is locked down
 * @DMAMEM_CAUSE_NOT_PHYSICAL: EOPNOTSUPP: physical addresses, and they are not
 *                             what a device would see: memory is encrypted, or
 *                             this is a Xen PV domain
 * @DMAMEM_CAUSE_MOVABLE: EBUSY: the page at @bad_addr must leave the movable
 *                        zone before it can be pinned, and is in use
 * @DMAMEM_CAUSE_GONE: ENODEV: the PCI function behind the file is gone
 */
enum dmamem_cause {
	DMAMEM_CAUSE_NONE = 0,
	DMAMEM_CAUSE_UNMAPPED = 1,
	DMAMEM_CAUSE_NO_ACCESS = 2,
	DMAMEM_CAUSE_READ_ONLY = 3,
	DMAMEM_CAUSE_DEVICE_MEMORY = 4,
	DMAMEM_CAUSE_FILE = 5,
	DMAMEM_CAUSE_DAX = 6,
	DMAMEM_CAUSE_MEMLOCK = 7,
	DMAMEM_CAUSE_NO_MEMORY = 8,
	DMAMEM_CAUSE_SIGNAL = 9,
	DMAMEM_CAUSE_MASK = 10,
	DMAMEM_CAUSE_BOUNCE = 11,
	DMAMEM_CAUSE_IOVA = 12,
	DMAMEM_CAUSE_ALIGNMENT = 13,
	DMAMEM_CAUSE_EMPTY = 14,
	DMAMEM_CAUSE_WRAP = 15,
	DMAMEM_CAUSE_TOO_LONG = 16,
	DMAMEM_CAUSE_OWNER = 17,
	DMAMEM_CAUSE_PRIVILEGE = 18,
	DMAMEM_CAUSE_LOCKDOWN = 19,
	DMAMEM_CAUSE_NOT_PHYSICAL = 20,
	DMAMEM_CAUSE_MOVABLE = 21,
	DMAMEM_CAUSE_GONE = 22,
};

/**
 * struct dmamem_pin - ioctl(DMAMEM_PIN)
 * @size: sizeof(struct dmamem_pin)
 * @flags: enum dmamem_pin_flags
 * @addr: First byte to pin, in the calling process; a multiple of the page size
 * @length: Bytes to pin; a multiple of the page size, not 0
 * @region: Out: names the pin in the other commands; never 0
 * @cause: Out: enum dmamem_cause. Set it to DMAMEM_CAUSE_NONE before: not every
 *         error writes it
 * @nr_extents: Out: runs of consecutive addresses that the region consists of
 * @bad_addr: Out: on failure, the first address that could not be pinned
 * @pages_done: Out: on failure, pages that were pinned, and are unpinned again:
 *              those before @bad_addr, or all when their addresses are what
 *              failed (DMAMEM_CAUSE_MASK, _BOUNCE, _IOVA)
 * @memlock_needed: Out: with DMAMEM_CAUSE_MEMLOCK, bytes asked for
 * @memlock_limit: Out: with DMAMEM_CAUSE_MEMLOCK, RLIMIT_MEMLOCK in bytes
 * @memlock_used: Out: with DMAMEM_CAUSE_MEMLOCK, bytes charged before
 *
 * Pin a range of the caller's memory until DMAMEM_UNPIN or the last close of
 * the file. The pages stay where they are for as long. The range is faulted in
 * as needed and charged as locked memory; RLIMIT_MEMLOCK limits it unless the
 * caller has CAP_IPC_LOCK. Nothing is pinned or charged when the command fails,
 * or with EINTR, soon after; the Out fields for failure are written with any
 * error that has a cause.
 *
 * Errors: those of enum dmamem_cause, and
 *
 * - EINVAL: a flag is not known: nothing is written
 * - EBUSY: no id for a region is left
 * - ENOMEM: there is no memory for one
 */
struct dmamem_pin {
	__u32 size;
	__u32 flags;
	__aligned_u64 addr;
	__aligned_u64 length;
	__u32 region;
	__u32 cause;
	__aligned_u64 nr_extents;
	__aligned_u64 bad_addr;
	__aligned_u64 pages_done;
	__aligned_u64 memlock_needed;
	__aligned_u64 memlock_limit;
	__aligned_u64 memlock_used;
};

#define DMAMEM_PIN _IO(DMAMEM_TYPE, DMAMEM_CMD_PIN)

/**
 * struct dmamem_extent - a run of consecutive addresses
 * @dma_addr: First address of the run, as the device must use it
 * @length: Bytes, not 0
 */
struct dmamem_extent {
	__aligned_u64 dma_addr;
	__aligned_u64 length;
};

/**
 * struct dmamem_extents - ioctl(DMAMEM_EXTENTS)
 * @size: sizeof(struct dmamem_extents)
 * @flags: Must be 0
 * @region: From DMAMEM_PIN
 * @count: In: extents that @extents has room for, not 0. Out: extents written
 * @offset: In: offset in the region of the first byte to describe. Out: offset
 *          of the first byte not described; the length of the region when done
 * @extents: User address of an array of struct dmamem_extent
 *
 * Copy out the addresses of a region, in order, starting anywhere: an @offset
 * within a run yields the rest of the run. @nr_extents of DMAMEM_PIN is room
 * for a whole region.
 *
 * Errors:
 *
 * - ENOENT: @region does not exist
 * - EINVAL: @count is 0, or @offset is not below the region's length
 * - EPERM: as with DMAMEM_CAUSE_PRIVILEGE and DMAMEM_CAUSE_LOCKDOWN
 * - EOPNOTSUPP: as with DMAMEM_CAUSE_NOT_PHYSICAL
 * - EFAULT: @extents cannot be written
 * - EINTR: a fatal signal is pending
 */
struct dmamem_extents {
	__u32 size;
	__u32 flags;
	__u32 region;
	__u32 count;
	__aligned_u64 offset;
	__aligned_u64 extents;
};

#define DMAMEM_EXTENTS _IO(DMAMEM_TYPE, DMAMEM_CMD_EXTENTS)

/**
 * struct dmamem_unpin - ioctl(DMAMEM_UNPIN)
 * @size: sizeof(struct dmamem_unpin)
 * @flags: Must be 0
 * @region: From DMAMEM_PIN
 * @__reserved: Must be 0
 *
 * Release a region. The caller has made sure that no device uses it any more.
 *
 * Errors:
 *
 * - ENOENT: @region does not exist
 */
struct dmamem_unpin {
	__u32 size;
	__u32 flags;
	__u32 region;
	__u32 __reserved;
};

#define DMAMEM_UNPIN _IO(DMAMEM_TYPE, DMAMEM_CMD_UNPIN)

/**
 * struct dmamem_verify - ioctl(DMAMEM_VERIFY)
 * @size: sizeof(struct dmamem_verify)
 * @flags: Must be 0
 * @region: From DMAMEM_PIN
 * @__reserved: Must be 0
 * @offset: In: offset in the region of the first byte to look at, a multiple of
 *          the page size. Out: with ESTALE, the first offset whose address does
 *          not mean the pinned page; with success, the end of what was asked
 * @length: Bytes to look at; a multiple of the page size, not 0
 *
 * Say whether the addresses that were pinned still mean the pinned pages. A pin
 * keeps the page, not the mapping: after munmap(), mremap(), MADV_DONTNEED or a
 * hole punched into the file, the process and the device look at different
 * memory. Protection does not matter: memory under PROT_NONE is still there.
 *
 * The answer is about the moment: a thread that changes the mapping meanwhile
 * makes it old. Pages of a shared mapping that are not in the page tables are
 * faulted in, as by a read.
 *
 * Errors:
 *
 * - ESTALE: the address at @offset means another page, or none
 * - ENOENT: @region does not exist
 * - EINVAL: @offset or @length is misaligned, @length is 0, or the range is not
 *   within the region
 * - EIO: the caller's memory is not that of the process that opened the file
 * - EINTR: a fatal signal is pending
 */
struct dmamem_verify {
	__u32 size;
	__u32 flags;
	__u32 region;
	__u32 __reserved;
	__aligned_u64 offset;
	__aligned_u64 length;
};

#define DMAMEM_VERIFY _IO(DMAMEM_TYPE, DMAMEM_CMD_VERIFY)

/**
 * struct dmamem_guard - ioctl(DMAMEM_GUARD)
 * @size: sizeof(struct dmamem_guard)
 * @flags: Must be 0
 * @domain: PCI domain (segment) of the function
 * @bus: Bus number, up to 255
 * @device: Device number, up to 31
 * @function: Function number, up to 7
 *
 * Name a PCI function that is given the addresses of this file, so that it is
 * stopped before the pages of a dying process are released: at the last close,
 * if regions are left, its bus mastering is turned off, its transactions are
 * waited for and it is reset. If that fails, the pages stay pinned (@quarantined
 * of DMAMEM_INFO). A driver that handles resets, as nvme does, is told of this
 * one first and has the function again afterwards. Only for /dev/dmamem, which
 * knows no function of its own; @max_guards of DMAMEM_INFO says how many it
 * takes. There is no way to take a guard back but to close the file.
 *
 * Errors:
 *
 * - ENXIO: there is no such function
 * - EINVAL: it is a bridge
 * - EEXIST: it is a guard of this file already
 * - EBUSY: it is bound to the dmamem driver and has a file of its own
 * - ENOSPC: the file has @max_guards guards
 * - EPERM: no CAP_SYS_RAWIO
 */
struct dmamem_guard {
	__u32 size;
	__u32 flags;
	__u32 domain;
	__u32 bus;
	__u32 device;
	__u32 function;
};

#define DMAMEM_GUARD _IO(DMAMEM_TYPE, DMAMEM_CMD_GUARD)

#endif
