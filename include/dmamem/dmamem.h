/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The context: where DMA addresses come from. Everything else hangs off it.
 */
#ifndef DMAMEM_DMAMEM_H
#define DMAMEM_DMAMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmamem_context;

/**
 * enum dmamem_open_flags - flags of struct dmamem_options
 * @DMAMEM_OPEN_RESIDENT_LISTS: keep an NVMe PRP list for all registered memory,
 *                              so that transfers of several pages need none to
 *                              be built. 4 KiB, pinned, for every 2 MiB that
 *                              have anything registered.
 */
enum dmamem_open_flags {
	DMAMEM_OPEN_RESIDENT_LISTS = 1 << 0,
};

/**
 * struct dmamem_options - how to open a context
 * @size: sizeof(struct dmamem_options)
 * @node: device file of the module; NULL is /dev/dmamem
 * @flags: enum dmamem_open_flags
 *
 * Zero every field that is not used.
 */
struct dmamem_options {
	size_t size;
	const char *node;
	uint64_t flags;
};

/**
 * dmamem_open() - open a context
 * @options: NULL for the defaults
 * @ctx: the new context, unchanged on failure
 *
 * Return: 0, or
 * -EINVAL (@options has a size or a field that this version does not know),
 * -ENOENT (the module is not loaded: there is no such device file),
 * -EACCES (no permission to open the device file),
 * -EPERM (physical addresses need CAP_SYS_RAWIO),
 * -EBUSY (another process has the PCI function open),
 * -EPROTONOSUPPORT (the module is too old for this library),
 * -ENOMEM.
 */
int dmamem_open(const struct dmamem_options *options,
		struct dmamem_context **ctx);

/**
 * dmamem_close() - release every registration, then the context itself
 * @ctx: from dmamem_open(), or NULL. No device may still use its memory, and
 *       no other thread may still use @ctx.
 *
 * Notify callbacks are told of every registration that goes, in address order.
 *
 * Return: 0, or -EDEADLK with nothing changed (called from a notify callback).
 */
int dmamem_close(struct dmamem_context *ctx);

/**
 * dmamem_explain() - why the last failed call on a context failed, in words
 * @ctx: the context
 * @text: where the words go, terminated, cut off if need be
 * @size: bytes at @text; 0 if only the length is wanted
 *
 * One line without an end of line, for people; it may change with any version.
 * Thread-safe, also from a notify callback; what it tells of is the last
 * failure of any thread.
 *
 * Return: length of the whole text, 0 if no call has failed.
 */
size_t dmamem_explain(struct dmamem_context *ctx, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
