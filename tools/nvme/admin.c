// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Admin commands: Identify, features, I/O queues.
 */
#include <endian.h>
#include <errno.h>

#include "tools/nvme/admin.h"
#include "tools/nvme/queue.h"

static int execute(struct nvme_controller *ctrl,
		   const struct nvme_command *command, uint32_t *dw0)
{
	struct nvme_waiter waiter = { 0 };
	struct nvme_slot slot = { .done = nvme_waiter_done, .arg = &waiter };
	int ret;

	ret = nvme_queue_slot(ctrl->admin);
	if (ret < 0)
		return ret;
	nvme_queue_submit(ctrl->admin, command, &slot);
	ret = nvme_queue_wait(ctrl->admin, &waiter);
	if (!ret && dw0)
		*dw0 = waiter.result.dw0;
	return ret;
}

int nvme_admin_identify(struct nvme_controller *ctrl, enum nvme_cns cns,
			uint32_t nsid, const void **data)
{
	struct nvme_command command = {
		.opcode = NVME_ADMIN_IDENTIFY,
		.nsid = htole32(nsid),
		.cdw10 = htole32(cns),
	};
	uint64_t dma_addr;

	*data = nvme_memory_page(&ctrl->identify, 0, &dma_addr);
	command.prp1 = htole64(dma_addr);
	return execute(ctrl, &command, NULL);
}

int nvme_admin_request_queues(struct nvme_controller *ctrl,
			      unsigned int wanted, unsigned int *granted)
{
	const struct nvme_command command = {
		.opcode = NVME_ADMIN_SET_FEATURES,
		.cdw10 = htole32(NVME_FEATURE_NR_QUEUES),
		.cdw11 = htole32((wanted - 1) << 16 | (wanted - 1)),
	};
	uint32_t nr_sq, nr_cq, answer;
	int ret;

	ret = execute(ctrl, &command, &answer);
	if (ret)
		return ret;
	nr_sq = (answer & 0xffff) + 1;
	nr_cq = (answer >> 16) + 1;
	*granted = nr_sq < nr_cq ? nr_sq : nr_cq;
	if (*granted > wanted)
		*granted = wanted;
	return 0;
}

static int create_cq(struct nvme_controller *ctrl, const struct nvme_qpair *q)
{
	const struct nvme_command command = {
		.opcode = NVME_ADMIN_CREATE_CQ,
		.prp1 = htole64(q->cq_dma),
		.cdw10 = htole32(q->depth << 16 | q->qid),
		.cdw11 = htole32(NVME_QUEUE_CONTIGUOUS),
	};

	return execute(ctrl, &command, NULL);
}

static int create_sq(struct nvme_controller *ctrl, const struct nvme_qpair *q)
{
	const struct nvme_command command = {
		.opcode = NVME_ADMIN_CREATE_SQ,
		.prp1 = htole64(q->sq_dma),
		.cdw10 = htole32(q->depth << 16 | q->qid),
		.cdw11 = htole32(q->qid << 16 | NVME_QUEUE_CONTIGUOUS),
	};

	return execute(ctrl, &command, NULL);
}

static int delete_queue(struct nvme_controller *ctrl,
			enum nvme_admin_opcode opcode, unsigned int qid)
{
	const struct nvme_command command = {
		.opcode = opcode,
		.cdw10 = htole32(qid),
	};

	return execute(ctrl, &command, NULL);
}

int nvme_admin_create_queues(struct nvme_controller *ctrl,
			     const struct nvme_qpair *q)
{
	int ret;

	ret = create_cq(ctrl, q);
	if (ret)
		return ret;
	ret = create_sq(ctrl, q);
	if (ret && delete_queue(ctrl, NVME_ADMIN_DELETE_CQ, q->qid))
		return -EPROTO;
	return ret;
}

int nvme_admin_delete_queues(struct nvme_controller *ctrl,
			     const struct nvme_qpair *q)
{
	int ret;

	ret = delete_queue(ctrl, NVME_ADMIN_DELETE_SQ, q->qid);
	return ret ? ret : delete_queue(ctrl, NVME_ADMIN_DELETE_CQ, q->qid);
}
