/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A submission and a completion queue that belong together, admin or I/O.
 */
#ifndef TOOLS_NVME_QUEUE_H
#define TOOLS_NVME_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/nvme/memory.h"
#include "tools/nvme/nvme.h"
#include "tools/nvme/spec.h"

/* A command in flight; its index is the command's identifier */
struct nvme_slot {
	nvme_done_fn done;
	void *arg;
	struct dmamem_nvme_prp prp;
	bool busy;
};

/*
 * Each queue has one entry more than commands may be in flight, so neither is
 * ever full and the controller's head pointer need not be followed.
 */
struct nvme_qpair {
	struct nvme_controller *ctrl;
	unsigned int qid;
	unsigned int depth;
	size_t max_transfer;

	struct nvme_command *sq;
	uint64_t sq_dma;
	volatile void *sq_doorbell;
	unsigned int sq_tail;

	const volatile struct nvme_completion *cq;
	uint64_t cq_dma;
	volatile void *cq_doorbell;
	unsigned int cq_head;
	unsigned int cq_told;
	unsigned int phase;

	unsigned int in_flight;
	uint16_t free_slots[NVME_MAX_DEPTH];
	struct nvme_slot slots[NVME_MAX_DEPTH];

	unsigned int pages_per_slot; /* each a PRP list page or an SGL segment */
	struct dmamem_nvme_list_page *pages;
	struct dmamem_nvme_sgl_segment *segments;
	struct nvme_memory memory;
};

/* Somebody waits for one command */
struct nvme_waiter {
	bool done;
	struct nvme_result result;
};

/**
 * nvme_queue_create() - allocate a pair of queues; the controller is not told
 * @ctrl: the controller
 * @qid: 0 for the admin queues
 * @depth: commands in flight, 1 to NVME_MAX_DEPTH
 * @pages_per_slot: list pages for each of them
 * @qpair: the pair
 *
 * Return: 0, -ENXIO (its doorbells are beyond the BAR), or an error of
 * nvme_memory_alloc().
 */
int nvme_queue_create(struct nvme_controller *ctrl, unsigned int qid,
		      unsigned int depth, unsigned int pages_per_slot,
		      struct nvme_qpair **qpair);

/**
 * nvme_queue_destroy() - free a pair of queues
 * @qpair: the controller does not use it any more; or NULL
 */
void nvme_queue_destroy(struct nvme_qpair *qpair);

/**
 * nvme_queue_slot() - the slot that the next command will have
 * @qpair: the pair
 *
 * Return: its index, -EAGAIN if all are in flight.
 */
int nvme_queue_slot(const struct nvme_qpair *qpair);

/**
 * nvme_queue_submit() - enter a command and ring the doorbell
 * @qpair: the pair, with a slot free
 * @command: without its identifier
 * @slot: what to remember of it
 */
void nvme_queue_submit(struct nvme_qpair *qpair,
		       const struct nvme_command *command,
		       const struct nvme_slot *slot);

/**
 * nvme_waiter_done() - nvme_done_fn of a command that is waited for
 * @arg: its struct nvme_waiter
 * @result: how it ended
 */
void nvme_waiter_done(void *arg, const struct nvme_result *result);

/**
 * nvme_queue_wait() - poll until a command has completed
 * @qpair: where it was submitted
 * @waiter: what it was submitted with. Free to go when this returns, even if
 *          the command is still in flight.
 *
 * Return: 0, an error as of nvme_wait(), or -EIO: the command failed.
 */
int nvme_queue_wait(struct nvme_qpair *qpair, struct nvme_waiter *waiter);

#endif
