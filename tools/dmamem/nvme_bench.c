// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem nvme bench: throughput and latency for each size.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/interrupt.h"
#include "tools/dmamem/nvme_bench.h"

/* Filled and read back for each size: not all of a large disk */
#define VERIFY_LENGTH (UINT64_C(64) << 20)

static int check_harm(const struct bench_arguments *args)
{
	if (args->overwrite || (args->op == BENCH_READ && !args->verify))
		return CMD_DONE;
	warnx("%s overwrites what is on the disk: say --overwrite if it may",
	      args->op == BENCH_READ ? "--verify" : "writing");
	return CMD_REFUSED;
}

static int check_size(const struct bench_arguments *args,
		      const struct nvme_session *session, size_t size)
{
	size_t block = (size_t)1 << session->ns.lba_shift;
	size_t most = nvme_session_transfer(session, SIZE_MAX);
	char text[OUT_SIZE], limit[OUT_SIZE];

	out_size(text, size);
	if (size % block) {
		warnx("--size %s is no multiple of the block size, %zu", text,
		      block);
		return CMD_USAGE;
	}
	if (size > most) {
		warnx("--size %s is more than the controller takes at once, %s",
		      text, out_size(limit, most));
		return CMD_USAGE;
	}
	if (args->range.length / size < args->depth) {
		warnx("--depth %u of --size %s do not fit into %s of disk",
		      args->depth, text, out_size(limit, args->range.length));
		return CMD_USAGE;
	}
	return CMD_DONE;
}

/* Those of these that the controller and the part of the disk take */
static void choose_sizes(struct bench_arguments *args,
			 const struct nvme_session *session)
{
	static const size_t usual[] = { 4 << 10, 16 << 10, 128 << 10, 1 << 20 };
	size_t most = nvme_session_transfer(session, SIZE_MAX);
	size_t block = (size_t)1 << session->ns.lba_shift;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (usual[i] <= most && usual[i] % block == 0 &&
		    args->range.length / usual[i] >= args->depth)
			args->sizes[args->nr_sizes++] = usual[i];
	if (!args->nr_sizes)
		args->sizes[args->nr_sizes++] = block;
}

/* With what the controller says of itself, do the arguments fit? */
static int check_session(struct bench_arguments *args,
			 const struct nvme_session *session)
{
	bool all = !args->range.length && !args->range.count;
	int ret;

	if (args->sgls && !nvme_get_info(session->ctrl)->sgls) {
		warnx("the controller takes no SGLs: --pointers prp");
		return CMD_CANNOT;
	}
	ret = nvme_range_apply(&args->range,
			       UINT64_C(1) << session->ns.lba_shift,
			       session->ns.nr_lbas);
	if (args->verify && all && args->range.length > VERIFY_LENGTH)
		args->range.length = VERIFY_LENGTH;
	if (!ret && !args->nr_sizes)
		choose_sizes(args, session);
	for (unsigned int i = 0; !ret && i < args->nr_sizes; i++)
		ret = check_size(args, session, args->sizes[i]);
	return ret;
}

static size_t largest_size(const struct bench_arguments *args)
{
	size_t largest = 0;

	for (unsigned int i = 0; i < args->nr_sizes; i++)
		if (args->sizes[i] > largest)
			largest = args->sizes[i];
	return largest;
}

static bool show_progress(void *arg, uint64_t done, uint64_t total)
{
	struct out_progress *progress = arg;

	progress->total = total;
	out_progress(progress, done);
	return !interrupted();
}

static int say_what_failed(struct bench_row *row, int err)
{
	const struct nvme_load_result *result = &row->result;
	char size[OUT_SIZE];

	out_size(size, row->size);
	if (err == -EBADMSG)
		snprintf(row->why, BENCH_WHY,
			 "WRONG DATA: commands of %s, byte %" PRIu64 " of the disk",
			 size, result->bad_byte);
	else if (err == -EIO)
		snprintf(row->why, BENCH_WHY,
			 "a command of %s failed: %s (status 0x%x)", size,
			 nvme_status_text(result->status), result->status);
	else if (err == -ECANCELED)
		snprintf(row->why, BENCH_WHY, "interrupted");
	else
		snprintf(row->why, BENCH_WHY, "commands of %s: %s", size,
			 nvme_error_text(err));
	warnx("%s", row->why);
	return CMD_FAILED;
}

