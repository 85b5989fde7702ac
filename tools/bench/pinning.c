// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The module's commands on one piece of memory.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "tools/bench/pinning.h"

int pinning_pin(void *arg)
{
	struct pinning *pinning = arg;

	pinning->pin = (struct dmamem_pin){
		.size = sizeof(pinning->pin),
		.flags = DMAMEM_PIN_WRITE,
		.addr = (uintptr_t)pinning->memory,
		.length = pinning->length,
	};
	return ioctl(pinning->fd, DMAMEM_PIN, &pinning->pin) ? -errno : 0;
}

int pinning_extents(void *arg)
{
	struct pinning *pinning = arg;
	struct dmamem_extents extents = {
		.size = sizeof(extents),
		.region = pinning->pin.region,
		.count = pinning->pin.nr_extents,
		.extents = (uintptr_t)pinning->extents,
	};

	return ioctl(pinning->fd, DMAMEM_EXTENTS, &extents) ? -errno : 0;
}

int pinning_verify(void *arg)
{
	struct pinning *pinning = arg;
	struct dmamem_verify verify = {
		.size = sizeof(verify),
		.region = pinning->pin.region,
		.length = pinning->length,
	};

	return ioctl(pinning->fd, DMAMEM_VERIFY, &verify) ? -errno : 0;
}

int pinning_unpin(void *arg)
{
	struct pinning *pinning = arg;
	struct dmamem_unpin unpin = {
		.size = sizeof(unpin),
		.region = pinning->pin.region,
	};

	return ioctl(pinning->fd, DMAMEM_UNPIN, &unpin) ? -errno : 0;
}
