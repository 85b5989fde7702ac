// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "selftests/lib/uapi.h"

static int call(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? -errno : 0;
}

int uapi_open(const char *bdf)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/dmamem%s%s", bdf ? "-" : "",
		 bdf ? bdf : "");
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int uapi_info(int fd, struct dmamem_info *info)
{
	*info = (struct dmamem_info){ .size = sizeof(*info) };
	return call(fd, DMAMEM_INFO, info);
}

int uapi_pin(int fd, const void *addr, size_t length, uint32_t flags,
	     struct dmamem_pin *pin)
{
	struct dmamem_pin own;

	if (!pin)
		pin = &own;
	*pin = (struct dmamem_pin){
		.size = sizeof(*pin),
		.flags = flags,
		.addr = (uintptr_t)addr,
		.length = length,
	};
	return call(fd, DMAMEM_PIN, pin);
}

int uapi_pin_id(int fd, const void *addr, size_t length, uint32_t flags)
{
	struct dmamem_pin pin;
	int ret = uapi_pin(fd, addr, length, flags, &pin);

	return ret ? ret : (int)pin.region;
}

int uapi_extents(int fd, uint32_t region, uint64_t offset,
		 struct dmamem_extent *extents, uint32_t *count)
{
	struct dmamem_extents arg = {
		.size = sizeof(arg),
		.region = region,
		.count = *count,
		.offset = offset,
		.extents = (uintptr_t)extents,
	};
	int ret = call(fd, DMAMEM_EXTENTS, &arg);

	*count = arg.count;
	return ret;
}

uint64_t uapi_dma_addr(int fd, uint32_t region, uint64_t offset)
{
	struct dmamem_extent extent;
	uint32_t count = 1;

	if (uapi_extents(fd, region, offset, &extent, &count))
		return 0;
	return extent.dma_addr;
}

int uapi_unpin(int fd, uint32_t region)
{
	struct dmamem_unpin arg = { .size = sizeof(arg), .region = region };

	return call(fd, DMAMEM_UNPIN, &arg);
}

int uapi_verify(int fd, uint32_t region, uint64_t offset, uint64_t length,
		uint64_t *stale)
{
	struct dmamem_verify arg = {
		.size = sizeof(arg),
		.region = region,
		.offset = offset,
		.length = length,
	};
	int ret = call(fd, DMAMEM_VERIFY, &arg);

	if (stale)
		*stale = arg.offset;
	return ret;
}

int uapi_guard(int fd, const char *bdf)
{
	struct dmamem_guard arg = { .size = sizeof(arg) };

	if (sscanf(bdf, "%x:%x:%x.%x", &arg.domain, &arg.bus, &arg.device,
		   &arg.function) != 4)
		return -EINVAL;
	return call(fd, DMAMEM_GUARD, &arg);
}
