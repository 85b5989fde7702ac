/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Ask a builder for a transfer, and judge what comes of it: success or error,
 * the memory that it means, what was written, and what was counted.
 */
#ifndef DMAMEM_SELFTESTS_NVME_JUDGE_H
#define DMAMEM_SELFTESTS_NVME_JUDGE_H

#include "selftests/lib/nvme_layout.h"
#include "selftests/lib/nvme_model.h"

/**
 * enum nvme_outcome - how it went
 * @NVME_NO_DATA: as it should: there was nothing to transfer
 * @NVME_ONE: as it should: one entry or descriptor
 * @NVME_TWO: as it should: two PRP entries in the command
 * @NVME_LIST: as it should: one list page or segment
 * @NVME_CHAIN: as it should: several
 * @NVME_RESIDENT: as it should: PRP2 points into a leaf
 * @NVME_FAULT: EFAULT, rightly
 * @NVME_INVALID: EINVAL, rightly
 * @NVME_RANGE: ERANGE, rightly
 * @NVME_TOO_BIG: E2BIG, rightly
 * @NVME_NR_OUTCOMES: their number
 * @NVME_WRONG: anything else
 */
enum nvme_outcome {
	NVME_NO_DATA,
	NVME_ONE,
	NVME_TWO,
	NVME_LIST,
	NVME_CHAIN,
	NVME_RESIDENT,
	NVME_FAULT,
	NVME_INVALID,
	NVME_RANGE,
	NVME_TOO_BIG,
	NVME_NR_OUTCOMES,
	NVME_WRONG,
};

enum nvme_outcome nvme_judge_prp(const struct nvme_model *model,
				 const struct nvme_transfer *transfer);

/* @segment_size: for the SGL builder; the transfer's page size is not used */
enum nvme_outcome nvme_judge_sgl(const struct nvme_model *model,
				 const struct nvme_transfer *transfer,
				 unsigned int segment_size);

#endif
