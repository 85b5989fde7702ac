/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The controller as the driver's own files see it.
 */
#ifndef TOOLS_NVME_CONTROLLER_H
#define TOOLS_NVME_CONTROLLER_H

#include <stdint.h>

#include "tools/nvme/memory.h"
#include "tools/nvme/nvme.h"
#include "tools/nvme/pci.h"

struct nvme_controller {
	struct dmamem_context *ctx;
	struct nvme_pci pci;
	uint64_t cap;
	struct nvme_info info;
	struct nvme_qpair *admin;
	struct nvme_memory identify;
	unsigned int nr_qpairs;
	struct nvme_qpair *qpairs[NVME_MAX_QPAIRS]; /* [i] has the id i + 1 */
};

/**
 * nvme_now_ms() - a clock that only goes forward
 *
 * Return: milliseconds.
 */
uint64_t nvme_now_ms(void);

/**
 * nvme_check_alive() - look at the controller's status
 * @ctrl: the controller, which was ready
 *
 * Return: 0, -ENODEV (its registers are gone), -ENOTRECOVERABLE (it reports a
 * fatal status), or -ECONNRESET (it is ready no more).
 */
int nvme_check_alive(const struct nvme_controller *ctrl);

#endif
