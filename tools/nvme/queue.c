// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Submission and completion queues: entries, doorbells, phase tags, waiting.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/nvme/controller.h"
#include "tools/nvme/mmio.h"
#include "tools/nvme/queue.h"

static_assert(sizeof(struct nvme_command) * (NVME_MAX_DEPTH + 1) <=
	      NVME_PAGE_SIZE, "a submission queue is one page");

#define NO_PROGRESS_MS 30000
#define LOOK_AT_STATUS_MS 10

static int find_doorbells(struct nvme_qpair *q)
{
	const struct nvme_controller *ctrl = q->ctrl;
	size_t stride = (size_t)4 << NVME_CAP_DSTRD(ctrl->cap);
	size_t offset = NVME_REG_DOORBELLS + stride * 2 * q->qid;

	if (offset + 2 * stride > ctrl->pci.bar_len)
		return -ENXIO;
	q->sq_doorbell = (volatile char *)ctrl->pci.bar + offset;
	q->cq_doorbell = (volatile char *)ctrl->pci.bar + offset + stride;
	return 0;
}

/* One page each for the queues, then the list pages of each slot */
static int find_memory(struct nvme_qpair *q)
{
	size_t i, nr_pages = (size_t)q->depth * q->pages_per_slot;
	int ret;

	q->pages = calloc(nr_pages + 1, sizeof(*q->pages));
	q->segments = calloc(nr_pages + 1, sizeof(*q->segments));
	if (!q->pages || !q->segments)
		return -ENOMEM;
	ret = nvme_memory_alloc(q->ctrl->ctx, 2 + nr_pages, &q->memory);
	if (ret)
		return ret;

	q->sq = nvme_memory_page(&q->memory, 0, &q->sq_dma);
	q->cq = nvme_memory_page(&q->memory, 1, &q->cq_dma);
	for (i = 0; i < nr_pages; i++) {
		struct dmamem_nvme_list_page *page = &q->pages[i];

		page->entries = nvme_memory_page(&q->memory, 2 + i,
						 &page->dma_addr);
		q->segments[i] = (struct dmamem_nvme_sgl_segment){
			.descriptors = (void *)page->entries,
			.dma_addr = page->dma_addr,
		};
	}
	return 0;
}

int nvme_queue_create(struct nvme_controller *ctrl, unsigned int qid,
		      unsigned int depth, unsigned int pages_per_slot,
		      struct nvme_qpair **qpair)
{
	struct nvme_qpair *q = calloc(1, sizeof(*q));
	unsigned int i;
	int ret;

	if (!q)
		return -ENOMEM;
	q->ctrl = ctrl;
	q->qid = qid;
	q->depth = depth;
	q->pages_per_slot = pages_per_slot;
	q->phase = 1;
	for (i = 0; i < depth; i++)
		q->free_slots[i] = i;

	ret = find_doorbells(q);
	if (!ret)
		ret = find_memory(q);
	if (ret) {
		nvme_queue_destroy(q);
		return ret;
	}
	*qpair = q;
	return 0;
}

void nvme_queue_destroy(struct nvme_qpair *q)
{
	if (!q)
		return;
	nvme_memory_free(&q->memory);
	free(q->pages);
	free(q->segments);
	free(q);
}

int nvme_queue_slot(const struct nvme_qpair *q)
{
	if (q->in_flight == q->depth)
		return -EAGAIN;
	return q->free_slots[q->in_flight];
}

void nvme_queue_submit(struct nvme_qpair *q,
		       const struct nvme_command *command,
		       const struct nvme_slot *slot)
{
	uint16_t cid = q->free_slots[q->in_flight++];

	q->slots[cid] = *slot;
	q->slots[cid].busy = true;

	q->sq[q->sq_tail] = *command;
	q->sq[q->sq_tail].cid = htole16(cid);
	q->sq_tail = q->sq_tail == q->depth ? 0 : q->sq_tail + 1;

	dma_wmb();
	mmio_write32(q->sq_doorbell, q->sq_tail);
}

static bool completion_is_new(const struct nvme_qpair *q)
{
	return (le16toh(q->cq[q->cq_head].status) & 1) == q->phase;
}

/* The slot is free, and the entry behind us, when the callback runs */
static int take_completion(struct nvme_qpair *q)
{
	const volatile struct nvme_completion *entry = &q->cq[q->cq_head];
	struct nvme_result result;
	struct nvme_slot slot;
	uint16_t cid;

	dma_rmb();
	cid = le16toh(entry->cid);
	result.status = le16toh(entry->status) >> 1;
	result.dw0 = le32toh(entry->dw0);

	if (q->cq_head++ == q->depth) {
		q->cq_head = 0;
		q->phase ^= 1;
	}
	if (cid >= q->depth || !q->slots[cid].busy)
		return -EPROTO;

	slot = q->slots[cid];
	q->slots[cid].busy = false;
	q->free_slots[--q->in_flight] = cid;
	result.prp = slot.prp;
	if (slot.done)
		slot.done(slot.arg, &result);
	return 0;
}

int nvme_poll(struct nvme_qpair *q)
{
	unsigned int n;
	int ret = 0;

	for (n = 0; !ret && n <= q->depth && completion_is_new(q); n++)
		ret = take_completion(q);

	/* A callback that polls may have told the controller already */
	if (q->cq_head != q->cq_told) {
		q->cq_told = q->cq_head;
		mmio_write32(q->cq_doorbell, q->cq_head);
	}
	return ret ? ret : (int)n;
}

unsigned int nvme_in_flight(const struct nvme_qpair *q)
{
	return q->in_flight;
}

/* Registers are far away: look at them only when nothing happens */
struct patience {
	uint64_t give_up;
	uint64_t look;
};

static struct patience new_patience(void)
{
	uint64_t now = nvme_now_ms();

	return (struct patience){ now + NO_PROGRESS_MS,
				  now + LOOK_AT_STATUS_MS };
}

static int poll_patiently(struct nvme_qpair *q, struct patience *patience)
{
	uint64_t now = nvme_now_ms();
	int ret = nvme_poll(q);

	if (ret < 0)
		return ret;
	if (ret > 0) {
		*patience = new_patience();
		return 0;
	}
	if (now >= patience->look) {
		patience->look = now + LOOK_AT_STATUS_MS;
		ret = nvme_check_alive(q->ctrl);
		if (ret)
			return ret;
	}
	cpu_relax();
	return now < patience->give_up ? 0 : -ETIMEDOUT;
}

int nvme_wait(struct nvme_qpair *q, unsigned int in_flight)
{
	struct patience patience = new_patience();
	int ret = 0;

	while (!ret && q->in_flight > in_flight)
		ret = poll_patiently(q, &patience);
	return ret;
}

void nvme_waiter_done(void *arg, const struct nvme_result *result)
{
	struct nvme_waiter *waiter = arg;

	waiter->result = *result;
	waiter->done = true;
}

static void forget_waiter(struct nvme_qpair *q, const struct nvme_waiter *waiter)
{
	unsigned int i;

	for (i = 0; i < q->depth; i++)
		if (q->slots[i].busy && q->slots[i].arg == waiter)
			q->slots[i].done = NULL;
}

int nvme_queue_wait(struct nvme_qpair *q, struct nvme_waiter *waiter)
{
	struct patience patience = new_patience();
	int ret = 0;

	while (!ret && !waiter->done)
		ret = poll_patiently(q, &patience);
	if (!waiter->done) {
		forget_waiter(q, waiter);
		return ret;
	}
	return waiter->result.status ? -EIO : 0;
}
