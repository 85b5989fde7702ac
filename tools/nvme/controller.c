// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The life of a controller: stop it, start it, ask what it is, shut it down.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/nvme/admin.h"
#include "tools/nvme/controller.h"
#include "tools/nvme/mmio.h"
#include "tools/nvme/queue.h"
#include "tools/nvme/spec.h"

#define ADMIN_DEPTH 31
#define SHUTDOWN_MS 5000

uint64_t nvme_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static volatile void *reg(const struct nvme_controller *ctrl, size_t offset)
{
	return (volatile char *)ctrl->pci.bar + offset;
}

int nvme_check_alive(const struct nvme_controller *ctrl)
{
	uint32_t csts = mmio_read32(reg(ctrl, NVME_REG_CSTS));

	if (csts == UINT32_MAX)
		return -ENODEV;
	if (csts & NVME_CSTS_CFS)
		return -ENOTRECOVERABLE;
	return csts & NVME_CSTS_RDY ? 0 : -ECONNRESET;
}

/* A fatal status ends the wait only for something that will not come then */
static int wait_status(const struct nvme_controller *ctrl, uint32_t mask,
		       uint32_t wanted, unsigned int timeout_ms)
{
	static const struct timespec pause = { .tv_nsec = 100000 };
	uint64_t end = nvme_now_ms() + timeout_ms;

	for (;;) {
		uint64_t now = nvme_now_ms();
		uint32_t csts = mmio_read32(reg(ctrl, NVME_REG_CSTS));

		if (csts == UINT32_MAX)
			return -ENODEV;
		if ((csts & mask) == wanted)
			return 0;
		if (wanted && (csts & NVME_CSTS_CFS))
			return -ENOTRECOVERABLE;
		if (now > end)
			return -ETIMEDOUT;
		nanosleep(&pause, NULL);
	}
}

static int wait_ready(const struct nvme_controller *ctrl, bool ready)
{
	return wait_status(ctrl, NVME_CSTS_RDY, ready ? NVME_CSTS_RDY : 0,
			   NVME_CAP_TIMEOUT_MS(ctrl->cap) + 500);
}

/* CC.EN may go to 0 only when the controller has answered to the 1 */
static int disable(const struct nvme_controller *ctrl)
{
	uint32_t cc = mmio_read32(reg(ctrl, NVME_REG_CC));

	if (cc & NVME_CC_EN) {
		wait_ready(ctrl, true);
		cc &= ~(NVME_CC_EN | NVME_CC_SHN_MASK);
		mmio_write32(reg(ctrl, NVME_REG_CC), cc);
	}
	return wait_ready(ctrl, false);
}

static void notify_shutdown(const struct nvme_controller *ctrl)
{
	uint32_t cc = mmio_read32(reg(ctrl, NVME_REG_CC));

	if (!(cc & NVME_CC_EN) || nvme_check_alive(ctrl))
		return;
	cc = (cc & ~NVME_CC_SHN_MASK) | NVME_CC_SHN_NORMAL;
	mmio_write32(reg(ctrl, NVME_REG_CC), cc);
	wait_status(ctrl, NVME_CSTS_SHST_MASK, NVME_CSTS_SHST_DONE,
		    SHUTDOWN_MS);
}

/* If this returns 0 the controller does not touch memory any more */
static int stop(struct nvme_controller *ctrl)
{
	int ret;

	notify_shutdown(ctrl);
	ret = disable(ctrl);
	nvme_pci_set_master(&ctrl->pci, false);
	if (!ret)
		return 0;
	return nvme_pci_reset(&ctrl->pci) ? ret : 0;
}

static int check_capabilities(struct nvme_controller *ctrl)
{
	ctrl->cap = mmio_read64(reg(ctrl, NVME_REG_CAP));
	if (ctrl->cap == UINT64_MAX)
		return -ENODEV;
	if (NVME_CAP_MPSMIN(ctrl->cap) || !NVME_CAP_CSS_NVM(ctrl->cap))
		return -EOPNOTSUPP;
	ctrl->info.max_queue_entries = NVME_CAP_MQES(ctrl->cap);
	return 0;
}

