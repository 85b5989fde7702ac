// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A load for an NVMe disk. The part of the disk that is used consists of units
 * of the size of a command.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/nvme/load.h"
#include "tools/nvme/memory.h"
#include "tools/nvme/pattern.h"

/* What verification knows of a unit; its data changes with each write */
struct unit {
	uint32_t writes;
	bool busy;
};

struct run;

/* A command in flight, and the next one after it */
struct slot {
	struct run *run;
	unsigned char *data;
	uint64_t unit;
	enum nvme_op op;
	uint64_t started;
};

/* A part of a load: filling, the load itself, reading back */
struct run {
	struct nvme_load load;
	struct nvme_load_result *result;
	struct unit *units;
	uint64_t nr_units;
	uint64_t next_unit;
	uint64_t submitted;
	uint64_t completed;
	uint64_t started;
	bool measured;
	unsigned short random[3];
	int err;
	struct slot slots[NVME_MAX_DEPTH];
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static size_t stride_of(size_t size)
{
	return (size + NVME_PAGE_SIZE - 1) / NVME_PAGE_SIZE * NVME_PAGE_SIZE;
}

size_t nvme_load_memory(size_t size, unsigned int depth)
{
	return stride_of(size) * depth;
}

static uint64_t lba_of(const struct run *run, uint64_t unit)
{
	return run->load.first + (unit * run->load.size >>
				  run->load.ns->lba_shift);
}

static uint64_t disk_byte_of(const struct run *run, uint64_t unit)
{
	return lba_of(run, unit) << run->load.ns->lba_shift;
}

static uint64_t seed_of(const struct run *run, uint64_t unit)
{
	return run->load.seed + run->units[unit].writes;
}

static uint64_t random_below(struct run *run, uint64_t limit)
{
	uint64_t high = nrand48(run->random), low = nrand48(run->random);

	return (high << 31 | low) % limit;
}

/* Verification takes no unit that another command is about to read or write */
static uint64_t choose_unit(struct run *run)
{
	uint64_t unit = run->next_unit;

	if (run->load.order == NVME_LOAD_RANDOM)
		unit = random_below(run, run->nr_units);
	while (run->units && run->units[unit].busy)
		unit = (unit + 1) % run->nr_units;
	run->next_unit = (unit + 1) % run->nr_units;
	return unit;
}

static enum nvme_op choose_op(struct run *run)
{
	unsigned int reads = run->load.reads;

