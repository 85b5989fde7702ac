/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Commands with a data pointer that the test has made itself.
 */
#ifndef DMAMEM_SELFTESTS_NVME_COMMAND_H
#define DMAMEM_SELFTESTS_NVME_COMMAND_H

#include <stdint.h>

#include "selftests/lib/nvme_rig.h"

/**
 * nvme_command_prp() - read or write by PRPs
 * @qpair: the queue pair
 * @ns: the namespace
 * @op: NVME_OP_READ or NVME_OP_WRITE
 * @lba: first block
 * @len: bytes, a multiple of the block size
 * @prp: the data pointer
 * @status: how the command ended
 *
 * Return: 0, also when the command failed; or an error as of nvme_wait().
 */
int nvme_command_prp(struct nvme_qpair *qpair, const struct nvme_namespace *ns,
		     enum nvme_op op, uint64_t lba, uint64_t len,
		     const struct dmamem_nvme_prp *prp, uint16_t *status);

/* The same by SGL */
int nvme_command_sgl(struct nvme_qpair *qpair, const struct nvme_namespace *ns,
		     enum nvme_op op, uint64_t lba, uint64_t len,
		     const struct dmamem_nvme_sgl *sgl, uint16_t *status);

/* SGLS of Identify Controller; 0 if it cannot be had */
uint32_t nvme_command_sgls(struct nvme_controller *ctrl);

#endif
