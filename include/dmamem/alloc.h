/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Allocation: memory made for devices, registered from the start.
 */
#ifndef DMAMEM_ALLOC_H
#define DMAMEM_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/memory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** DMAMEM_ANY_NODE - memory of whatever NUMA node the kernel takes */
#define DMAMEM_ANY_NODE (-1)

/**
 * enum dmamem_alloc_flags - flags of dmamem_alloc()
 * @DMAMEM_ALLOC_CONTIGUOUS: consecutive for the device, as queues and
 *                           descriptor rings must be. Where nothing translates
 *                           this takes whole huge pages of 2 MiB, and if it is
 *                           longer than one, such as follow each other by
 *                           chance: to find them, twice as much and 64 MiB are
 *                           taken for a moment, if so much is free.
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

#ifdef __cplusplus
}
#endif

#endif
