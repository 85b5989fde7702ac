/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Data between a file and a namespace, several commands at a time.
 */
#ifndef DMAMEM_TOOLS_NVME_COPY_H
#define DMAMEM_TOOLS_NVME_COPY_H

#include <stdint.h>

#include "tools/dmamem/nvme_session.h"

#define COPY_DEPTH 8

/* A command, and its part of the data */
struct copy_piece {
	unsigned char *data;
	size_t size;
	uint64_t disk;
	bool done;
	uint16_t status;
};

/**
 * struct nvme_copy - a copy on its way
 * @session: the controller, with a queue pair and memory
 * @op: NVME_OP_READ or NVME_OP_WRITE
 * @piece_size: bytes of a command, at most
 * @offset: byte of the namespace where it begins
 * @length: bytes
 * @started: bytes that were submitted
 * @finished: bytes that have completed, in order
 * @fd: the file
 * @name: its name, for messages
 * @scratch: memory for another piece
 * @pieces: in a ring
 * @head: pieces that were submitted
 * @tail: pieces that are finished
 */
struct nvme_copy {
	struct nvme_session *session;
	enum nvme_op op;
	size_t piece_size;
	uint64_t offset;
	uint64_t length;
	uint64_t started;
	uint64_t finished;
	int fd;
	const char *name;
	unsigned char *scratch;
	struct copy_piece pieces[COPY_DEPTH];
	uint64_t head;
	uint64_t tail;
};

/* From the command line: BDF, FILE or NULL, and options */
struct copy_arguments {
	struct nvme_target target;
	struct nvme_range range;
	const char *file;
};

/**
 * nvme_copy_parse() - read the command line; a wrong one ends the process
 * @argc: of the subcommand
 * @argv: the same
 * @doc: what it does, for --help
 * @args: what it says
 */
void nvme_copy_parse(int argc, char **argv, const char *doc,
		     struct copy_arguments *args);

/* Each says what is wrong, if anything, and returns an exit code */

/* Make queues and memory for it; what is to be copied is filled in */
int nvme_copy_prepare(struct nvme_copy *copy);

/* The piece that the next command may have; it is not in flight */
struct copy_piece *nvme_copy_next(struct nvme_copy *copy);

/* Submit it, with so many bytes, whole blocks */
int nvme_copy_submit(struct nvme_copy *copy, struct copy_piece *piece,
		     size_t size);

/* Are all pieces in flight or not finished? */
bool nvme_copy_is_full(const struct nvme_copy *copy);

/* Wait for the oldest one; NULL if there is none or it failed: @ret says */
struct copy_piece *nvme_copy_wait(struct nvme_copy *copy, int *ret);

#endif
