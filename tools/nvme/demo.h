/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The demonstration: what its parts share.
 */
#ifndef TOOLS_NVME_DEMO_H
#define TOOLS_NVME_DEMO_H

#include <stddef.h>
#include <stdint.h>

#include <dmamem/memory.h>

#include "tools/nvme/nvme.h"

#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)
#define DEMO_PAGE KIB(4)
#define DEMO_GUARD_BYTE 0xa5
#define DEMO_TRANSFERS 7
#define DEMO_DISK_END 0xc00000

/**
 * struct demo_transfer - what is moved
 * @label: its length, in words
 * @len: bytes
 * @offset: in a page, of the first one
 * @disk: byte of the disk
 */
struct demo_transfer {
	const char *label;
	size_t len;
	size_t offset;
	uint64_t disk;
};

/* In the order of the disk; scripts/demo-check has its own copy */
extern const struct demo_transfer demo_transfers[DEMO_TRANSFERS];

/* A transfer's memory, between guard bytes */
struct demo_buffer {
	unsigned char *start;
	unsigned char *data;
	unsigned char *data_end;
	unsigned char *end;
};

struct demo {
	const char *bdf;
	uint64_t seed;
	char why[256];
	struct dmamem_context *ctx;
	struct nvme_controller *ctrl;
	struct nvme_namespace ns;
	struct nvme_qpair *qpair;
	unsigned char *memory;
	size_t nr_pages;
	struct demo_buffer from[DEMO_TRANSFERS];
	struct demo_buffer to[DEMO_TRANSFERS];
};

/* Each returns 0, or -1 when it has said what is wrong */

/* Scattered pages, registered, with a buffer to write and one to read into */
int demo_make_memory(struct demo *d);

/* Write, read back, compare, for each transfer */
int demo_run_transfers(struct demo *d);

/* Controller, machine, memory and its addresses */
void demo_show(const struct demo *d);

/* DMA address of a byte, for messages */
static inline unsigned long long demo_dma_address(const struct demo *d,
						  const void *va)
{
	return dmamem_translate(d->ctx, va, NULL);
}

#endif
