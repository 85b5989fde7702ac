// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Data between a file and a namespace: commands in a ring.
 */
#include <errno.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/nvme_copy.h"

#define PIECE_SIZE ((size_t)256 << 10)

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct copy_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->target;
		state->child_inputs[1] = &args->range;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num == 0)
			nvme_target_set(&args->target, arg, state);
		else if (state->arg_num == 1)
			args->file = arg;
		else
			argp_error(state, "one FILE, not also '%s'", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &nvme_target_argp, 0, NULL, 0 },
	{ &nvme_range_argp, 0, NULL, 0 },
	{ 0 },
};

void nvme_copy_parse(int argc, char **argv, const char *doc,
		     struct copy_arguments *args)
{
	const struct argp argp = {
		.parser = parse_option,
		.args_doc = "BDF [FILE]",
		.doc = doc,
		.children = children,
	};

	*args = (struct copy_arguments){ 0 };
	argp_parse(&argp, argc, argv, 0, NULL, args);
}

int nvme_copy_prepare(struct nvme_copy *copy)
{
	size_t stride;
	int ret;

	copy->piece_size = nvme_session_transfer(copy->session, PIECE_SIZE);
	stride = (copy->piece_size + 4095) & ~(size_t)4095;
	ret = nvme_session_queue(copy->session, COPY_DEPTH, copy->piece_size,
				 stride * (COPY_DEPTH + 1));
	if (ret)
		return ret;
	copy->scratch = copy->session->memory;
	for (unsigned int i = 0; i < COPY_DEPTH; i++)
		copy->pieces[i].data = copy->scratch + (i + 1) * stride;
	return CMD_DONE;
}

bool nvme_copy_is_full(const struct nvme_copy *copy)
{
	return copy->head - copy->tail == COPY_DEPTH;
}

struct copy_piece *nvme_copy_next(struct nvme_copy *copy)
{
	return &copy->pieces[copy->head % COPY_DEPTH];
}

static void complete(void *arg, const struct nvme_result *result)
{
	struct copy_piece *piece = arg;

	piece->status = result->status;
	piece->done = true;
}

static const char *words_of(const struct nvme_copy *copy)
{
	return copy->op == NVME_OP_READ ? "read" : "write";
}

int nvme_copy_submit(struct nvme_copy *copy, struct copy_piece *piece,
		     size_t size)
{
	const struct nvme_session *session = copy->session;
	const struct iovec iov = { piece->data, size };
	struct nvme_io io = {
		.op = copy->op,
		.ns = &session->ns,
		.iov = &iov,
		.nr_iov = 1,
		.done = complete,
		.arg = piece,
	};
	int err;

	piece->size = size;
	piece->disk = copy->offset + copy->started;
	piece->done = false;
	io.lba = piece->disk >> session->ns.lba_shift;
	err = nvme_submit(session->qpair, &io);
	if (err)
		return nvme_session_failed(session, words_of(copy),
					   piece->disk, err, 0);
	copy->started += size;
	copy->head++;
	return CMD_DONE;
}

struct copy_piece *nvme_copy_wait(struct nvme_copy *copy, int *ret)
{
	struct copy_piece *piece = &copy->pieces[copy->tail % COPY_DEPTH];
	struct nvme_qpair *qpair = copy->session->qpair;
	int err = 0;

	*ret = CMD_DONE;
	if (copy->head == copy->tail)
		return NULL;
	while (!err && !piece->done)
		err = nvme_wait(qpair, nvme_in_flight(qpair) - 1);
	if (!err && piece->status)
		err = -EIO;
	if (err) {
		*ret = nvme_session_failed(copy->session, words_of(copy),
					   piece->disk, err, piece->status);
		return NULL;
	}
	copy->finished += piece->size;
	copy->tail++;
	return piece;
}
