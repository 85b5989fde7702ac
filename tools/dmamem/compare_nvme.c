// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Reads of an NVMe disk by the same driver in each mode: latency of one command
 * at a time, throughput of many. With --hostile the disk is written first, and
 * everything that is read afterwards is checked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_measure.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/interrupt.h"
#include "tools/memory/pages.h"
#include "tools/nvme/load.h"

#define KIB(n) ((size_t)(n) << 10)
#define MAX_SIZE KIB(1024)
#define DEPTH 32
#define QUEUE_HUGEPAGES 8
#define ROUND_NS UINT64_C(50000000)
#define AREA (UINT64_C(128) << 20)
#define CHECKED_SIZE KIB(128)
#define CHECKED_COUNT 128
#define CHECKED_AREA (UINT64_C(16) << 20)
#define SEED 1

static const size_t sizes[] = { KIB(4), KIB(16), KIB(128), KIB(1024) };
static const unsigned int depths[] = { 1, DEPTH };

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define NR_DEPTHS (sizeof(depths) / sizeof(depths[0]))

/* What was measured of one mode, size and depth */
struct measured {
	struct compare_series rate;
	struct compare_series median;
	struct compare_series tail;
};

/**
 * struct result - what was found about a mode
 * @why: why nothing more could be measured, "" if all was
 */
struct result {
	const struct compare_kind *kind;
	struct measured measured[NR_SIZES][NR_DEPTHS];
	char why[COMPARE_WHY];
};

/**
 * struct drive - a disk that is driven in a mode
 * @session: where the data's addresses come from
 * @queues: the same, or where those of the queues come from in a mode that the
 *          library has no provider for
 * @load: what all loads have in common
 */
struct drive {
	struct compare *compare;
	struct compare_session session;
	struct compare_session queues;
	bool own_queues;
	struct iovec memory;
	struct nvme_controller *ctrl;
	struct nvme_namespace ns;
	struct nvme_load load;
	struct result *result;
};

static int failed(struct drive *drive, int err)
{
	snprintf(drive->result->why, COMPARE_WHY, "%s: %s",
		 drive->compare->device, nvme_error_text(err));
	return err;
}

static bool go_on(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return !interrupted();
}

/* The first mode that the library has and that pins */
static const struct compare_mode *mode_of_queues(void)
{
	unsigned int i = 0;

	while (!compare_modes[i].provider || compare_modes[i].hugetlb_only)
		i++;
	return &compare_modes[i];
}

static int open_sessions(struct drive *drive, const struct compare_mode *mode)
{
	int ret = compare_open(drive->compare, mode, true, &drive->session);

	if (ret || drive->session.ctx) {
		drive->queues = drive->session;
		compare_because(drive->result->why, ret ? drive->session.why : "");
		return ret;
	}
	ret = compare_open(drive->compare, mode_of_queues(), true,
			   &drive->queues);
	if (ret) {
		compare_because(drive->result->why, drive->queues.why);
		compare_close(&drive->session);
	}
	drive->own_queues = true;
	return ret;
}

static void close_sessions(struct drive *drive)
{
	if (drive->own_queues)
		compare_close(&drive->queues);
	compare_close(&drive->session);
}

static int open_memory(struct drive *drive)
{
	const struct compare_kind *kind = drive->result->kind;
	size_t length = nvme_load_memory(MAX_SIZE, DEPTH);
	int ret = 0;

	if (kind->hugetlb)
		ret = compare_reserve(drive->compare, (long)(length / HUGE) +
				      QUEUE_HUGEPAGES, drive->result->why);
	if (ret)
		return ret;
	ret = compare_map(drive->compare, kind, length, true, &drive->memory,
			  drive->result->why);
	if (ret)
		return ret;
	ret = compare_add(&drive->session, drive->memory.iov_base, length);
	if (ret) {
		compare_because(drive->result->why, drive->session.why);
		compare_unmap(&drive->memory);
	}
	return ret;
}

static void close_memory(struct drive *drive)
{
	compare_remove(&drive->session, drive->memory.iov_base,
		       drive->memory.iov_len);
	compare_unmap(&drive->memory);
}

static int open_disk(struct drive *drive)
{
	struct nvme_qpair *qpair;
	int ret = nvme_open(drive->queues.ctx, drive->compare->device,
			    &drive->ctrl);

	if (ret)
		return failed(drive, ret);
	ret = nvme_namespace_first(drive->ctrl, &drive->ns);
	if (!ret)
		ret = nvme_qpair_create(drive->ctrl, DEPTH, MAX_SIZE, &qpair);
	if (ret) {
		nvme_close(drive->ctrl);
		return failed(drive, ret);
	}
	drive->load = (struct nvme_load){
		.qpair = qpair,
		.ns = &drive->ns,
		.nr_lbas = drive->ns.nr_lbas,
		.reads = 100,
		.order = NVME_LOAD_RANDOM,
		.map = drive->session.map,
		.memory = drive->memory.iov_base,
		.seed = SEED,
		.progress = go_on,
	};
	if (drive->load.nr_lbas > AREA >> drive->ns.lba_shift)
		drive->load.nr_lbas = AREA >> drive->ns.lba_shift;
	return 0;
}

