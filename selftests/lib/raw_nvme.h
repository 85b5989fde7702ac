/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The least of NVMe that makes a controller write to memory for a long time:
 * one queue pair on addresses straight from the module's ioctls.
 */
#ifndef DMAMEM_SELFTESTS_RAW_NVME_H
#define DMAMEM_SELFTESTS_RAW_NVME_H

#include <stdint.h>

struct raw_nvme {
	char bdf[16];
	volatile uint32_t *bar;
	char *queues;
	uint64_t dma[4];
	unsigned int tail[2];
	unsigned int head[2];
};

/* Find QEMU's controller, bind it to @driver (NULL: none) and map it */
int raw_nvme_open(struct raw_nvme *nvme, const char *driver);

/* Bring it up, with queues pinned through @fd; 0 or -errno */
int raw_nvme_start(struct raw_nvme *nvme, int fd);

/* Queue a read of two pages, up to 60 of them; does not wait */
void raw_nvme_read(struct raw_nvme *nvme, uint64_t lba, uint64_t page1,
		   uint64_t page2);

/* Reads that have completed since the last call */
int raw_nvme_completed(struct raw_nvme *nvme);

#endif
