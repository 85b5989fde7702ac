// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem nvme write: copy a file or standard input to blocks.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/interrupt.h"
#include "tools/dmamem/nvme_copy.h"

static const char doc[] =
	"Copy FILE, or standard input, to blocks of an NVMe namespace.\n"
	"\vFILE is - for standard input. Numbers take units: 64K, 1G.\n"
	"Exactly the bytes of the input are written: the rest of the last block stays.";

static int open_file(struct nvme_copy *copy, const char *file)
{
	copy->name = file;
	if (!file || !strcmp(file, "-")) {
		copy->name = "standard input";
		copy->fd = STDIN_FILENO;
		return CMD_DONE;
	}
	copy->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (copy->fd >= 0)
		return CMD_DONE;
	warn("%s", file);
	return CMD_FAILED;
}

/* Bytes of a regular file from its position on, UINT64_MAX for other files */
static uint64_t bytes_left(int fd)
{
	off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	if (at < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return UINT64_MAX;
	return st.st_size > at ? st.st_size - at : 0;
}

/* A file that does not fit is refused before anything is written */
static int choose_length(struct nvme_copy *copy, bool length_given)
{
	uint64_t left = bytes_left(copy->fd);

	if (left == UINT64_MAX)
		return CMD_DONE;
	if (length_given && left < copy->length) {
		warnx("%s has only %" PRIu64 " bytes, not %" PRIu64, copy->name,
		      left, copy->length);
		return CMD_USAGE;
	}
	if (!length_given && left > copy->length) {
		warnx("%s has %" PRIu64 " bytes, and %" PRIu64 " are left in the namespace",
		      copy->name, left, copy->length);
		return CMD_USAGE;
	}
	if (!length_given)
		copy->length = left;
	return CMD_DONE;
}

/* Up to @size bytes, less only at the end of the file; -1 when it failed */
static ssize_t read_all(const struct nvme_copy *copy, unsigned char *data,
			size_t size)
{
	size_t all = 0;

	while (all < size) {
		ssize_t got = read(copy->fd, data + all, size - all);

		if (!got)
			break;
		if (got > 0)
			all += got;
		else if (errno != EINTR || interrupted())
			return -1;
	}
	return (ssize_t)all;
}

/* The last block is on the disk already, and only its beginning changes */
static int complete_block(struct nvme_copy *copy, unsigned char *tail,
			  size_t used, uint64_t disk)
{
	const struct nvme_session *session = copy->session;
	size_t block = (size_t)1 << session->ns.lba_shift;
	const struct iovec iov = { copy->scratch, block };
	const struct nvme_io io = {
		.op = NVME_OP_READ,
		.ns = &session->ns,
		.lba = disk >> session->ns.lba_shift,
		.iov = &iov,
		.nr_iov = 1,
	};
	struct nvme_result result = { 0 };
	int err = nvme_transfer(session->qpair, &io, &result);

	if (err)
		return nvme_session_failed(session, "read", disk, err,
					   result.status);
	memcpy(tail + used, copy->scratch + used, block - used);
	return CMD_DONE;
}

/* The next piece of the file; @ended: it was the last one */
static int submit_next(struct nvme_copy *copy, bool *ended)
{
	struct copy_piece *piece = nvme_copy_next(copy);
	uint64_t left = copy->length - copy->started;
	size_t block = (size_t)1 << copy->session->ns.lba_shift;
	size_t wanted = left < copy->piece_size ? left : copy->piece_size;
	ssize_t got = read_all(copy, piece->data, wanted);
	size_t whole;
	int ret = CMD_DONE;

	if (got < 0) {
		warn("%s", copy->name);
		return CMD_FAILED;
	}
	*ended = (size_t)got < wanted || wanted == left;
	if (*ended)
		copy->length = copy->started + got;
	if (!got)
		return CMD_DONE;
	whole = got & ~(block - 1);
	if (whole < (size_t)got) {
		ret = complete_block(copy, piece->data + whole, got - whole,
				     copy->offset + copy->started + whole);
		whole += block;
	}
	return ret ? ret : nvme_copy_submit(copy, piece, whole);
}

/* @total: bytes, 0 if nobody knows */
static int copy_all(struct nvme_copy *copy, uint64_t total)
{
	struct out_progress progress;
	bool ended = false;
	int ret = CMD_DONE;

	out_progress_start(&progress, "writing", total);
	while (!ret && !(ended && copy->head == copy->tail)) {
		if (interrupted()) {
			warnx("interrupted after %" PRIu64 " bytes",
			      copy->finished);
			ret = CMD_FAILED;
		} else if (!ended && !nvme_copy_is_full(copy)) {
			ret = submit_next(copy, &ended);
		} else {
			nvme_copy_wait(copy, &ret);
			out_progress(&progress, copy->finished);
		}
	}
	out_progress_end(&progress);
	return ret;
}

static int flush(const struct nvme_copy *copy)
{
	const struct nvme_io io = {
		.op = NVME_OP_FLUSH,
		.ns = &copy->session->ns,
	};
	struct nvme_result result = { 0 };
	int err = nvme_transfer(copy->session->qpair, &io, &result);

	if (!err)
		return CMD_DONE;
	return nvme_session_failed(copy->session, "flush", copy->offset, err,
				   result.status);
}

/* Was there as much as was said, and no more than the namespace takes? */
static int check_rest(const struct nvme_copy *copy, uint64_t room,
		      bool length_given)
{
	char more;

	if (length_given && copy->length < room) {
		warnx("%s ended after %" PRIu64 " bytes, not %" PRIu64,
		      copy->name, copy->length, room);
		return CMD_FAILED;
	}
	if (!length_given && copy->length == room &&
	    read(copy->fd, &more, 1) == 1) {
		warnx("the namespace ends after %" PRIu64 " bytes, and %s has more",
		      room, copy->name);
		return CMD_FAILED;
	}
	return CMD_DONE;
}

static int write_file(struct nvme_copy *copy, const struct nvme_range *range,
		      bool length_given)
{
	bool known = length_given || bytes_left(copy->fd) != UINT64_MAX;
	uint64_t room;
	int ret;

	copy->offset = range->offset;
	copy->length = range->length;
	ret = choose_length(copy, length_given);
	if (!ret)
		ret = nvme_copy_prepare(copy);
	if (ret)
		return ret;
	room = copy->length;
	ret = copy_all(copy, known ? room : 0);
	if (!ret)
		ret = flush(copy);
	return ret ? ret : check_rest(copy, room, length_given);
}

int nvme_write(int argc, char **argv)
{
	struct copy_arguments args;
	struct nvme_session session;
	struct nvme_copy copy = { .session = &session, .op = NVME_OP_WRITE };
	bool length_given;
	int ret;

	nvme_copy_parse(argc, argv, doc, &args);
	length_given = args.range.length || args.range.count;
	ret = open_file(&copy, args.file);
	if (ret)
		return ret;
	ret = nvme_session_open(&args.target, &session);
	if (!ret)
		ret = nvme_session_namespace(&session);
	if (!ret)
		ret = nvme_range_apply(&args.range,
				       UINT64_C(1) << session.ns.lba_shift,
				       session.ns.nr_lbas);
	if (!ret)
		ret = write_file(&copy, &args.range, length_given);
	close(copy.fd);
	return nvme_session_close(&session) ? CMD_FAILED : ret;
}
