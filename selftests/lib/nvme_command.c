// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "selftests/lib/nvme_command.h"
#include "tools/nvme/admin.h"
#include "tools/nvme/queue.h"
#include "tools/nvme/spec.h"

static int run(struct nvme_qpair *qpair, const struct nvme_command *command,
	       uint16_t *status)
{
	struct nvme_waiter waiter = { 0 };
	const struct nvme_slot slot = {
		.done = nvme_waiter_done,
		.arg = &waiter,
	};
	int ret = nvme_queue_slot(qpair);

	if (ret < 0)
		return ret;
	nvme_queue_submit(qpair, command, &slot);
	ret = nvme_queue_wait(qpair, &waiter);
	if (ret && ret != -EIO)
		return ret;
	*status = waiter.result.status;
	return 0;
}

static struct nvme_command prepare(const struct nvme_namespace *ns,
				   enum nvme_op op, uint64_t lba, uint64_t len)
{
	uint32_t blocks = (uint32_t)(len >> ns->lba_shift);

	return (struct nvme_command){
		.opcode = op == NVME_OP_WRITE ? NVME_IO_WRITE : NVME_IO_READ,
		.nsid = htole32(ns->nsid),
		.cdw10 = htole32((uint32_t)lba),
		.cdw11 = htole32((uint32_t)(lba >> 32)),
		.cdw12 = htole32(blocks - 1),
	};
}

int nvme_command_prp(struct nvme_qpair *qpair, const struct nvme_namespace *ns,
		     enum nvme_op op, uint64_t lba, uint64_t len,
		     const struct dmamem_nvme_prp *prp, uint16_t *status)
{
	struct nvme_command command = prepare(ns, op, lba, len);

	command.prp1 = htole64(prp->prp1);
	command.prp2 = htole64(prp->prp2);
	return run(qpair, &command, status);
}

int nvme_command_sgl(struct nvme_qpair *qpair, const struct nvme_namespace *ns,
		     enum nvme_op op, uint64_t lba, uint64_t len,
		     const struct dmamem_nvme_sgl *sgl, uint16_t *status)
{
	struct nvme_command command = prepare(ns, op, lba, len);

	/* CDW0.PSDT, and SGL1 where PRP1 and PRP2 are otherwise */
	command.flags = (uint8_t)(sgl->psdt << 6);
	memcpy(&command.prp1, &sgl->sgl1, sizeof(sgl->sgl1));
	return run(qpair, &command, status);
}

uint32_t nvme_command_sgls(struct nvme_controller *ctrl)
{
	const struct nvme_id_controller *id;
	const void *data;

	if (nvme_admin_identify(ctrl, NVME_CNS_CONTROLLER, 0, &data))
		return 0;
	id = data;
	return le32toh(id->sgls);
}
