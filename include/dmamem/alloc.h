/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Allocation: memory made for devices, registered from the start.
 */
#ifndef DMAMEM_ALLOC_H
#define DMAMEM_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/dmamem.h>

#ifdef __cplusplus
extern "C" {
#endif

/** DMAMEM_ANY_NODE - memory of whatever NUMA node the kernel takes */
#define DMAMEM_ANY_NODE (-1)

/**
 * enum dmamem_alloc_flags - flags of dmamem_alloc()
 * @DMAMEM_ALLOC_CONTIGUOUS: consecutive for the device, as queues and
 *                           descriptor rings must be. Where nothing translates
 *                           this is memory of one huge page, and takes at least
 *                           2 MiB.
 * @DMAMEM_ALLOC_SHARED: in a memory file of its own, for other processes: see
 *                       dmamem_get_file(). The child of a fork() shares it.
 * @DMAMEM_ALLOC_HUGE_2M: in hugetlb pages of 2 MiB. The child of a fork()
 *                        shares them.
 * @DMAMEM_ALLOC_HUGE_1G: in hugetlb pages of 1 GiB. The child of a fork()
 *                        shares them.
 */
enum dmamem_alloc_flags {
	DMAMEM_ALLOC_CONTIGUOUS = 1 << 0,
	DMAMEM_ALLOC_SHARED = 1 << 1,
	DMAMEM_ALLOC_HUGE_2M = 1 << 2,
	DMAMEM_ALLOC_HUGE_1G = 1 << 3,
};

/**
 * dmamem_alloc() - allocate and register memory
 * @ctx: the context
 * @size: bytes, not 0; rounded up to whole pages of the kind
 * @flags: enum dmamem_alloc_flags
 * @node: NUMA node, or DMAMEM_ANY_NODE
 * @addr: the memory, all zero, aligned to 2 MiB if it is as large as that.
 *        Unchanged on failure.
 *
 * Without a flag for huge pages the memory is ordinary memory, made of
 * transparent huge pages as far as the kernel has them to give, and only then
 * pinned: a pin freezes the fragmentation that it meets. With the provider
 * "hugepage" it is hugetlb memory in any case. Thread-safe.
 *
 * Return: 0, or with nothing changed
 * -EINVAL (no size, an unknown flag, both sizes of huge pages, or no such node),
 * -ENOMEM (no memory, no huge pages, or RLIMIT_MEMLOCK),
 * -ENOBUFS (there is no such run of consecutive addresses),
 * -EMFILE, -ENFILE (too many files, for a shared allocation),
 * or an error of dmamem_register().
 */
int dmamem_alloc(struct dmamem_context *ctx, size_t size, uint64_t flags,
		 int node, void **addr);

/**
 * dmamem_free() - unregister memory and give it back
 * @ctx: the context
 * @addr: from dmamem_alloc() on @ctx, or NULL. No device may still use it.
 *
 * dmamem_close() does this for what is left. Memory that was unregistered by
 * hand is only freed by that. Thread-safe.
 *
 * Return: 0, or with nothing changed -EINVAL (@addr is not from dmamem_alloc(),
 * or was unregistered since), -ERANGE (only a part of it, or more, is one
 * registration now), -EIO (another process opened the context), -EDEADLK
 * (called from a notify callback).
 */
int dmamem_free(struct dmamem_context *ctx, void *addr);

/**
 * dmamem_get_file() - the file behind shared memory
 * @ctx: the context
 * @addr: any address in memory from dmamem_alloc() with DMAMEM_ALLOC_SHARED
 * @fd: the file. It belongs to @ctx and is closed by dmamem_free(): hand it on
 *      over a unix socket, or dup() it. It cannot shrink or grow.
 * @offset: of @addr in it
 *
 * A process that maps the file has the same pages. What it registers there with
 * a context of its own has the same addresses, if those are physical.
 * Thread-safe.
 *
 * Return: 0, or -EINVAL (@addr is not in memory from dmamem_alloc()),
 * -EOPNOTSUPP (the memory is not shared).
 */
int dmamem_get_file(struct dmamem_context *ctx, const void *addr, int *fd,
		    uint64_t *offset);

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

#ifdef __cplusplus
}
#endif

#endif
