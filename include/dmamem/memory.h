/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Registration: memory that devices may use, and the maps that describe it.
 */
#ifndef DMAMEM_MEMORY_H
#define DMAMEM_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/dmamem.h>
#include <dmamem/map.h>

#ifdef __cplusplus
extern "C" {
#endif

/** DMAMEM_NO_ADDRESS - the DMA address of memory that is not registered */
#define DMAMEM_NO_ADDRESS UINT64_MAX

/** DMAMEM_NO_NODE - the NUMA node of memory whose node is not known */
#define DMAMEM_NO_NODE UINT64_MAX

/**
 * dmamem_register() - pin memory and enter its DMA addresses into the maps
 * @ctx: the context
 * @addr: first byte, a multiple of 4 KiB (and of the kernel's page size)
 * @len: bytes, a multiple of the same
 *
 * The memory stays the caller's and must stay mapped until it is unregistered.
 * Thread-safe. A device may read and write the memory from the moment this
 * returns.
 *
 * Where a chunk of 2 MiB is not all one run, a table of 4 KiB describes it.
 * Tables come from memory that the library pins for itself, 2 MiB at a time, and
 * stay with their chunk until the context is closed: unregistering does not give
 * their part of RLIMIT_MEMLOCK back. Without room for them there they are not
 * pinned, and registering does not fail for it.
 *
 * Return: 0, or with nothing changed
 * -EINVAL (misaligned, empty or wrapping range, or one that ends beyond 48
 * bits),
 * -ERANGE (the memory, or a run of its addresses, is beyond what the device or
 * its IOMMU can address, or across its boundary),
 * -EBUSY (part of the range is registered already, or a page of it is in use
 * and has to move before it can be pinned),
 * -EFAULT (part of the range is not mapped, or not writable),
 * -EOPNOTSUPP (part of the range is a file mapping that cannot be pinned, or
 * with the provider "hugepage" not hugetlb memory),
 * -ENOMEM (no memory, or RLIMIT_MEMLOCK),
 * -EREMOTEIO (the device would reach the memory only through a bounce buffer),
 * -ENOSPC (no I/O virtual address space is left, or VFIO's container has as many
 * mappings as it may),
 * -EFBIG (longer than the module pins at once),
 * -EPERM (physical addresses, and the caller may not have them),
 * -EIO (another process opened the context),
 * -EINTR (a fatal signal),
 * -ENODEV (the PCI function is gone),
 * -EDEADLK (called from a notify callback),
 * or whatever a notify callback refused with. dmamem_explain() says more.
 */
int dmamem_register(struct dmamem_context *ctx, void *addr, size_t len);

/**
 * typedef dmamem_progress_fn - told how far a registration is
 * @arg: from dmamem_register_progress()
 * @done: bytes that have their pages
 * @total: bytes in all
 *
 * Called by the thread that registers, with no lock held.
 *
 * Return: 0, or anything else to cancel.
 */
typedef int (*dmamem_progress_fn)(void *arg, size_t done, size_t total);

/**
 * dmamem_register_progress() - dmamem_register() of large memory
 * @ctx: the context
 * @addr: see dmamem_register()
 * @len: see dmamem_register()
 * @progress: called before the first and after every 64 MiB
 * @arg: for @progress
 *
 * What takes long in registering memory that was never touched is finding and
 * clearing pages. That is done first, piece by piece; pinning comes last, in
 * one go.
 *
 * Return: 0, -ECANCELED (@progress said so; nothing is registered, but the
 * memory has pages now), or an error of dmamem_register().
 */
int dmamem_register_progress(struct dmamem_context *ctx, void *addr, size_t len,
			     dmamem_progress_fn progress, void *arg);

/**
 * dmamem_unregister() - take memory out of the maps and unpin it
 * @ctx: the context
 * @addr: first byte of a registration
 * @len: bytes up to the end of that registration, or of one that follows it
 *       without a gap
 *
 * The caller has made sure that no device uses the memory any more. Thread-safe.
 * Several registrations go in address order, each as a whole: first the notify
 * callbacks are told, in the reverse of the order in which they were added,
 * then the maps, then the memory is unpinned.
 *
 * Return: 0, or with nothing changed
 * -EINVAL (misaligned or empty range, one that ends beyond 48 bits, or nothing
 * is registered at some part of it),
 * -ERANGE (the range starts or ends inside a registration),
 * -EIO (another process opened the context),
 * -EDEADLK (called from a notify callback).
 * It never fails for memory.
 */
int dmamem_unregister(struct dmamem_context *ctx, void *addr, size_t len);

/**
 * dmamem_dma_map() - the map of DMA addresses
 * @ctx: the context
 *
 * Return: a linear map with the default value DMAMEM_NO_ADDRESS. It belongs to
 * @ctx and lives as long; read it, never write it.
 */
const struct dmamem_map *dmamem_dma_map(const struct dmamem_context *ctx);

/**
 * dmamem_translate() - DMA address of registered memory
 * @ctx: the context
 * @addr: any address
 * @len: in: bytes of interest; out: how many of them are consecutive for the
 *       device. May be NULL.
 *
 * Takes no lock. The memory must stay registered meanwhile.
 *
 * Return: the DMA address of that very byte, or DMAMEM_NO_ADDRESS.
 */
uint64_t dmamem_translate(const struct dmamem_context *ctx, const void *addr,
			  uint64_t *len);

/** DMAMEM_RUN_CLASSES - of struct dmamem_histogram: 4 KiB to 128 TiB */
#define DMAMEM_RUN_CLASSES 36

/**
 * struct dmamem_histogram - how long the runs of a registration are
 * @nr_runs: how many there are
 * @longest: bytes of the longest
 * @runs: [n]: how many have 4 KiB << n or more, but less than twice that
 */
struct dmamem_histogram {
	uint64_t nr_runs;
	uint64_t longest;
	uint64_t runs[DMAMEM_RUN_CLASSES];
};

/**
 * dmamem_get_histogram() - how long the runs of a registration are
 * @ctx: the context
 * @addr: any address in the registration
 * @histogram: the result
 *
 * Thread-safe, also from a notify callback about the same memory; the memory
 * must stay registered meanwhile.
 *
 * Return: 0, or -EINVAL (nothing is registered at @addr).
 */
int dmamem_get_histogram(const struct dmamem_context *ctx, const void *addr,
			 struct dmamem_histogram *histogram);

/**
 * dmamem_registration_map() - the map of what is registered
 * @ctx: the context
 *
 * Return: a uniform map with the default value 0. Other values are not 0, the
 * same throughout a registration, and different in any two that exist at the
 * same time. It belongs to @ctx and lives as long; read it, never write it.
 */
const struct dmamem_map *
dmamem_registration_map(const struct dmamem_context *ctx);

/**
 * dmamem_numa_map() - the map of NUMA nodes
 * @ctx: the context
 * @map: a uniform map with the default value DMAMEM_NO_NODE: the node of each
 *       registered page. It belongs to @ctx and lives as long; read it, never
 *       write it. Unchanged on failure.
 *
 * The kernel is asked about every page, so the map is only kept from the first
 * call on; dmamem_reserve() before that reserves nothing for it, and registering
 * may fail with -ENOMEM. Where the kernel knows no nodes all pages are on node 0; where it
 * does not answer (move_pages() is forbidden, say) the node is not known.
 * Thread-safe.
 *
 * Return: 0, -ENOMEM, or -EDEADLK (called from a notify callback).
 */
int dmamem_numa_map(struct dmamem_context *ctx, const struct dmamem_map **map);

/**
 * dmamem_reserve() - get memory for the tables of a range beforehand
 * @ctx: the context
 * @addr: first byte, a multiple of 4 KiB (and of the kernel's page size)
 * @len: bytes, a multiple of the same
 *
 * From then on dmamem_register() within the range cannot fail for want of table
 * memory, as long as there are no more registrations than the range has chunks
 * of 2 MiB, counting those that it only touches. What the kernel needs for
 * pinning is not reserved, and neither is memory of maps of your own: see
 * dmamem_map_reserve(). Costs 8 KiB for each chunk. Reserved memory is freed
 * with the context. Thread-safe.
 *
 * Return: 0, or with nothing reserved but up to 2 MiB that the library keeps for
 * itself
 * -EINVAL (misaligned, empty or wrapping range, or one that ends beyond 48
 * bits),
 * -EIO (another process opened the context),
 * -ENOMEM (no memory),
 * -EDEADLK (called from a notify callback),
 * with DMAMEM_OPEN_RESIDENT_LISTS also what dmamem_register() returns for
 * memory that cannot be pinned or that the device cannot use.
 */
int dmamem_reserve(struct dmamem_context *ctx, void *addr, size_t len);

/**
 * struct dmamem_notify_ops - who wants to be told of registrations
 * @registered: memory was registered: it is pinned, and in the maps of the
 *              context. 0, or -errno to refuse; then the registration is undone
 *              and dmamem_register() returns this. Whoever refuses is not told
 *              that it is undone, those told before are.
 * @unregistered: memory is about to be unregistered: it is still pinned and in
 *                the maps. Called for each registration as it was made.
 *
 * Called by the thread that registers, unregisters, adds or removes, with a
 * lock of the context held. A callback may read the context's maps, read and
 * write maps of its own and call dmamem_explain(), dmamem_get_histogram(),
 * dmamem_get_file() and the functions that ask how the context was opened.
 * Calls that register, unregister, reserve, allocate, free, add, remove, close,
 * ask for the map of NUMA nodes or for a device's file return -EDEADLK, unless
 * they fail for their arguments, and change nothing. It must not wait for
 * another thread that makes such a call: that one waits for the callback.
 */
struct dmamem_notify_ops {
	int (*registered)(void *arg, void *addr, size_t len);
	void (*unregistered)(void *arg, void *addr, size_t len);
};

struct dmamem_notify;

/**
 * dmamem_notify_add() - be told of registrations, for a map of one's own
 * @ctx: the context
 * @ops: callbacks, both present; copied
 * @arg: handed to the callbacks
 * @notify: for dmamem_notify_remove(), unchanged on failure
 *
 * @ops->registered is called for every registration that exists, in address
 * order, before this returns; so it makes no difference whether memory is
 * registered before or after. If it refuses, @ops->unregistered is called for
 * those it had accepted, in reverse. Thread-safe.
 *
 * Return: 0, or with nothing changed -EINVAL (a callback is missing), -ENOMEM,
 * -EDEADLK (called from a notify callback), or what @ops->registered refused
 * with.
 */
int dmamem_notify_add(struct dmamem_context *ctx,
		      const struct dmamem_notify_ops *ops, void *arg,
		      struct dmamem_notify **notify);

/**
 * dmamem_notify_remove() - be told no more
 * @ctx: the context
 * @notify: from dmamem_notify_add() on @ctx, or NULL; invalid afterwards
 *
 * The callback for unregistering is called for every registration that exists,
 * in the reverse of address order. Registrations themselves stay. Need not be
 * called before dmamem_close(). Thread-safe.
 *
 * Return: 0, or -EDEADLK with nothing changed (called from a notify callback).
 */
int dmamem_notify_remove(struct dmamem_context *ctx,
			 struct dmamem_notify *notify);

#ifdef __cplusplus
}
#endif

#endif
