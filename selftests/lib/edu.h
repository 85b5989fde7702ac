/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * QEMU's edu device: a DMA engine with a buffer of 4 KiB and no reset method.
 */
#ifndef DMAMEM_SELFTESTS_EDU_H
#define DMAMEM_SELFTESTS_EDU_H

#include <stdbool.h>
#include <stdint.h>

/* The most to transfer: QEMU 7.2 aborts when the last byte is reached */
#define EDU_BYTES 2048

struct edu {
	char bdf[16];
	volatile uint32_t *bar;
};

#define EDU_BAR_BYTES 0x100000

/* Find the device and bind it to @driver (NULL: none); 0 or -errno */
int edu_bind(struct edu *edu, const char *driver);

/* The same, and map its registers */
int edu_open(struct edu *edu, const char *driver);

/* Start a transfer of up to EDU_BYTES; it happens 100 ms later */
void edu_start(struct edu *edu, uint64_t dma_addr, uint32_t length,
	       bool to_memory);

/* Wait for its end; -ETIMEDOUT after two seconds */
int edu_wait(struct edu *edu);

int edu_read(struct edu *edu, uint64_t dma_addr, uint32_t length);
int edu_write(struct edu *edu, uint64_t dma_addr, uint32_t length);

#endif
