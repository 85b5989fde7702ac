/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Registers of a mapped BAR, and the order of accesses to memory that a
 * device shares.
 */
#ifndef TOOLS_NVME_MMIO_H
#define TOOLS_NVME_MMIO_H

#include <endian.h>
#include <stdint.h>

static inline uint32_t mmio_read32(const volatile void *reg)
{
	return le32toh(*(const volatile uint32_t *)reg);
}

static inline void mmio_write32(volatile void *reg, uint32_t value)
{
	*(volatile uint32_t *)reg = htole32(value);
}

/* Two halves, low first: there are controllers that know no 64-bit accesses */
static inline uint64_t mmio_read64(const volatile void *reg)
{
	const volatile uint32_t *half = reg;
	uint64_t low = mmio_read32(half);

	return (uint64_t)mmio_read32(half + 1) << 32 | low;
}

static inline void mmio_write64(volatile void *reg, uint64_t value)
{
	volatile uint32_t *half = reg;

	mmio_write32(half, (uint32_t)value);
	mmio_write32(half + 1, (uint32_t)(value >> 32));
}

/*
 * On x86 the processor keeps ordinary memory accesses in the order needed here,
 * and only the compiler has to be told.
 */
#if defined(__x86_64__) || defined(__i386__)
#define NVME_WRITE_BARRIER ""
#define NVME_READ_BARRIER ""
#define NVME_RELAX "pause"
#elif defined(__aarch64__)
#define NVME_WRITE_BARRIER "dmb oshst"
#define NVME_READ_BARRIER "dmb oshld"
#define NVME_RELAX "yield"
#else
#error "the barriers between memory and device registers are not known"
#endif

/* What was written to memory before is seen before a register written after */
static inline void dma_wmb(void)
{
	__asm__ volatile(NVME_WRITE_BARRIER : : : "memory");
}

/* What is read from memory after is not older than what was read before */
static inline void dma_rmb(void)
{
	__asm__ volatile(NVME_READ_BARRIER : : : "memory");
}

static inline void cpu_relax(void)
{
	__asm__ volatile(NVME_RELAX : : : "memory");
}

#endif
