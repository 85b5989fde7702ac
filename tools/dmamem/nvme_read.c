// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem nvme read: copy blocks to a file or to standard output.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/interrupt.h"
#include "tools/dmamem/nvme_copy.h"

static const char doc[] =
	"Copy blocks of an NVMe namespace to FILE, or to standard output.\n"
	"\vFILE is - for standard output. Numbers take units: 64K, 1G.";

/* Opened first: a wrong name is no reason to touch the disk */
static int open_file(struct nvme_copy *copy, const char *file)
{
	copy->name = file;
	if (!file || !strcmp(file, "-")) {
		copy->name = "standard output";
		copy->fd = STDOUT_FILENO;
		if (!isatty(copy->fd))
			return CMD_DONE;
		warnx("that is no text for a terminal: name a FILE, or use a pipe");
		return CMD_USAGE;
	}
	copy->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (copy->fd >= 0)
		return CMD_DONE;
	warn("%s", file);
	return CMD_FAILED;
}

static int write_all(const struct nvme_copy *copy, const unsigned char *data,
		     size_t size)
{
	while (size) {
		ssize_t done = write(copy->fd, data, size);

		if (done < 0 && errno != EINTR) {
			warn("%s", copy->name);
			return CMD_FAILED;
		}
		if (done > 0) {
			data += done;
			size -= done;
		}
	}
	return CMD_DONE;
}

/* Whole blocks are read; of the last one only what was asked for is written */
static int submit_next(struct nvme_copy *copy)
{
	uint64_t block = UINT64_C(1) << copy->session->ns.lba_shift;
	uint64_t left = (copy->length + block - 1 - copy->started) &
			~(block - 1);

	return nvme_copy_submit(copy, nvme_copy_next(copy),
				left < copy->piece_size ? left :
				copy->piece_size);
}

static int finish_next(struct nvme_copy *copy)
{
	uint64_t left = copy->length - copy->finished;
	const struct copy_piece *piece;
	int ret;

	piece = nvme_copy_wait(copy, &ret);
	if (!piece)
		return ret;
	return write_all(copy, piece->data,
			 piece->size < left ? piece->size : left);
}

static int copy_all(struct nvme_copy *copy)
{
	struct out_progress progress;
	int ret = CMD_DONE;

	out_progress_start(&progress, "reading", copy->length);
	while (!ret && copy->finished < copy->length) {
		if (interrupted()) {
			warnx("interrupted");
			ret = CMD_FAILED;
		} else if (copy->started < copy->length &&
			   !nvme_copy_is_full(copy)) {
			ret = submit_next(copy);
		} else {
			ret = finish_next(copy);
			out_progress(&progress, copy->finished);
		}
	}
	out_progress_end(&progress);
	return ret;
}

static int close_file(const struct nvme_copy *copy)
{
	if (!close(copy->fd))
		return CMD_DONE;
	warn("%s", copy->name);
	return CMD_FAILED;
}

int nvme_read(int argc, char **argv)
{
	struct copy_arguments args;
	struct nvme_session session;
	struct nvme_copy copy = { .session = &session, .op = NVME_OP_READ };
	int ret;

	nvme_copy_parse(argc, argv, doc, &args);
	ret = nvme_session_open(&args.target, &session);
	if (!ret)
		ret = nvme_session_namespace(&session);
	if (!ret)
		ret = nvme_range_apply(&args.range,
				       UINT64_C(1) << session.ns.lba_shift,
				       session.ns.nr_lbas);
	if (!ret)
		ret = open_file(&copy, args.file);
	if (!ret) {
		copy.offset = args.range.offset;
		copy.length = args.range.length;
		ret = nvme_copy_prepare(&copy);
		if (!ret)
			ret = copy_all(&copy);
		if (close_file(&copy))
			ret = CMD_FAILED;
	}
	return nvme_session_close(&session) ? CMD_FAILED : ret;
}