/* What was measured before a signal came stays */
static int load_failed(struct drive *drive, int err)
{
	return err == -ECANCELED ? err : failed(drive, err);
}

static int run_load(struct drive *drive, size_t size, unsigned int depth,
		    struct measured *measured)
{
	static struct nvme_load_result result;
	struct nvme_load load = drive->load;
	int ret;

	load.size = size;
	load.depth = depth;
	load.time_ns = ROUND_NS;
	ret = nvme_load_run(&load, &result);
	if (ret)
		return load_failed(drive, ret);
	compare_take(&measured->rate,
		     (double)result.ios * 1e9 / (double)result.ns);
	compare_take(&measured->median,
		     (double)latency_percentile(&result.latencies, 50));
	compare_take(&measured->tail,
		     (double)latency_percentile(&result.latencies, 99));
	return 0;
}

/* Every byte that is read is known, and everything is read back in the end */
static int check_data(struct drive *drive)
{
	static struct nvme_load_result result;
	struct nvme_load load = drive->load;
	int ret;

	load.size = CHECKED_SIZE;
	load.depth = DEPTH;
	load.nr_lbas = CHECKED_AREA >> drive->ns.lba_shift;
	load.reads = 50;
	load.count = CHECKED_COUNT;
	load.verify = true;
	ret = nvme_load_run(&load, &result);
	return ret ? load_failed(drive, ret) : 0;
}

static int run_loads(struct drive *drive)
{
	int ret = drive->compare->hostile ? check_data(drive) : 0;

	for (size_t i = 0; i < NR_SIZES && !ret; i++)
		for (size_t j = 0; j < NR_DEPTHS && !ret; j++)
			ret = run_load(drive, sizes[i], depths[j],
				       &drive->result->measured[i][j]);
	return ret;
}

static void drive_disk(struct drive *drive)
{
	if (open_memory(drive))
		return;
	if (!open_disk(drive)) {
		run_loads(drive);
		nvme_close(drive->ctrl);
	}
	close_memory(drive);
}

static void run_mode(struct compare *compare, const struct compare_mode *mode,
		     struct result *result)
{
	struct drive drive = { .compare = compare, .result = result };

	if (!mode->provider && !compare->hostile) {
		compare_because(result->why,
				"pages may move while the disk writes to them: only with --hostile");
	} else if (!open_sessions(&drive, mode)) {
		drive_disk(&drive);
		close_sessions(&drive);
	}
}

static void add_row(struct json_object *rows, const struct compare_mode *mode,
		    struct result *result, size_t size, size_t depth)
{
	struct measured *measured = &result->measured[size][depth];
	struct json_object *row = json_object_new_object();

	json_add_text(row, "mode", mode->name);
	json_add_text(row, "memory", result->kind->name);
	json_add_number(row, "size", sizes[size]);
	json_add_number(row, "depth", depths[depth]);
	if (*result->why) {
		json_add_text(row, "why", result->why);
	} else if (!measured->rate.nr) {
		json_add_text(row, "why", "interrupted");
	} else {
		compare_add_series(json_add_object(row, "iops"),
				   &measured->rate, 1);
		compare_add_series(json_add_object(row, "latency_ns"),
				   &measured->median, 1);
		compare_add_series(json_add_object(row, "latency99_ns"),
				   &measured->tail, 1);
	}
	json_object_array_add(rows, row);
}

static void run_round(struct compare *compare, struct result *results)
{
	for (unsigned int i = 0; i < nr_compare_modes && !interrupted(); i++)
		if (!compare_modes[i].control && !*results[i].why)
			run_mode(compare, &compare_modes[i], &results[i]);
}

/* The modes take turns: what else the machine does meets them all alike */
static void take_turns(struct compare *compare, struct result *results)
{
	for (unsigned int round = 0;
	     round < compare->rounds && !interrupted(); round++) {
		compare_say(compare, "nvme: round %u of %u", round + 1,
			    compare->rounds);
		run_round(compare, results);
	}
}

int compare_nvme(struct compare *compare)
{
	struct json_object *rows, *object;
	struct result *results;

	object = json_add_object(compare->report, "nvme");
	if (!compare->device) {
		json_add_text(object, "why", "no --device was named");
		return 0;
	}
	results = calloc(nr_compare_modes, sizeof(*results));
	if (!results)
		return -ENOMEM;
	for (unsigned int i = 0; i < nr_compare_modes; i++)
		results[i].kind = compare_kind_for(&compare_modes[i]);
	take_turns(compare, results);
	json_add_text(object, "device", compare->device);
	json_add_bool(object, "checked", compare->hostile);
	rows = json_add_array(object, "rows");
	for (unsigned int i = 0; i < nr_compare_modes; i++)
		for (size_t j = 0; j < NR_SIZES * NR_DEPTHS; j++)
			if (!compare_modes[i].control)
				add_row(rows, &compare_modes[i], &results[i],
					j / NR_DEPTHS, j % NR_DEPTHS);
	free(results);
	return 0;
}
