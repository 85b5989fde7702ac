// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <unistd.h>

#include "selftests/lib/edu.h"
#include "selftests/lib/function.h"

#define BUFFER 0x40000

/* Registers, in units of 32 bits */
#define DMA_SOURCE (0x80 / 4)
#define DMA_DESTINATION (0x88 / 4)
#define DMA_COUNT (0x90 / 4)
#define DMA_COMMAND (0x98 / 4)
#define DMA_RUN 1
#define DMA_TO_MEMORY 2

int edu_bind(struct edu *edu, const char *driver)
{
	int ret = function_find(FUNCTION_EDU, edu->bdf);

	return ret ? ret : function_bind(edu->bdf, driver);
}

int edu_open(struct edu *edu, const char *driver)
{
	int ret;

	ret = edu_bind(edu, driver);
	if (!ret)
		ret = function_enable(edu->bdf, 1);
	if (ret)
		return ret;
	edu->bar = function_map(edu->bdf, EDU_BAR_BYTES);
	return edu->bar ? 0 : -EIO;
}

/* Registers of 64 bits take accesses of 64 bits only */
static void write64(struct edu *edu, unsigned int reg, uint64_t value)
{
	*(volatile uint64_t *)&edu->bar[reg] = value;
}

static uint64_t read64(struct edu *edu, unsigned int reg)
{
	return *(volatile uint64_t *)&edu->bar[reg];
}

void edu_start(struct edu *edu, uint64_t dma_addr, uint32_t length,
	       bool to_memory)
{
	write64(edu, DMA_SOURCE, to_memory ? BUFFER : dma_addr);
	write64(edu, DMA_DESTINATION, to_memory ? dma_addr : BUFFER);
	write64(edu, DMA_COUNT, length);
	write64(edu, DMA_COMMAND, DMA_RUN | (to_memory ? DMA_TO_MEMORY : 0));
}

int edu_wait(struct edu *edu)
{
	int tries;

	for (tries = 0; tries < 200; tries++) {
		if (!(read64(edu, DMA_COMMAND) & DMA_RUN))
			return 0;
		usleep(10000);
	}
	return -ETIMEDOUT;
}

int edu_read(struct edu *edu, uint64_t dma_addr, uint32_t length)
{
	edu_start(edu, dma_addr, length, false);
	return edu_wait(edu);
}

int edu_write(struct edu *edu, uint64_t dma_addr, uint32_t length)
{
	edu_start(edu, dma_addr, length, true);
	return edu_wait(edu);
}