	if (reads == 0 || reads == 100)
		return reads ? NVME_OP_READ : NVME_OP_WRITE;
	return random_below(run, 100) < reads ? NVME_OP_READ : NVME_OP_WRITE;
}

static void prepare_data(struct run *run, struct slot *slot)
{
	if (!run->units)
		return;
	run->units[slot->unit].busy = true;
	if (slot->op == NVME_OP_READ) {
		memset(slot->data, 0, run->load.size);
		return;
	}
	if (run->measured)
		run->units[slot->unit].writes++;
	pattern_fill(slot->data, run->load.size, seed_of(run, slot->unit),
		     disk_byte_of(run, slot->unit));
}

static void complete(void *arg, const struct nvme_result *result);

static void submit(struct slot *slot)
{
	struct run *run = slot->run;
	const struct iovec iov = { slot->data, run->load.size };
	struct nvme_io io = {
		.ns = run->load.ns,
		.iov = &iov,
		.nr_iov = 1,
		.pointers = run->load.pointers,
		.map = run->load.map,
		.done = complete,
		.arg = slot,
	};

	slot->unit = choose_unit(run);
	slot->op = choose_op(run);
	prepare_data(run, slot);
	io.op = slot->op;
	io.lba = lba_of(run, slot->unit);
	slot->started = now_ns();
	run->err = nvme_submit(run->load.qpair, &io);
	if (!run->err)
		run->submitted++;
}

static int check_data(struct run *run, const struct slot *slot)
{
	uint64_t disk = disk_byte_of(run, slot->unit);
	size_t good;

	run->units[slot->unit].busy = false;
	if (slot->op != NVME_OP_READ)
		return 0;
	good = pattern_check(slot->data, run->load.size,
			     seed_of(run, slot->unit), disk);
	run->result->checked += good;
	if (good == run->load.size)
		return 0;
	run->result->bad_byte = disk + good;
	return -EBADMSG;
}

static bool is_over(const struct run *run, uint64_t now)
{
	const struct nvme_load *load = &run->load;

	return (load->count && run->submitted >= load->count) ||
	       (load->time_ns && now - run->started >= load->time_ns);
}

static int report_progress(const struct run *run, uint64_t now)
{
	const struct nvme_load *load = &run->load;
	bool go_on = true;

	if (load->progress && load->count)
		go_on = load->progress(load->arg, run->completed, load->count);
	else if (load->progress)
		go_on = load->progress(load->arg, now - run->started,
				       load->time_ns);
	return go_on ? 0 : -ECANCELED;
}

static void measure(struct run *run, const struct slot *slot, uint64_t now)
{
	if (!run->measured)
		return;
	latency_add(&run->result->latencies, now - slot->started);
	run->result->ios++;
	run->result->ns = now - run->started;
}

/* The first error stays; nothing is submitted after it */
static void complete(void *arg, const struct nvme_result *result)
{
	struct slot *slot = arg;
	struct run *run = slot->run;
	uint64_t now = now_ns();

	run->completed++;
	if (run->err)
		return;
	if (result->status) {
		run->result->status = result->status;
		run->err = -EIO;
		return;
	}
	measure(run, slot, now);
	if (run->units)
		run->err = check_data(run, slot);
	if (!run->err)
		run->err = report_progress(run, now);
	if (!run->err && !is_over(run, now))
		submit(slot);
}

/* Completions submit, so the wait ends when the run does */
static int run_load(struct run *run)
{
	unsigned int i;
	int ret;

	run->submitted = 0;
	run->completed = 0;
	run->next_unit = 0;
	run->err = 0;
	run->started = now_ns();
	for (i = 0; i < run->load.depth; i++) {
		if (run->err || is_over(run, run->started))
			break;
		submit(&run->slots[i]);
	}
	ret = nvme_wait(run->load.qpair, 0);
	return ret ? ret : run->err;
}

/* Each unit once: @reads is 0 to fill, 100 to read back */
static int run_over_all(struct run *run, unsigned int reads)
{
	struct nvme_load load = run->load;
	int ret;

	run->load.order = NVME_LOAD_SEQUENTIAL;
	run->load.reads = reads;
	run->load.count = run->nr_units;
	run->load.time_ns = 0;
	ret = run_load(run);
	run->load = load;
	return ret;
}

static int run_verified(struct run *run)
{
	int ret;

	run->units = calloc(run->nr_units, sizeof(*run->units));
	if (!run->units)
		return -ENOMEM;
	ret = run_over_all(run, 0);
	if (!ret) {
		run->measured = true;
		ret = run_load(run);
		run->measured = false;
	}
	if (!ret)
		ret = run_over_all(run, 100);
	free(run->units);
	return ret;
}

static void prepare_slots(struct run *run)
{
	size_t stride = stride_of(run->load.size);
	unsigned int i;

	for (i = 0; i < run->load.depth; i++) {
		run->slots[i].run = run;
		run->slots[i].data = run->load.memory + i * stride;
	}
	memcpy(run->random, &run->load.seed, sizeof(run->random));
}

int nvme_load_run(const struct nvme_load *load,
		  struct nvme_load_result *result)
{
	struct run *run = calloc(1, sizeof(*run));
	int ret;

	if (!run)
		return -ENOMEM;
	memset(result, 0, sizeof(*result));
	run->load = *load;
	run->result = result;
	run->nr_units = load->nr_lbas / (load->size >> load->ns->lba_shift);
	if (!load->depth || load->depth > NVME_MAX_DEPTH ||
	    run->nr_units < load->depth) {
		free(run);
		return -EINVAL;
	}
	prepare_slots(run);
	if (load->verify) {
		ret = run_verified(run);
	} else {
		run->measured = true;
		ret = run_load(run);
	}
	free(run);
	return ret;
}
