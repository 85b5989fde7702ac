/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A load for an NVMe disk: so many commands in flight, again and again, with
 * what became of them.
 */
#ifndef TOOLS_NVME_LOAD_H
#define TOOLS_NVME_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/nvme/latency.h"
#include "tools/nvme/nvme.h"

enum nvme_load_order {
	NVME_LOAD_SEQUENTIAL,
	NVME_LOAD_RANDOM,
};

/**
 * typedef nvme_load_progress_fn - told how far a load is, at each completion
 * @arg: from struct nvme_load
 * @done: so much
 * @total: of that, of no particular unit
 *
 * Return: false to end it; what is in flight is waited for.
 */
typedef bool (*nvme_load_progress_fn)(void *arg, uint64_t done, uint64_t total);

/**
 * struct nvme_load - what to do
 * @qpair: on which queue pair; it has no command in flight
 * @ns: with which namespace
 * @first: first block of the part that is used
 * @nr_lbas: blocks of that part
 * @size: bytes of a command, a multiple of the block size
 * @depth: commands in flight, as many as the queue pair takes at most, and as
 *         the part has room for
 * @reads: percentage of commands that read, the others write
 * @order: which blocks they go to: multiples of @size from @first on
 * @pointers: how they name their memory
 * @map: of struct nvme_io
 * @memory: registered memory: @depth pieces of @size, each rounded up to whole
 *          pages of 4 KiB
 * @count: commands; 0: until @time_ns is over
 * @time_ns: nanoseconds; 0: until there were @count
 * @verify: fill the part with data that is known, check each read, and in the
 *          end read everything back. The rest of the load is as without, but the
 *          checks take time.
 * @seed: of the order and the data
 * @progress: may be NULL
 * @arg: for @progress
 */
struct nvme_load {
	struct nvme_qpair *qpair;
	const struct nvme_namespace *ns;
	uint64_t first;
	uint64_t nr_lbas;
	size_t size;
	unsigned int depth;
	unsigned int reads;
	enum nvme_load_order order;
	enum nvme_pointers pointers;
	const struct dmamem_map *map;
	unsigned char *memory;
	uint64_t count;
	uint64_t time_ns;
	bool verify;
	uint64_t seed;
	nvme_load_progress_fn progress;
	void *arg;
};

/**
 * struct nvme_load_result - what became of it
 * @ios: commands that have completed; filling and reading back not counted
 * @ns: nanoseconds from the first submission to the last completion
 * @latencies: of each command from submission to completion, in nanoseconds
 * @checked: bytes that were compared, and right
 * @status: after -EIO, how the command ended
 * @bad_byte: after -EBADMSG, byte of the disk that is wrong
 */
struct nvme_load_result {
	uint64_t ios;
	uint64_t ns;
	struct latencies latencies;
	uint64_t checked;
	uint16_t status;
	uint64_t bad_byte;
};

/**
 * nvme_load_memory() - memory that a load needs
 * @size: bytes of a command
 * @depth: commands in flight
 *
 * Return: bytes at @memory.
 */
size_t nvme_load_memory(size_t size, unsigned int depth);

/**
 * nvme_load_run() - do it
 * @load: what
 * @result: what became of it, also of as much as there was before a failure
 *
 * Return: 0, or
 * -EINVAL (the part of the disk has no room for @depth commands),
 * -EIO (a command failed), -EBADMSG (wrong data),
 * -ECANCELED (@progress wanted no more), -ENOMEM,
 * or an error of nvme_submit() or nvme_wait().
 */
int nvme_load_run(const struct nvme_load *load,
		  struct nvme_load_result *result);

#endif
