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
 * Return: 0, or with nothing changed
 * -EINVAL (misaligned, empty or wrapping range),
 * -ERANGE (the range ends beyond 48 bits),
 * -EBUSY (part of the range is registered already),
 * -EFAULT (part of the range is not mapped, or not writable),
 * -EOPNOTSUPP (part of the range is a file mapping that cannot be pinned),
 * -ENOMEM (no memory, or RLIMIT_MEMLOCK),
 * -EINTR (a fatal signal),
 * -ENODEV (the PCI function is gone),
 * or whatever a notify callback refused with.
 */
int dmamem_register(struct dmamem_context *ctx, void *addr, size_t len);

/**
 * dmamem_unregister() - take memory out of the maps and unpin it
 * @ctx: the context
 * @addr: first byte of a registration
 * @len: bytes up to the end of that registration, or of one that follows it
 *       without a gap
 *
 * The caller has made sure that no device uses the memory any more. Thread-safe.
 *
 * Return: 0, or with nothing changed
 * -EINVAL (misaligned or empty range, or nothing is registered at some part
 * of it),
 * -ERANGE (the range starts or ends inside a registration).
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
static inline uint64_t dmamem_translate(const struct dmamem_context *ctx,
					const void *addr, uint64_t *len)
{
	return dmamem_map_translate(dmamem_dma_map(ctx),
				    (uint64_t)(uintptr_t)addr, len);
}

#ifdef __cplusplus
}
#endif

#endif
