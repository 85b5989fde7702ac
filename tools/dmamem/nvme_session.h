/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * What the subcommands of `dmamem nvme` share: the arguments that name a
 * namespace, and a controller that is up.
 */
#ifndef DMAMEM_TOOLS_NVME_SESSION_H
#define DMAMEM_TOOLS_NVME_SESSION_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "tools/dmamem/context.h"
#include "tools/dmamem/out.h"
#include "tools/dmamem/parse.h"
#include "tools/dmamem/pci.h"
#include "tools/nvme/nvme.h"

/**
 * struct nvme_target - what the command line says of the disk
 * @choice: where DMA addresses come from
 * @bdf: the controller, "" until it was named
 * @nsid: the namespace, 0 for the first that can be used
 */
struct nvme_target {
	struct context_choice choice;
	char bdf[PARSE_BDF_SIZE];
	uint32_t nsid;
};

/* --namespace, --provider and --mode; their input is a struct nvme_target */
extern const struct argp nvme_target_argp;

/* Take an argument for the PCI address */
void nvme_target_set(struct nvme_target *target, const char *text,
		     struct argp_state *state);

/**
 * struct nvme_session - a controller that is up
 * @target: as it was named
 * @function: the PCI function
 * @ctx: context of @ctrl
 * @ctrl: the controller
 * @ns: from nvme_session_namespace()
 * @qpair: from nvme_session_queue()
 * @memory: the same: for the data
 */
struct nvme_session {
	const struct nvme_target *target;
	struct pci_function function;
	struct dmamem_context *ctx;
	struct nvme_controller *ctrl;
	struct nvme_namespace ns;
	struct nvme_qpair *qpair;
	void *memory;
};

/*
 * Each of these says what is wrong, if anything, and what to do about it, and
 * returns an exit code
 */

/* Bring up the controller; nvme_session_close() either way. Signals are caught */
int nvme_session_open(const struct nvme_target *target,
		      struct nvme_session *session);

/* Find the namespace that was asked for */
int nvme_session_namespace(struct nvme_session *session);

/* Make a queue pair, for transfers of up to @size, and memory for data */
int nvme_session_queue(struct nvme_session *session, unsigned int depth,
		       size_t size, size_t memory);

/* Shut the controller down and give everything back */
int nvme_session_close(struct nvme_session *session);

/* A command or a wait failed: say what of, and where on the disk it was */
int nvme_session_failed(const struct nvme_session *session, const char *what,
			uint64_t disk_byte, int err, uint16_t status);

/* Bytes of the namespace */
uint64_t nvme_session_bytes(const struct nvme_session *session);

/* Bytes that one command may move, at most @wanted, whole blocks */
size_t nvme_session_transfer(const struct nvme_session *session, size_t wanted);

/**
 * struct nvme_range - a part of a namespace, as it was asked for
 * @offset: byte from which on
 * @length: bytes; 0: up to the end
 * @block: block from which on, instead of @offset
 * @count: blocks, instead of @length
 * @by_offset: @offset was given
 * @by_block: @block was given
 */
struct nvme_range {
	uint64_t offset;
	uint64_t length;
	uint64_t block;
	uint64_t count;
	bool by_offset;
	bool by_block;
};

/* --offset, --length, --block and --count, of a struct nvme_range */
extern const struct argp nvme_range_argp;

/**
 * nvme_range_apply() - what a range means in a namespace
 * @range: as it was asked for; then with @offset and @length, which is not 0
 * @block_size: bytes
 * @nr_blocks: of the namespace
 *
 * Return: CMD_DONE, or CMD_USAGE if it is not within the namespace or does not
 * begin at a block.
 */
int nvme_range_apply(struct nvme_range *range, uint64_t block_size,
		     uint64_t nr_blocks);

/* The subcommands of `dmamem nvme` */
int nvme_identify(int argc, char **argv);
int nvme_read(int argc, char **argv);
int nvme_write(int argc, char **argv);
int nvme_bench(int argc, char **argv);

#endif
