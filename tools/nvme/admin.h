/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Admin commands. Each waits for its completion, and returns 0, -EIO (the
 * controller refused it), or an error as of nvme_wait().
 */
#ifndef TOOLS_NVME_ADMIN_H
#define TOOLS_NVME_ADMIN_H

#include "tools/nvme/controller.h"
#include "tools/nvme/spec.h"

/**
 * nvme_admin_identify() - ask for a data structure
 * @ctrl: the controller
 * @cns: which
 * @nsid: of which namespace, or 0
 * @data: where it is, until the next call
 */
int nvme_admin_identify(struct nvme_controller *ctrl, enum nvme_cns cns,
			uint32_t nsid, const void **data);

/**
 * nvme_admin_request_queues() - agree on the number of I/O queue pairs
 * @ctrl: the controller
 * @wanted: how many would be good, not 0
 * @granted: how many of them may be created
 */
int nvme_admin_request_queues(struct nvme_controller *ctrl,
			      unsigned int wanted, unsigned int *granted);

/**
 * nvme_admin_create_queues() - tell the controller of an I/O queue pair
 * @ctrl: the controller
 * @qpair: the queues
 *
 * After -EIO the controller has neither of them; after another error it may.
 */
int nvme_admin_create_queues(struct nvme_controller *ctrl,
			     const struct nvme_qpair *qpair);

/**
 * nvme_admin_delete_queues() - have the controller forget an I/O queue pair
 * @ctrl: the controller
 * @qpair: the queues
 */
int nvme_admin_delete_queues(struct nvme_controller *ctrl,
			     const struct nvme_qpair *qpair);

#endif
