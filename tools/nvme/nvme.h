/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A small polled NVMe driver in user space, on memory registered with
 * libdmamem. It prints nothing; every failure is an -errno that
 * nvme_error_text() has words for.
 *
 * One thread at a time per controller and per queue pair; different queue
 * pairs may be used by different threads at once.
 */
#ifndef TOOLS_NVME_NVME_H
#define TOOLS_NVME_NVME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <dmamem/dmamem.h>
#include <dmamem/nvme.h>

/** NVME_MAX_DEPTH - commands in flight on one queue pair: a page of entries */
#define NVME_MAX_DEPTH 63

/** NVME_MAX_QPAIRS - I/O queue pairs of one controller */
#define NVME_MAX_QPAIRS 16

struct nvme_controller;
struct nvme_qpair;

/**
 * struct nvme_info - what a controller says of itself
 * @model: model number, without the padding
 * @serial: serial number, without the padding
 * @firmware: firmware revision, without the padding
 * @version: major << 16 | minor << 8 | tertiary
 * @nr_namespaces: highest namespace id that it takes
 * @max_transfer: bytes one command may move (MDTS), SIZE_MAX if not limited
 * @max_queue_entries: entries that an I/O queue may have (CAP.MQES + 1)
 * @volatile_cache: writes may rest in a cache until NVME_OP_FLUSH
 * @sgls: SGLS of Identify Controller: which SGLs it takes, 0 for none
 */
struct nvme_info {
	char model[41];
	char serial[21];
	char firmware[9];
	uint32_t version;
	uint32_t nr_namespaces;
	size_t max_transfer;
	unsigned int max_queue_entries;
	bool volatile_cache;
	uint32_t sgls;
};

/**
 * struct nvme_namespace - a disk of the controller
 * @nsid: its id, from 1
 * @lba_shift: log2 of the size of a block in bytes
 * @nr_lbas: blocks
 * @metadata: bytes of it that each block carries
 */
struct nvme_namespace {
	uint32_t nsid;
	unsigned int lba_shift;
	uint64_t nr_lbas;
	unsigned int metadata;
};

enum nvme_op {
	NVME_OP_FLUSH,
	NVME_OP_WRITE,
	NVME_OP_READ,
};

/**
 * enum nvme_pointers - how a command says where its data is
 * @NVME_PRPS: by PRPs
 * @NVME_SGLS: by SGL descriptors, if @sgls of struct nvme_info is not 0
 */
enum nvme_pointers {
	NVME_PRPS,
	NVME_SGLS,
};

/**
 * struct nvme_result - how a command ended
 * @status: 0 for success, or the status field: type, code, More, Do Not Retry;
 *          nvme_status_text() has words for it
 * @dw0: first dword of the completion, specific to the command
 * @prp: the data pointer that the command had; all zero with SGLs
 */
struct nvme_result {
	uint16_t status;
	uint32_t dw0;
	struct dmamem_nvme_prp prp;
};

/**
 * typedef nvme_done_fn - called from nvme_poll() when a command has completed
 * @arg: from struct nvme_io
 * @result: how it ended, gone when the function returns
 *
 * May submit further commands on the same queue pair, but not free it.
 */
typedef void (*nvme_done_fn)(void *arg, const struct nvme_result *result);

/**
 * struct nvme_io - a command
 * @op: what to do
 * @ns: with which namespace
 * @lba: first block; not used by NVME_OP_FLUSH
 * @iov: the data, in registered memory, laid out by the rules of
 *       dmamem_nvme_prp_build() or dmamem_nvme_sgl_build(); a multiple of the
 *       block size in all
 * @nr_iov: segments of @iov
 * @pointers: which of the two
 * @map: where the DMA addresses of the data are; NULL: in the context's map.
 *       Another one is for memory that the context knows nothing of.
 * @done: called on completion; may be NULL
 * @arg: for @done
 *
 * The structure and the array at @iov may be reused when nvme_submit() has
 * returned, the data only when the command has completed.
 */
struct nvme_io {
	enum nvme_op op;
	const struct nvme_namespace *ns;
	uint64_t lba;
	const struct iovec *iov;
	unsigned int nr_iov;
	enum nvme_pointers pointers;
	const struct dmamem_map *map;
	nvme_done_fn done;
	void *arg;
};

/**
 * nvme_open() - bring a controller up
 * @ctx: where DMA addresses come from; outlives the controller
 * @bdf: PCI address, "0000:00:04.0"; bound to vfio-pci if @ctx is VFIO's, else
 *       to no driver, to uio_pci_generic or to dmamem
 * @ctrl: the controller, unchanged on failure
 *
 * Whatever the controller was doing before ends here. Its namespaces are not
 * touched.
 *
 * Return: 0, or
 * -EINVAL, -ENODEV, -ENOTTY, -EBUSY, -EACCES, -EPERM (nvme_pci_open()),
 * -EOPNOTSUPP (the controller's smallest page is larger than 4 KiB, its queue
 * entries are not of the usual size, or it has no NVM command set),
 * -ETIMEDOUT (no answer within the time that the controller asks for),
 * -ENOTRECOVERABLE (it reports a fatal status),
 * -EIO (a command failed), or an error of dmamem_register().
 */
int nvme_open(struct dmamem_context *ctx, const char *bdf,
	      struct nvme_controller **ctrl);

/**
 * nvme_close() - shut the controller down and give all memory back
 * @ctrl: from nvme_open(), or NULL
 *
 * Frees queue pairs that are still there. Commands in flight are given up,
 * their callbacks not called. When the function returns 0 the controller does
 * not touch memory any more.
 *
 * Return: 0, or -ETIMEDOUT or -ENODEV: the controller could not be stopped, not
 * by a reset either. The handle is gone, but the queues' memory stays
 * registered, and no registration that a command in flight may use must be
 * undone.
 */
