/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the NVMe Base Specification 2.0 and the NVM Command Set Specification
 * 1.0 lay down, as far as this driver uses it. Multi-byte fields are
 * little-endian, in memory and in registers.
 */
#ifndef TOOLS_NVME_SPEC_H
#define TOOLS_NVME_SPEC_H

#include <assert.h>
#include <stdint.h>

#include <dmamem/nvme.h>

/* PCI class code: mass storage, non-volatile memory, NVM Express */
#define NVME_PCI_CLASS 0x010802

/* Controller properties, "Controller Properties" */
#define NVME_REG_CAP 0x00
#define NVME_REG_CC 0x14
#define NVME_REG_CSTS 0x1c
#define NVME_REG_AQA 0x24
#define NVME_REG_ASQ 0x28
#define NVME_REG_ACQ 0x30
#define NVME_REG_DOORBELLS 0x1000

#define NVME_CAP_MQES(cap) ((unsigned int)((cap) & 0xffff) + 1)
#define NVME_CAP_TIMEOUT_MS(cap) ((unsigned int)((cap) >> 24 & 0xff) * 500)
#define NVME_CAP_DSTRD(cap) ((unsigned int)((cap) >> 32 & 0xf))
#define NVME_CAP_CSS_NVM(cap) ((cap) >> 37 & 1)
#define NVME_CAP_MPSMIN(cap) ((unsigned int)((cap) >> 48 & 0xf))

#define NVME_CC_EN 0x1u
#define NVME_CC_SHN_MASK (0x3u << 14)
#define NVME_CC_SHN_NORMAL (0x1u << 14)
#define NVME_CC_IOSQES(shift) ((uint32_t)(shift) << 16)
#define NVME_CC_IOCQES(shift) ((uint32_t)(shift) << 20)

#define NVME_CSTS_RDY 0x1u
#define NVME_CSTS_CFS 0x2u
#define NVME_CSTS_SHST_MASK (0x3u << 2)
#define NVME_CSTS_SHST_DONE (0x2u << 2)

/* An entry of a submission queue, "Submission Queue Entry" */
struct nvme_command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t cid;
	uint32_t nsid;
	uint32_t cdw2;
	uint32_t cdw3;
	uint64_t mptr;
	union {
		struct {
			uint64_t prp1;
			uint64_t prp2;
		};
		struct dmamem_nvme_sgl_descriptor sgl1;
	};
	uint32_t cdw10;
	uint32_t cdw11;
	uint32_t cdw12;
	uint32_t cdw13;
	uint32_t cdw14;
	uint32_t cdw15;
};

#define NVME_SQE_SHIFT 6
static_assert(sizeof(struct nvme_command) == 1 << NVME_SQE_SHIFT,
	      "a submission queue entry is 64 bytes");

/* An entry of a completion queue, "Common Completion Queue Entry" */
struct nvme_completion {
	uint32_t dw0;
	uint32_t dw1;
	uint16_t sq_head;
	uint16_t sq_id;
	uint16_t cid;
	uint16_t status; /* bit 0 is the phase tag, the rest the status field */
};

#define NVME_CQE_SHIFT 4
static_assert(sizeof(struct nvme_completion) == 1 << NVME_CQE_SHIFT,
	      "a completion queue entry is 16 bytes");

enum nvme_admin_opcode {
	NVME_ADMIN_DELETE_SQ = 0x00,
	NVME_ADMIN_CREATE_SQ = 0x01,
	NVME_ADMIN_DELETE_CQ = 0x04,
	NVME_ADMIN_CREATE_CQ = 0x05,
	NVME_ADMIN_IDENTIFY = 0x06,
	NVME_ADMIN_SET_FEATURES = 0x09,
};

enum nvme_io_opcode {
	NVME_IO_FLUSH = 0x00,
	NVME_IO_WRITE = 0x01,
	NVME_IO_READ = 0x02,
};

/* CDW11 of Create I/O Submission and Completion Queue */
#define NVME_QUEUE_CONTIGUOUS 0x1u

#define NVME_FEATURE_NR_QUEUES 0x07

enum nvme_cns {
	NVME_CNS_NAMESPACE = 0x00,
	NVME_CNS_CONTROLLER = 0x01,
	NVME_CNS_ACTIVE_NAMESPACES = 0x02,
};

/* SGLS: SGLs are supported, with or without rules of alignment */
#define NVME_SGLS_MASK 0x3u

/* PSDT in the flags of a command */
#define NVME_FLAGS_PSDT(psdt) ((uint8_t)((psdt) << 6))

/* What Identify returns is one page of this size */
#define NVME_IDENTIFY_SIZE 4096

/* "Identify Controller data structure", the fields used here */
struct nvme_id_controller {
	uint16_t vid;
	uint16_t ssvid;
	char sn[20];
	char mn[40];
	char fr[8];
	uint8_t rab;
	uint8_t ieee[3];
	uint8_t cmic;
	uint8_t mdts;
	uint16_t cntlid;
	uint32_t ver;
	uint8_t unused1[428];
	uint8_t sqes;
	uint8_t cqes;
	uint16_t maxcmd;
	uint32_t nn;
	uint8_t unused2[5];
	uint8_t vwc;
	uint8_t unused3[10];
	uint32_t sgls;
	uint8_t unused4[3556];
};

static_assert(sizeof(struct nvme_id_controller) == NVME_IDENTIFY_SIZE,
	      "Identify Controller is 4096 bytes");

/* An LBA format of Identify Namespace: metadata bytes, log2 of the LBA size */
struct nvme_lba_format {
	uint16_t ms;
	uint8_t lbads;
	uint8_t rp;
};

/* "Identify Namespace data structure", the fields used here */
struct nvme_id_namespace {
	uint64_t nsze;
	uint64_t ncap;
	uint64_t nuse;
	uint8_t nsfeat;
	uint8_t nlbaf;
	uint8_t flbas;
	uint8_t unused1[101];
	struct nvme_lba_format lbaf[64];
	uint8_t unused2[3712];
};

static_assert(sizeof(struct nvme_id_namespace) == NVME_IDENTIFY_SIZE,
	      "Identify Namespace is 4096 bytes");

/* Index into lbaf[]: bits 3:0 and, above them, bits 6:5 of FLBAS */
static inline unsigned int nvme_flbas_index(uint8_t flbas)
{
	return (flbas & 0xf) | (flbas >> 1 & 0x30);
}

/*
 * The status field of a completion without the phase tag: status code in bits
 * 7:0, status code type in 10:8, More in 13, Do Not Retry in 14.
 */
#define NVME_STATUS_CODE(status) ((status) & 0x7ff)

#endif
