/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Handing registered memory over to another process, or to the program's next
 * start, with the same DMA addresses: devices go on using it meanwhile.
 */
#ifndef DMAMEM_HANDOVER_H
#define DMAMEM_HANDOVER_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/dmamem.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * dmamem_module_fd() - the file that holds what a context has pinned
 * @ctx: the context
 *
 * What is registered stays pinned until the last copy of this file is closed,
 * whichever process has it. Send it over a unix socket, together with the files
 * that the memory itself is in (see dmamem_get_file()) and what
 * dmamem_get_region() says of each registration. Then end the process, or go on
 * using the memory, but do not call dmamem_unregister(), dmamem_free() or
 * dmamem_close(): they would unpin it. It belongs to @ctx. Thread-safe.
 *
 * With the registrations stays pinned what the context has pinned for itself:
 * the DMA map's leaves, in blocks of 2 MiB, as many as the memory took that is
 * scattered. No other process can adopt or unpin them; they count until the last
 * copy of the file is closed.
 *
 * Return: a file descriptor, or -EOPNOTSUPP (the provider is not "kmod").
 */
int dmamem_module_fd(struct dmamem_context *ctx);

/**
 * dmamem_get_region() - what a registration is called in another process
 * @ctx: the context
 * @addr: any address in the registration
 * @region: its name for dmamem_adopt(), as long as it is registered
 * @offset: of @addr in the registration, bytes
 * @len: of the whole registration, bytes
 *
 * Thread-safe; the memory must stay registered meanwhile.
 *
 * Return: 0, or with nothing changed -EINVAL (nothing is registered at @addr),
 * -EOPNOTSUPP (the provider is not "kmod").
 */
int dmamem_get_region(struct dmamem_context *ctx, const void *addr,
		      uint64_t *region, uint64_t *offset, uint64_t *len);

/**
 * dmamem_adopt() - register memory that another process has pinned
 * @ctx: a context that was opened with DMAMEM_OPEN_MODULE_FD
 * @addr: where this process has mapped the memory; a multiple of 4 KiB (and of
 *        the kernel's page size)
 * @len: of the whole registration, from dmamem_get_region() in that process
 * @region: from dmamem_get_region() in that process
 *
 * It is registered from then on, with the DMA addresses that it had there:
 * nothing is pinned, and no device notices. dmamem_unregister() and
 * dmamem_close() unpin it, also for the other process.
 *
 * The caller sees to it that the same file is mapped at @addr, from the offset
 * on that is the registration's first byte: nobody can check that. Private
 * memory cannot be handed over.
 *
 * New memory cannot be registered with @ctx (-EIO): the kernel pins only for the
 * process that opened the file. Open another context for it. Thread-safe.
 *
 * Return: 0, or with nothing changed
 * -EINVAL (misaligned, empty or wrapping range, one that ends beyond 48 bits,
 * @len is not the region's length, or @ctx was opened without
 * DMAMEM_OPEN_MODULE_FD),
 * -ENOENT (there is no such region),
 * -EBUSY (part of the range is registered already, or @region is adopted
 * already),
 * -ERANGE (a run of its addresses is not one that the device can use, see
 * struct dmamem_options),
 * -EPERM (its addresses are physical, and the caller may not have them),
 * -EOPNOTSUPP (the provider is not "kmod"),
 * -EIO (in the child of a fork()),
 * -ENOMEM, -EDEADLK (called from a notify callback),
 * or whatever a notify callback refused with.
 */
int dmamem_adopt(struct dmamem_context *ctx, void *addr, size_t len,
		 uint64_t region);

#ifdef __cplusplus
}
#endif

#endif
