/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What `dmamem nvme bench` measures, and how it is shown.
 */
#ifndef DMAMEM_TOOLS_NVME_BENCH_H
#define DMAMEM_TOOLS_NVME_BENCH_H

#include "tools/dmamem/nvme_session.h"
#include "tools/dmamem/nvme_sizes.h"
#include "tools/nvme/load.h"

enum bench_op {
	BENCH_READ,
	BENCH_WRITE,
	BENCH_MIX,
};

/**
 * struct bench_arguments - from the command line
 * @target: which disk
 * @range: which part of it
 * @sizes: of a command
 * @nr_sizes: how many sizes
 * @depth: commands in flight
 * @op: what they do
 * @order: which blocks they go to
 * @prps: by PRPs
 * @sgls: by SGLs
 * @seconds: for each size
 * @count: commands for each size, 0: by time
 * @verify: check the data
 * @overwrite: the disk's data may go
 * @json: for scripts
 */
struct bench_arguments {
	struct nvme_target target;
	struct nvme_range range;
	size_t sizes[NVME_SIZES];
	unsigned int nr_sizes;
	unsigned int depth;
	enum bench_op op;
	enum nvme_load_order order;
	bool prps;
	bool sgls;
	unsigned int seconds;
	uint64_t count;
	bool verify;
	bool overwrite;
	bool json;
};

/**
 * bench_parse() - read the command line; a wrong one ends the process
 * @argc: of the subcommand
 * @argv: the same
 * @args: what it says
 */
void bench_parse(int argc, char **argv, struct bench_arguments *args);

/* Room for an explanation */
#define BENCH_WHY 256

/**
 * struct bench_row - a line of the table
 * @size: bytes of a command
 * @pointers: how commands name their memory
 * @seed: of the order and the data
 * @result: what was measured
 * @why: what failed, if something did
 */
struct bench_row {
	size_t size;
	enum nvme_pointers pointers;
	uint64_t seed;
	struct nvme_load_result result;
	char why[BENCH_WHY];
};

/* What comes before the table */
void bench_show_head(const struct bench_arguments *args,
		     const struct nvme_session *session);

/* A line of it, as soon as it is known */
void bench_show_row(const struct bench_row *row);

/* The same as JSON: the object, and a member of its array "rows" */
struct json_object *bench_json_head(const struct bench_arguments *args,
				    const struct nvme_session *session);
struct json_object *bench_json_row(const struct bench_row *row);

#endif
