// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * I/O queue pairs and the commands on them.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include <dmamem/memory.h>

#include "tools/nvme/admin.h"
#include "tools/nvme/queue.h"

#define MAX_BLOCKS 65536
#define SEGMENT_SIZE (NVME_PAGE_SIZE / sizeof(struct dmamem_nvme_sgl_descriptor))

static int free_qid(const struct nvme_controller *ctrl)
{
	unsigned int i;

	for (i = 0; i < ctrl->nr_qpairs; i++)
		if (!ctrl->qpairs[i])
			return i + 1;
	return -ENOSPC;
}

/* The worst start is the last dword of a page, the worst memory all 4 KiB */
static size_t list_pages(const struct nvme_controller *ctrl,
			 size_t max_transfer)
{
	size_t for_prps = dmamem_nvme_prp_pages(NVME_PAGE_SIZE - 4,
						max_transfer, NVME_PAGE_SHIFT);
	/* In each segment but the last, one descriptor is for the next */
	size_t pieces = max_transfer / NVME_PAGE_SIZE + 2;
	size_t for_sgls = (pieces + SEGMENT_SIZE - 3) / (SEGMENT_SIZE - 1);

	if (!ctrl->info.sgls || for_sgls < for_prps)
		return for_prps;
	return for_sgls;
}

int nvme_qpair_create(struct nvme_controller *ctrl, unsigned int depth,
		      size_t max_transfer, struct nvme_qpair **qpair)
{
	struct nvme_qpair *q;
	int qid, ret;

	if (!depth || depth > NVME_MAX_DEPTH ||
	    depth >= ctrl->info.max_queue_entries)
		return -EINVAL;
	if (max_transfer > ctrl->info.max_transfer || max_transfer > UINT32_MAX)
		return -E2BIG;
	qid = free_qid(ctrl);
	if (qid < 0)
		return qid;

	ret = nvme_queue_create(ctrl, qid, depth,
				list_pages(ctrl, max_transfer), &q);
	if (ret)
		return ret;
	q->max_transfer = max_transfer;
	ret = nvme_admin_create_queues(ctrl, q);
	if (ret == -EIO) {
		nvme_queue_destroy(q);
		return ret;
	}
	/* Whatever else went wrong, the controller may be using the queues */
	ctrl->qpairs[qid - 1] = q;
	if (!ret)
		*qpair = q;
	return ret;
}

int nvme_qpair_free(struct nvme_qpair *q)
{
	struct nvme_controller *ctrl = q->ctrl;
	int ret;

	if (q->in_flight)
		return -EBUSY;
	ret = nvme_admin_delete_queues(ctrl, q);
	if (ret)
		return ret;
	ctrl->qpairs[q->qid - 1] = NULL;
	nvme_queue_destroy(q);
	return 0;
}

static int data_length(const struct nvme_qpair *q, const struct nvme_io *io,
		       size_t *len)
{
	size_t lba_size = (size_t)1 << io->ns->lba_shift;
	unsigned int i;

	*len = 0;
	for (i = 0; i < io->nr_iov; i++) {
		if (io->iov[i].iov_len > q->max_transfer - *len)
			return -E2BIG;
		*len += io->iov[i].iov_len;
	}
	if (*len >> io->ns->lba_shift > MAX_BLOCKS)
		return -E2BIG;
	return *len && !(*len & (lba_size - 1)) ? 0 : -EINVAL;
}

static const struct dmamem_map *map_of(const struct nvme_qpair *q,
				       const struct nvme_io *io)
{
	return io->map ? io->map : dmamem_dma_map(q->ctrl->ctx);
}

static int add_prps(struct nvme_qpair *q, const struct nvme_io *io,
		    unsigned int slot, struct dmamem_nvme_prp *prp,
		    struct nvme_command *command)
{
	const struct dmamem_nvme_prp_builder builder = {
		.map = map_of(q, io),
		.mps_shift = NVME_PAGE_SHIFT,
		.nr_pages = q->pages_per_slot,
		.pages = q->pages + (size_t)slot * q->pages_per_slot,
	};
	int ret;

	ret = dmamem_nvme_prp_build(&builder, io->iov, io->nr_iov, prp, NULL);
	if (ret)
		return ret;
	command->prp1 = htole64(prp->prp1);
	command->prp2 = htole64(prp->prp2);
	return 0;
}

static int add_sgl(struct nvme_qpair *q, const struct nvme_io *io,
		   unsigned int slot, struct nvme_command *command)
{
	const struct dmamem_nvme_sgl_builder builder = {
		.map = map_of(q, io),
		.sgls = q->ctrl->info.sgls,
		.segment_size = SEGMENT_SIZE,
		.nr_segments = q->pages_per_slot,
		.segments = q->segments + (size_t)slot * q->pages_per_slot,
	};
	unsigned int flags = io->op == NVME_OP_READ ? DMAMEM_NVME_SGL_READ : 0;
	struct dmamem_nvme_sgl sgl;
	int ret;

	ret = dmamem_nvme_sgl_build(&builder, io->iov, io->nr_iov, flags, &sgl,
				    NULL);
	if (ret)
		return ret;
	command->sgl1 = sgl.sgl1;
	command->flags = NVME_FLAGS_PSDT(sgl.psdt);
	return 0;
}

static int add_data(struct nvme_qpair *q, const struct nvme_io *io,
		    unsigned int slot, struct dmamem_nvme_prp *prp,
		    struct nvme_command *command)
{
	size_t len;
	int ret;

	ret = data_length(q, io, &len);
	if (ret)
		return ret;
	if (io->pointers == NVME_SGLS)
		ret = add_sgl(q, io, slot, command);
	else
		ret = add_prps(q, io, slot, prp, command);
	if (ret)
		return ret;

	command->cdw10 = htole32((uint32_t)io->lba);
	command->cdw11 = htole32((uint32_t)(io->lba >> 32));
	command->cdw12 = htole32((uint32_t)((len >> io->ns->lba_shift) - 1));
	return 0;
}

int nvme_submit(struct nvme_qpair *q, const struct nvme_io *io)
{
	static const uint8_t opcode[] = {
		[NVME_OP_FLUSH] = NVME_IO_FLUSH,
		[NVME_OP_WRITE] = NVME_IO_WRITE,
		[NVME_OP_READ] = NVME_IO_READ,
	};
	struct nvme_slot slot = { .done = io->done, .arg = io->arg };
	struct nvme_command command = { .nsid = htole32(io->ns->nsid) };
	int index, ret;

	if ((unsigned int)io->op >= sizeof(opcode))
		return -EINVAL;
	index = nvme_queue_slot(q);
	if (index < 0)
		return index;

	command.opcode = opcode[io->op];
	if (io->op != NVME_OP_FLUSH) {
		ret = add_data(q, io, index, &slot.prp, &command);
		if (ret)
			return ret;
	}
	nvme_queue_submit(q, &command, &slot);
	return 0;
}

int nvme_transfer(struct nvme_qpair *q, const struct nvme_io *io,
		  struct nvme_result *result)
{
	struct nvme_waiter waiter = { 0 };
	struct nvme_io waited = *io;
	int ret;

	waited.done = nvme_waiter_done;
	waited.arg = &waiter;
	ret = nvme_submit(q, &waited);
	if (ret)
		return ret;
	ret = nvme_queue_wait(q, &waiter);
	if (result)
		*result = waiter.result;
	return ret;
}
