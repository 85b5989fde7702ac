/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The module's ioctls as functions, without the library in between. All return
 * 0 or -errno.
 */
#ifndef DMAMEM_SELFTESTS_UAPI_H
#define DMAMEM_SELFTESTS_UAPI_H

#include <stddef.h>
#include <stdint.h>

#include <linux/dmamem.h>

/* What any of them takes; the second field is everywhere the flags */
union uapi_arg {
	struct dmamem_info info;
	struct dmamem_pin pin;
	struct dmamem_extents extents;
	struct dmamem_unpin unpin;
	struct dmamem_verify verify;
	struct dmamem_guard guard;
};

/* Open /dev/dmamem, or the node of the function @bdf if that is not NULL */
int uapi_open(const char *bdf);

int uapi_info(int fd, struct dmamem_info *info);

/* @pin may be NULL */
int uapi_pin(int fd, const void *addr, size_t length, uint32_t flags,
	     struct dmamem_pin *pin);

/* The region's id, or -errno */
int uapi_pin_id(int fd, const void *addr, size_t length, uint32_t flags);

int uapi_extents(int fd, uint32_t region, uint64_t offset,
		 struct dmamem_extent *extents, uint32_t *count);

/* Where a device finds a byte of a region; 0 on failure */
uint64_t uapi_dma_addr(int fd, uint32_t region, uint64_t offset);

int uapi_unpin(int fd, uint32_t region);

/* @stale: the first offset that differs; may be NULL */
int uapi_verify(int fd, uint32_t region, uint64_t offset, uint64_t length,
		uint64_t *stale);

/* @bdf: "0000:00:05.0" */
int uapi_guard(int fd, const char *bdf);

#endif
