// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A part of a namespace: in bytes or in blocks, and never beyond its end.
 */
#include <err.h>
#include <inttypes.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/nvme_session.h"

enum {
	KEY_OFFSET = 512,
	KEY_LENGTH,
	KEY_BLOCK,
	KEY_COUNT,
};

static const struct argp_option options[] = {
	{ "offset", KEY_OFFSET, "BYTES", 0, "Where to begin; default: 0", 0 },
	{ "length", KEY_LENGTH, "BYTES", 0, "How much; default: all there is", 0 },
	{ "block", KEY_BLOCK, "N", 0, "Where to begin, in blocks", 0 },
	{ "count", KEY_COUNT, "N", 0, "How much, in blocks", 0 },
	{ 0 },
};

static void set_size(uint64_t *to, const char *text, struct argp_state *state)
{
	if (parse_size(text, to))
		argp_error(state, "'%s' is no size, such as 4096, 64K or 1G",
			   text);
}

static void set_number(uint64_t *to, uint64_t min, const char *text,
		       struct argp_state *state)
{
	if (parse_number(text, min, UINT64_MAX, to))
		argp_error(state, "'%s' is no number of blocks from %" PRIu64 " on",
			   text, min);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct nvme_range *range = state->input;

	switch (key) {
	case KEY_OFFSET:
		set_size(&range->offset, arg, state);
		range->by_offset = true;
		break;
	case KEY_LENGTH:
		set_size(&range->length, arg, state);
		if (!range->length)
			argp_error(state, "a --length of 0 is nothing");
		break;
	case KEY_BLOCK:
		set_number(&range->block, 0, arg, state);
		range->by_block = true;
		break;
	case KEY_COUNT:
		set_number(&range->count, 1, arg, state);
		break;
	case ARGP_KEY_END:
		if (range->by_block && range->by_offset)
			argp_error(state, "--offset or --block, not both");
		if (range->length && range->count)
			argp_error(state, "--length or --count, not both");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp nvme_range_argp = {
	.options = options,
	.parser = parse_option,
};

static int beyond_end(uint64_t block_size, uint64_t nr_blocks)
{
	warnx("that is beyond the namespace: it has %" PRIu64 " blocks of %" PRIu64 " bytes",
	      nr_blocks, block_size);
	return CMD_USAGE;
}

int nvme_range_apply(struct nvme_range *range, uint64_t block_size,
		     uint64_t nr_blocks)
{
	uint64_t size = block_size * nr_blocks;

	if (range->block >= nr_blocks || range->count > nr_blocks)
		return beyond_end(block_size, nr_blocks);
	if (range->by_block)
		range->offset = range->block * block_size;
	if (range->count)
		range->length = range->count * block_size;
	if (range->offset % block_size) {
		warnx("--offset %" PRIu64 " is no multiple of the block size, %" PRIu64,
		      range->offset, block_size);
		return CMD_USAGE;
	}
	if (range->offset >= size || range->length > size - range->offset)
		return beyond_end(block_size, nr_blocks);
	if (!range->length)
		range->length = size - range->offset;
	return CMD_DONE;
}
