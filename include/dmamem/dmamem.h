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
 * struct dmamem_options - how to open a context
 * @size: sizeof(struct dmamem_options)
 * @node: device file of the module; NULL is /dev/dmamem
 *
 * Zero every field that is not used.
 */
struct dmamem_options {
	size_t size;
	const char *node;
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
 */
void dmamem_close(struct dmamem_context *ctx);

#ifdef __cplusplus
}
#endif

#endif
