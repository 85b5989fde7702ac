/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * PCI functions by sysfs. All return 0 or -errno.
 */
#ifndef DMAMEM_SELFTESTS_FUNCTION_H
#define DMAMEM_SELFTESTS_FUNCTION_H

#include <stddef.h>
#include <stdint.h>

/* Devices of QEMU that tests may do anything with */
#define FUNCTION_EDU 0x123411e8
#define FUNCTION_NVME 0x1b360010
#define FUNCTION_BRIDGE 0x1b36000c

#define FUNCTION_NAME 16

/* Name of the lowest function with that vendor and device id */
int function_find(uint32_t id, char bdf[FUNCTION_NAME]);

/* Bind to a driver; unbind from whatever it was bound to. NULL: to none */
int function_bind(const char *bdf, const char *driver);

int function_read_config(const char *bdf, unsigned int offset, void *data,
			 size_t length);
int function_write_config(const char *bdf, unsigned int offset,
			  const void *data, size_t length);

/* Turn memory decoding and bus mastering on or off */
int function_enable(const char *bdf, int on);

/* Does an IOMMU translate for it? */
int function_is_translated(const char *bdf);

/* Is bus mastering on? */
int function_is_master(const char *bdf);

/* Map BAR0; NULL on failure */
volatile void *function_map(const char *bdf, size_t length);

/* Write to an attribute of the function: "reset", "remove" */
int function_write(const char *bdf, const char *attribute, const char *text);

/* Stop the function, now that it can be, and give back what it keeps */
int function_release(const char *bdf);

/* Give it back although the function cannot be stopped */
int function_vouch(const char *bdf);

#endif