static int enable(struct nvme_controller *ctrl)
{
	const struct nvme_qpair *admin = ctrl->admin;
	int ret;

	mmio_write32(reg(ctrl, NVME_REG_AQA), admin->depth << 16 | admin->depth);
	mmio_write64(reg(ctrl, NVME_REG_ASQ), admin->sq_dma);
	mmio_write64(reg(ctrl, NVME_REG_ACQ), admin->cq_dma);
	ret = nvme_pci_set_master(&ctrl->pci, true);
	if (ret)
		return ret;
	mmio_write32(reg(ctrl, NVME_REG_CC),
		     NVME_CC_IOSQES(NVME_SQE_SHIFT) |
		     NVME_CC_IOCQES(NVME_CQE_SHIFT) | NVME_CC_EN);
	return wait_ready(ctrl, true);
}

/* Text fields are padded with spaces and have no terminator */
/* ASCII, says NVMe; what is none could be meant for a terminal */
static void copy_text(char *to, const char *from, size_t len)
{
	while (len && (from[len - 1] == ' ' || from[len - 1] == '\0'))
		len--;
	for (size_t i = 0; i < len; i++)
		to[i] = from[i] < ' ' || from[i] > '~' ? '?' : from[i];
	to[len] = '\0';
}

static bool entry_size_allowed(uint8_t sizes, unsigned int shift)
{
	return (sizes & 0xf) <= shift && shift <= sizes >> 4;
}

static int identify(struct nvme_controller *ctrl)
{
	struct nvme_info *info = &ctrl->info;
	const struct nvme_id_controller *id;
	const void *data;
	int ret;

	ret = nvme_admin_identify(ctrl, NVME_CNS_CONTROLLER, 0, &data);
	if (ret)
		return ret;
	id = data;
	if (!entry_size_allowed(id->sqes, NVME_SQE_SHIFT) ||
	    !entry_size_allowed(id->cqes, NVME_CQE_SHIFT))
		return -EOPNOTSUPP;

	copy_text(info->model, id->mn, sizeof(id->mn));
	copy_text(info->serial, id->sn, sizeof(id->sn));
	copy_text(info->firmware, id->fr, sizeof(id->fr));
	info->version = le32toh(id->ver);
	info->nr_namespaces = le32toh(id->nn);
	info->volatile_cache = id->vwc & 1;
	info->sgls = le32toh(id->sgls);
	if (!(info->sgls & NVME_SGLS_MASK))
		info->sgls = 0;
	info->max_transfer = SIZE_MAX;
	if (id->mdts && id->mdts < 64 - NVME_PAGE_SHIFT)
		info->max_transfer = NVME_PAGE_SIZE << id->mdts;
	return 0;
}

static int bring_up(struct nvme_controller *ctrl)
{
	int ret;

	ret = check_capabilities(ctrl);
	if (!ret)
		ret = disable(ctrl);
	if (!ret)
		ret = nvme_memory_alloc(ctrl->ctx, 1, &ctrl->identify);
	if (!ret)
		ret = nvme_queue_create(ctrl, 0, ADMIN_DEPTH, 0, &ctrl->admin);
	if (!ret)
		ret = enable(ctrl);
	if (!ret)
		ret = identify(ctrl);
	if (!ret)
		ret = nvme_admin_request_queues(ctrl, NVME_MAX_QPAIRS,
						&ctrl->nr_qpairs);
	return ret;
}

int nvme_open(struct dmamem_context *ctx, const char *bdf,
	      struct nvme_controller **ctrl)
{
	struct nvme_controller *c = calloc(1, sizeof(*c));
	int ret;

	if (!c)
		return -ENOMEM;
	c->ctx = ctx;
	ret = nvme_pci_open(ctx, bdf, &c->pci);
	if (ret) {
		free(c);
		return ret;
	}
	ret = bring_up(c);
	if (ret) {
		nvme_close(c);
		return ret;
	}
	*ctrl = c;
	return 0;
}

int nvme_close(struct nvme_controller *ctrl)
{
	unsigned int i;
	int ret;

	if (!ctrl)
		return 0;
	ret = stop(ctrl);
	if (!ret) {
		for (i = 0; i < NVME_MAX_QPAIRS; i++)
			nvme_queue_destroy(ctrl->qpairs[i]);
		nvme_queue_destroy(ctrl->admin);
		nvme_memory_free(&ctrl->identify);
	}
	nvme_pci_close(&ctrl->pci);
	free(ctrl);
	return ret;
}

const struct nvme_info *nvme_get_info(const struct nvme_controller *ctrl)
{
	return &ctrl->info;
}