static int measure(const struct bench_arguments *args,
		   const struct nvme_session *session, struct bench_row *row)
{
	static const unsigned int reads[] = {
		[BENCH_READ] = 100, [BENCH_WRITE] = 0, [BENCH_MIX] = 50,
	};
	struct out_progress progress;
	struct nvme_load load = {
		.qpair = session->qpair,
		.ns = &session->ns,
		.first = args->range.offset >> session->ns.lba_shift,
		.nr_lbas = args->range.length >> session->ns.lba_shift,
		.size = row->size,
		.depth = args->depth,
		.reads = reads[args->op],
		.order = args->order,
		.pointers = row->pointers,
		.memory = session->memory,
		.count = args->count,
		.time_ns = args->count ? 0 : args->seconds * UINT64_C(1000000000),
		.verify = args->verify,
		.seed = row->seed,
		.progress = show_progress,
		.arg = &progress,
	};
	int err;

	out_progress_start(&progress, "measuring", 0);
	err = nvme_load_run(&load, &row->result);
	out_progress_end(&progress);
	return err ? say_what_failed(row, err) : CMD_DONE;
}

/*
 * @rows is NULL for text. A row leaves other data behind than the one before:
 * what it does not write cannot pass for its own
 */
static int measure_and_show(const struct bench_arguments *args,
			    const struct nvme_session *session,
			    struct bench_row *row, struct json_object *rows)
{
	int ret;

	row->seed += UINT64_C(1) << 32;
	ret = measure(args, session, row);
	if (ret)
		return ret;
	if (rows)
		json_object_array_add(rows, bench_json_row(row));
	else
		bench_show_row(row);
	return CMD_DONE;
}

static int measure_all(const struct bench_arguments *args,
		       const struct nvme_session *session,
		       struct bench_row *row, struct json_object *rows)
{
	int ret = CMD_DONE;

	for (unsigned int i = 0; !ret && i < args->nr_sizes; i++) {
		row->size = args->sizes[i];
		row->pointers = NVME_PRPS;
		if (args->prps)
			ret = measure_and_show(args, session, row, rows);
		row->pointers = NVME_SGLS;
		if (!ret && args->sgls)
			ret = measure_and_show(args, session, row, rows);
	}
	return ret;
}

static int show_all(const struct bench_arguments *args,
		    const struct nvme_session *session)
{
	struct json_object *object = NULL, *rows = NULL;
	static struct bench_row row;
	int ret;

	if (getrandom(&row.seed, sizeof(row.seed), 0) != sizeof(row.seed)) {
		warn("random numbers");
		return CMD_FAILED;
	}
	if (args->json) {
		object = bench_json_head(args, session);
		rows = json_add_array(object, "rows");
	} else {
		bench_show_head(args, session);
	}
	ret = measure_all(args, session, &row, rows);
	if (!ret && args->verify && !object)
		puts("\nEvery byte that was read is right.");
	if (object && ret)
		json_add_text(object, "why", row.why);
	if (object && json_print(object))
		ret = CMD_FAILED;
	return ret;
}

static int bench(struct bench_arguments *args, struct nvme_session *session)
{
	size_t size;
	int ret;

	ret = check_session(args, session);
	if (ret)
		return ret;
	size = largest_size(args);
	ret = nvme_session_queue(session, args->depth, size,
				 nvme_load_memory(size, args->depth));
	return ret ? ret : show_all(args, session);
}

int nvme_bench(int argc, char **argv)
{
	struct bench_arguments args;
	struct nvme_session session;
	int ret;

	bench_parse(argc, argv, &args);
	ret = check_harm(&args);
	if (ret)
		return ret;
	ret = nvme_session_open(&args.target, &session);
	if (!ret)
		ret = nvme_session_namespace(&session);
	if (!ret)
		ret = bench(&args, &session);
	return nvme_session_close(&session) ? CMD_FAILED : ret;
}