int nvme_close(struct nvme_controller *ctrl);

/**
 * nvme_get_info() - what a controller says of itself
 * @ctrl: the controller
 *
 * Return: the description, which lives as long as @ctrl.
 */
const struct nvme_info *nvme_get_info(const struct nvme_controller *ctrl);

/**
 * nvme_namespace_after() - find a namespace
 * @ctrl: the controller
 * @nsid: the namespace wanted is the first active one with a higher id; 0 for
 *        the first of all
 * @ns: the namespace, also one that cannot be used; unchanged on other failures
 *
 * Return: 0, or
 * -ENOENT (there is none),
 * -EOPNOTSUPP (nvme_namespace_unusable() says why; those after it may do),
 * or an error as of nvme_transfer().
 */
int nvme_namespace_after(struct nvme_controller *ctrl, uint32_t nsid,
			 struct nvme_namespace *ns);

/**
 * nvme_namespace_first() - find the first namespace that can be used
 * @ctrl: the controller
 * @ns: the namespace, unchanged on failure
 *
 * Return: 0, -EOPNOTSUPP (there are only others), or an error as of
 * nvme_namespace_after().
 */
int nvme_namespace_first(struct nvme_controller *ctrl,
			 struct nvme_namespace *ns);

/**
 * nvme_namespace_unusable() - why a namespace cannot be used
 * @ns: the namespace
 *
 * Return: the reason (it carries metadata, or the size of its blocks), or NULL
 * if it can be used.
 */
const char *nvme_namespace_unusable(const struct nvme_namespace *ns);

/**
 * nvme_qpair_create() - make an I/O queue pair
 * @ctrl: the controller
 * @depth: commands in flight at most, 1 to NVME_MAX_DEPTH
 * @max_transfer: bytes that a command may move at most, below 4 GiB: list pages
 *                for as many are kept for each command
 * @qpair: the queue pair, unchanged on failure
 *
 * Return: 0, or
 * -EINVAL (@depth is out of range or more than the controller takes),
 * -E2BIG (@max_transfer is 4 GiB, or more than struct nvme_info says),
 * -ENOSPC (the controller has no more queues, or NVME_MAX_QPAIRS),
 * -ENOMEM, an error of dmamem_register(), or one as of nvme_transfer().
 */
int nvme_qpair_create(struct nvme_controller *ctrl, unsigned int depth,
		      size_t max_transfer, struct nvme_qpair **qpair);

/**
 * nvme_qpair_free() - delete an I/O queue pair and free it
 * @qpair: from nvme_qpair_create()
 *
 * Return: 0, or with the queue pair still there, for nvme_close() to free,
 * -EBUSY (commands are in flight), or an error as of nvme_transfer().
 */
int nvme_qpair_free(struct nvme_qpair *qpair);

/**
 * nvme_submit() - hand a command to the controller
 * @qpair: the queue pair
 * @io: the command
 *
 * Return: 0, or with nothing submitted
 * -EAGAIN (the queue pair is full: poll first),
 * -EINVAL (@op is unknown, the data is not a multiple of the block size or
 * breaks the alignment rules),
 * -E2BIG (more than the queue pair's max_transfer or 65536 blocks; with SGLs
 * also more pieces than that has pages),
 * -EFAULT (part of the data is not registered),
 * -EOPNOTSUPP (the controller takes no SGLs).
 */
int nvme_submit(struct nvme_qpair *qpair, const struct nvme_io *io);

/**
 * nvme_poll() - take completions
 * @qpair: the queue pair
 *
 * Calls back for each command that has completed, in the order of completion.
 * Does not wait.
 *
 * Return: number of completions taken, or
 * -EPROTO (the controller completed a command that it was not given).
 */
int nvme_poll(struct nvme_qpair *qpair);

/**
 * nvme_in_flight() - commands submitted and not yet completed
 * @qpair: the queue pair
 *
 * Return: their number.
 */
unsigned int nvme_in_flight(const struct nvme_qpair *qpair);

/**
 * nvme_wait() - poll until few enough commands are in flight
 * @qpair: the queue pair
 * @in_flight: return when no more than so many are
 *
 * Return: 0, or
 * -ETIMEDOUT (no command completed for 30 seconds),
 * -ENOTRECOVERABLE (the controller reports a fatal status),
 * -ECONNRESET (somebody else has reset it),
 * -ENODEV (its registers are gone),
 * -EPROTO (nvme_poll()).
 * After any of these only nvme_close() helps; commands that were in flight may
 * still use their data until it returns.
 */
int nvme_wait(struct nvme_qpair *qpair, unsigned int in_flight);

/**
 * nvme_transfer() - submit a command and wait for it
 * @qpair: the queue pair
 * @io: the command; @done is not called
 * @result: how it ended; may be NULL
 *
 * Return: 0, an error of nvme_submit() or nvme_wait(), or -EIO: the command
 * failed, @result says how.
 */
int nvme_transfer(struct nvme_qpair *qpair, const struct nvme_io *io,
		  struct nvme_result *result);

/**
 * nvme_status_text() - a status of a command in words
 * @status: from struct nvme_result
 *
 * Return: a constant string, in the words of the specification.
 */
const char *nvme_status_text(uint16_t status);

/**
 * nvme_error_text() - an error of this driver in words
 * @err: a negative return value
 *
 * Return: a constant string: what the error means here, or strerror()'s.
 */
const char *nvme_error_text(int err);

#endif
