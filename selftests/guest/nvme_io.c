// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The NVMe driver on scattered pages: what is written is what is read back, and
 * what cannot work is refused.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <dmamem/memory.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/random.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"
#include "tools/nvme/pattern.h"

#define KIB(n) ((size_t)(n) << 10)
#define MAX_LENGTH KIB(4096)
#define MAX_ENTRIES 1024 /* that QEMU takes for one command */
#define AREA_PAGES (MAX_LENGTH / PAGE + 3)

/* What a test works with; half of the memory is @from, half @to */
struct session {
	struct nvme_rig rig;
	struct nvme_qpair *qpair;
	struct random random;
	size_t max_length;
	enum nvme_pointers pointers;
	unsigned char *from;
	unsigned char *to;
};

FIXTURE(nvme)
{
	struct session s;
};

FIXTURE_VARIANT(nvme)
{
	unsigned int controller;
	const char *driver;
	const char *provider;
};

FIXTURE_VARIANT_ADD(nvme, physical)
{
	.controller = 0,
};

FIXTURE_VARIANT_ADD(nvme, physical_second)
{
	.controller = 1,
};

FIXTURE_VARIANT_ADD(nvme, physical_uio)
{
	.controller = 0,
	.driver = "uio_pci_generic",
};

FIXTURE_VARIANT_ADD(nvme, device_node)
{
	.controller = 0,
	.driver = "dmamem",
};

FIXTURE_VARIANT_ADD(nvme, vfio)
{
	.controller = 0,
	.driver = "vfio-pci",
};

FIXTURE_VARIANT_ADD(nvme, hugepage)
{
	.controller = 0,
	.provider = "hugepage",
};

FIXTURE_SETUP(nvme)
{
	struct session *s = &self->s;
	const char *bdf = nvme_rig_bdf(variant->controller);

	if (!bdf)
		SKIP_SETUP("DMAMEM_NVME does not name such a controller");
	if (!nvme_rig_driver_suits(variant->driver, bdf))
		SKIP_SETUP(function_is_translated(bdf) ?
			   "an IOMMU translates for the controller" :
			   "no IOMMU translates for the controller");
	if (function_bind(bdf, variant->driver))
		SKIP_SETUP("does not bind to %s", variant->driver);
	random_init(&s->random);
	if (variant->provider && pages_write("/proc/sys/vm/nr_hugepages", "64"))
		SKIP_SETUP("no huge pages can be reserved");
	ASSERT_EQ(0, nvme_rig_open_with(&s->rig, bdf, variant->provider,
					2 * AREA_PAGES,
					random_next(&s->random)));
	s->from = s->rig.memory;
	s->to = s->from + AREA_PAGES * PAGE;
	memset(s->from, NVME_RIG_GUARD, 2 * AREA_PAGES * PAGE);

	s->max_length = nvme_get_info(s->rig.ctrl)->max_transfer;
	if (s->max_length > MAX_LENGTH)
		s->max_length = MAX_LENGTH;
	ASSERT_EQ(0, nvme_qpair_create(s->rig.ctrl, NVME_MAX_DEPTH,
				       s->max_length, &s->qpair));
}

FIXTURE_TEARDOWN(nvme)
{
	EXPECT_EQ(0, nvme_rig_close(&self->s.rig));
}

static int transfer(struct session *s, enum nvme_op op, uint64_t lba,
		    const struct iovec *iov, unsigned int nr_iov)
{
	const struct nvme_io io = {
		.op = op,
		.ns = &s->rig.ns,
		.lba = lba,
		.iov = iov,
		.nr_iov = nr_iov,
		.pointers = s->pointers,
	};

	return nvme_transfer(s->qpair, &io, NULL);
}

/* One buffer */
static int transfer_buffer(struct session *s, enum nvme_op op,
			   uint64_t lba, void *data, size_t len)
{
	const struct iovec iov = { data, len };

	return transfer(s, op, lba, &iov, 1);
}

/* Write and read back at an offset in a page; returns what went wrong */
static const char *round_trip(struct session *s, size_t offset,
			      size_t len)
{
	unsigned char *from = s->from + PAGE + offset;
	unsigned char *to = s->to + PAGE + offset;
	uint64_t seed = random_next(&s->random);
	uint64_t lba = random_below(&s->random, s->rig.ns.nr_lbas -
				    nvme_rig_blocks(&s->rig, len) + 1);
	uint64_t disk = lba << s->rig.ns.lba_shift;

	pattern_fill(from, len, seed, disk);
	memset(to, NVME_RIG_GUARD, len);
	if (transfer_buffer(s, NVME_OP_WRITE, lba, from, len))
		return "write";
	if (transfer_buffer(s, NVME_OP_READ, lba, to, len))
		return "read";
	if (pattern_check(to, len, seed, disk) != len)
		return "what was read";
	if (pattern_check(from, len, seed, disk) != len)
		return "what was written is no more";
	if (!nvme_rig_guarded(to - PAGE, to) ||
	    !nvme_rig_guarded(to + len, to + len + PAGE))
		return "bytes around the buffer";
	memset(to, NVME_RIG_GUARD, len);
	return NULL;
}

TEST_F(nvme, any_length_at_any_dword)
{
	struct session *s = &self->s;
	static const size_t offsets[] = { 0, 4, 1236, 4092 };
	static const size_t lengths[] = {
		512, KIB(1), KIB(4), KIB(8), KIB(12), KIB(128), KIB(1024),
		KIB(2048), KIB(2052), KIB(3072), KIB(4096),
	};
	const char *wrong;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t len = lengths[i];

		if (len > s->max_length ||
		    !nvme_rig_blocks(&s->rig, len))
			continue;
		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			if (offsets[j] + len > MAX_ENTRIES * PAGE)
				continue;
			wrong = round_trip(s, offsets[j], len);
			ASSERT_EQ(NULL, wrong)
				TH_LOG("%zu bytes at %zu: %s", len, offsets[j],
				       wrong);
		}
	}
}

/*
 * Up to two segments of scattered pages: QEMU's controller misreads a chain of
 * more (see nvme_pointers.c)
 */
TEST_F(nvme, sgls_of_any_length)
{
	struct session *s = &self->s;
	static const size_t lengths[] = {
		512, KIB(4), KIB(128), KIB(1020), KIB(1024), KIB(2012),
	};
	const char *wrong;
	size_t i;

	s->pointers = NVME_SGLS;
	if (!nvme_get_info(s->rig.ctrl)->sgls) {
		EXPECT_EQ(-EOPNOTSUPP, transfer_buffer(s, NVME_OP_READ, 0,
						       s->to, PAGE));
		SKIP(return, "the controller takes no SGLs");
	}
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		if (lengths[i] > s->max_length ||
		    !nvme_rig_blocks(&s->rig, lengths[i]))
			continue;
		wrong = round_trip(s, 1236, lengths[i]);
		ASSERT_EQ(NULL, wrong)
			TH_LOG("%zu bytes: %s", lengths[i], wrong);
	}
}

/* Pages of one buffer in the order of another: reversed */
TEST_F(nvme, segments_in_any_order)
{
	struct session *s = &self->s;
	struct iovec iov[32];
	const size_t len = sizeof(iov) / sizeof(iov[0]) * PAGE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct iovec){ s->to + len - (i + 1) * PAGE,
					 PAGE };
	pattern_fill(s->from, len, 1, 0);
	ASSERT_EQ(0, transfer_buffer(s, NVME_OP_WRITE, 0, s->from, len));
	ASSERT_EQ(0, transfer(s, NVME_OP_READ, 0, iov, ARRAY_SIZE(iov)));
	for (i = 0; i < ARRAY_SIZE(iov); i++)
		ASSERT_EQ(PAGE, pattern_check(iov[i].iov_base, PAGE, 1,
					      i * PAGE));
}

/* The first segment starts, the last one ends off a page */
TEST_F(nvme, segments_with_ragged_ends)
{
	struct session *s = &self->s;
	const size_t head = 516, len = KIB(16);
	struct iovec iov[] = {
		{ s->to + PAGE - head, head },
		{ s->to + 4 * PAGE, 2 * PAGE },
		{ s->to + 8 * PAGE, len - head - 2 * PAGE },
	};
	size_t i, done = 0;

	pattern_fill(s->from, len, 2, 0);
	ASSERT_EQ(0, transfer_buffer(s, NVME_OP_WRITE, 0, s->from, len));
	ASSERT_EQ(0, transfer(s, NVME_OP_READ, 0, iov, ARRAY_SIZE(iov)));
	for (i = 0; i < ARRAY_SIZE(iov); i++) {
		ASSERT_EQ(0, memcmp(s->from + done, iov[i].iov_base,
				    iov[i].iov_len));
		done += iov[i].iov_len;
	}
}

TEST_F(nvme, flush)
{
	struct session *s = &self->s;
	const struct nvme_io io = { .op = NVME_OP_FLUSH, .ns = &s->rig.ns };

	ASSERT_EQ(0, transfer_buffer(s, NVME_OP_WRITE, 0, s->from, PAGE));
	ASSERT_EQ(0, nvme_transfer(s->qpair, &io, NULL));
}

static int transfer_namespace(struct session *s, enum nvme_op op,
			      const struct nvme_namespace *ns, uint64_t lba)
{
	const struct iovec iov = { s->from, PAGE };
	const struct nvme_io io = {
		.op = op,
		.ns = ns,
		.lba = lba,
		.iov = &iov,
		.nr_iov = 1,
	};

	return nvme_transfer(s->qpair, &io, NULL);
}

/* Each has its own blocks */
TEST_F(nvme, namespaces)
{
	struct session *s = &self->s;
	struct nvme_namespace ns = { 0 };
	unsigned int nr = 0;
	uint32_t nsid = 0;

	while (!nvme_namespace_after(s->rig.ctrl, nsid, &ns)) {
		ASSERT_GT(ns.nsid, nsid);
		nsid = ns.nsid;
		pattern_fill(s->from, PAGE, nsid, 0);
		ASSERT_EQ(0, transfer_namespace(s, NVME_OP_WRITE, &ns, 0));
		nr++;
	}
	EXPECT_EQ(-ENOENT, nvme_namespace_after(s->rig.ctrl, nsid, &ns));
	EXPECT_EQ(nsid, ns.nsid);

	for (nsid = 0; nr; nr--) {
		ASSERT_EQ(0, nvme_namespace_after(s->rig.ctrl, nsid, &ns));
		nsid = ns.nsid;
		ASSERT_EQ(0, transfer_namespace(s, NVME_OP_READ, &ns, 0));
		EXPECT_EQ(PAGE, pattern_check(s->from, PAGE, nsid, 0));
	}
}

/* 0, then each power of two from a page of the smallest blocks on */
static uint64_t next_bit(uint64_t lba)
{
	return lba ? lba * 2 : 8;
}

/* Every bit of a block's number counts */
TEST_F(nvme, blocks_far_apart)
{
	struct session *s = &self->s;
	struct nvme_namespace ns;
	uint32_t nsid = 0;
	uint64_t lba;

	while (!nvme_namespace_after(s->rig.ctrl, nsid, &ns)) {
		nsid = ns.nsid;
		for (lba = 0; lba <= ns.nr_lbas - 8; lba = next_bit(lba)) {
			pattern_fill(s->from, PAGE, lba, 0);
			ASSERT_EQ(0, transfer_namespace(s, NVME_OP_WRITE, &ns,
							lba));
		}
		for (lba = 0; lba <= ns.nr_lbas - 8; lba = next_bit(lba)) {
			ASSERT_EQ(0, transfer_namespace(s, NVME_OP_READ, &ns,
							lba));
			EXPECT_EQ(PAGE, pattern_check(s->from, PAGE, lba, 0));
		}
	}
}

/* Commands in flight, each with its own buffers and its own part of the disk */
#define NR_STREAMS 32
#define NR_ROUNDS 40

struct stream {
	struct session *session;
	unsigned char *data;
	uint64_t seed;
	uint64_t lba;
	size_t len;
	unsigned int rounds;
	unsigned int errors;
};

static void stream_wrote(void *arg, const struct nvme_result *result);
static void stream_read(void *arg, const struct nvme_result *result);

static void stream_submit(struct stream *stream, enum nvme_op op,
			  nvme_done_fn done)
{
	const struct iovec iov = { stream->data, stream->len };
	const struct nvme_io io = {
		.op = op,
		.ns = &stream->session->rig.ns,
		.lba = stream->lba,
		.iov = &iov,
		.nr_iov = 1,
		.done = done,
		.arg = stream,
	};

	if (nvme_submit(stream->session->qpair, &io))
		stream->errors++;
}

static void stream_start(struct stream *stream, unsigned int index)
{
	struct random *random = &stream->session->random;
	const struct nvme_rig *rig = &stream->session->rig;
	size_t room = AREA_PAGES / NR_STREAMS * PAGE;
	size_t blocks = nvme_rig_blocks(rig, room - PAGE);

	stream->data = stream->session->from + index * room +
		       random_below(random, PAGE / 4) * 4;
	stream->len = (1 + random_below(random, blocks)) << rig->ns.lba_shift;
	stream->lba = nvme_rig_blocks(rig, index * room);
	stream->seed = random_next(random);
	pattern_fill(stream->data, stream->len, stream->seed, 0);
	stream_submit(stream, NVME_OP_WRITE, stream_wrote);
}

static void stream_wrote(void *arg, const struct nvme_result *result)
{
	struct stream *stream = arg;

	stream->errors += !!result->status;
	memset(stream->data, NVME_RIG_GUARD, stream->len);
	stream_submit(stream, NVME_OP_READ, stream_read);
}

static void stream_read(void *arg, const struct nvme_result *result)
{
	struct stream *stream = arg;

	stream->errors += !!result->status;
	stream->errors += pattern_check(stream->data, stream->len, stream->seed, 0) != stream->len;
	stream->rounds++;
}

TEST_F(nvme, many_commands_in_flight)
{
	struct session *s = &self->s;
	struct stream streams[NR_STREAMS] = { 0 };
	unsigned int i, round;

	for (round = 0; round < NR_ROUNDS; round++) {
		for (i = 0; i < NR_STREAMS; i++) {
			streams[i].session = s;
			stream_start(&streams[i], i);
		}
		EXPECT_EQ(NR_STREAMS, nvme_in_flight(s->qpair));
		ASSERT_EQ(0, nvme_wait(s->qpair, 0));
	}
	for (i = 0; i < NR_STREAMS; i++) {
		EXPECT_EQ(NR_ROUNDS, streams[i].rounds);
		EXPECT_EQ(0, streams[i].errors);
	}
}

/* Queue pairs of different threads have nothing to do with each other */
#define NR_THREADS 2
#define NR_THREAD_ROUNDS 100

struct worker {
	const struct nvme_rig *rig;
	struct nvme_qpair *qpair;
	unsigned char *data;
	uint64_t lba;
	unsigned int errors;
};

static void *work(void *arg)
{
	struct worker *worker = arg;
	const struct iovec iov = { worker->data, 4 * PAGE };
	struct nvme_io io = {
		.ns = &worker->rig->ns,
		.lba = worker->lba,
		.iov = &iov,
		.nr_iov = 1,
	};
	unsigned int i;

	for (i = 0; i < NR_THREAD_ROUNDS; i++) {
		pattern_fill(worker->data, iov.iov_len, i, worker->lba * 8);
		io.op = NVME_OP_WRITE;
		worker->errors += !!nvme_transfer(worker->qpair, &io, NULL);
		memset(worker->data, NVME_RIG_GUARD, iov.iov_len);
		io.op = NVME_OP_READ;
		worker->errors += !!nvme_transfer(worker->qpair, &io, NULL);
		worker->errors += pattern_check(worker->data, iov.iov_len, i,
						worker->lba * 8) != iov.iov_len;
	}
	return NULL;
}

TEST_F(nvme, queue_pairs_in_threads)
{
	struct session *s = &self->s;
	struct worker workers[NR_THREADS] = { 0 };
	pthread_t threads[NR_THREADS];
	unsigned int i;

	ASSERT_EQ(0, nvme_qpair_free(s->qpair));
	for (i = 0; i < NR_THREADS; i++) {
		workers[i].rig = &s->rig;
		workers[i].data = s->from + i * 8 * PAGE;
		workers[i].lba = nvme_rig_blocks(&s->rig, i * 8 * PAGE);
		ASSERT_EQ(0, nvme_qpair_create(s->rig.ctrl, 1, 4 * PAGE,
					       &workers[i].qpair));
	}
	for (i = 0; i < NR_THREADS; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, work,
					    &workers[i]));
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, workers[i].errors);
	}
}

static void count(void *arg, const struct nvme_result *result)
{
	if (!result->status)
		++*(unsigned int *)arg;
}

/* Both queues wrap and the phase tag turns, at each depth in its own place */
TEST_F(nvme, queues_wrap)
{
	struct session *s = &self->s;
	static const unsigned int depths[] = { 1, 2, 7, NVME_MAX_DEPTH };
	const struct iovec iov = { s->to, PAGE };
	struct nvme_io io = {
		.op = NVME_OP_READ,
		.ns = &s->rig.ns,
		.iov = &iov,
		.nr_iov = 1,
		.done = count,
	};
	unsigned int i, n, done;
	struct nvme_qpair *qpair;

	ASSERT_EQ(0, nvme_qpair_free(s->qpair));
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		ASSERT_EQ(0, nvme_qpair_create(s->rig.ctrl, depths[i], PAGE,
					       &qpair));
		done = 0;
		io.arg = &done;
		for (n = 0; n < 5 * (depths[i] + 1); n++) {
			ASSERT_EQ(0, nvme_wait(qpair, depths[i] - 1));
			ASSERT_EQ(0, nvme_submit(qpair, &io));
		}
		ASSERT_EQ(0, nvme_wait(qpair, 0));
		EXPECT_EQ(n, done);
		ASSERT_EQ(0, nvme_qpair_free(qpair));
	}
}

TEST_F(nvme, full_queue_refuses)
{
	struct session *s = &self->s;
	const struct iovec iov = { s->to, PAGE };
	unsigned int i, done = 0;
	const struct nvme_io io = {
		.op = NVME_OP_READ,
		.ns = &s->rig.ns,
		.iov = &iov,
		.nr_iov = 1,
		.done = count,
		.arg = &done,
	};

	for (i = 0; i < NVME_MAX_DEPTH; i++)
		ASSERT_EQ(0, nvme_submit(s->qpair, &io));
	EXPECT_EQ(-EAGAIN, nvme_submit(s->qpair, &io));
	EXPECT_EQ(-EBUSY, nvme_qpair_free(s->qpair));
	ASSERT_EQ(0, nvme_wait(s->qpair, 0));
	EXPECT_EQ(NVME_MAX_DEPTH, done);
}

TEST_F(nvme, bad_data_is_refused)
{
	struct session *s = &self->s;
	unsigned char *data = s->to + PAGE;
	static uint64_t stranger[1024];
	const size_t block = (size_t)1 << s->rig.ns.lba_shift;

	EXPECT_EQ(-EINVAL, transfer_buffer(s, NVME_OP_READ, 0, data, 0));
	EXPECT_EQ(-EINVAL, transfer_buffer(s, NVME_OP_READ, 0, data,
					   block + 4));
	EXPECT_EQ(-EINVAL, transfer_buffer(s, NVME_OP_READ, 0, data + 2,
					   block));
	EXPECT_EQ(-EFAULT, transfer_buffer(s, NVME_OP_READ, 0, stranger,
					   block));
	EXPECT_EQ(-EFAULT, transfer_buffer(s, NVME_OP_READ, 0,
					   s->to + (AREA_PAGES - 1) * PAGE,
					   2 * PAGE));
	EXPECT_EQ(-E2BIG, transfer_buffer(s, NVME_OP_READ, 0, s->from,
					  s->max_length + block));
	EXPECT_EQ(-EINVAL, transfer_buffer(s, (enum nvme_op)99, 0, data,
					   block));
	EXPECT_EQ(0, nvme_in_flight(s->qpair));
	EXPECT_EQ(NULL, round_trip(s, 0, PAGE));
}

TEST_F(nvme, failed_command_says_why)
{
	struct session *s = &self->s;
	const struct iovec iov = { s->to, PAGE };
	const struct nvme_io io = {
		.op = NVME_OP_READ,
		.ns = &s->rig.ns,
		.lba = s->rig.ns.nr_lbas,
		.iov = &iov,
		.nr_iov = 1,
	};
	struct nvme_result result;

	ASSERT_EQ(-EIO, nvme_transfer(s->qpair, &io, &result));
	EXPECT_STREQ("LBA Out of Range", nvme_status_text(result.status));
	EXPECT_EQ(NULL, round_trip(s, 0, PAGE));
}

TEST_F(nvme, limits_of_queues)
{
	struct session *s = &self->s;
	size_t limit = nvme_get_info(s->rig.ctrl)->max_transfer;
	struct nvme_qpair *qpairs[NVME_MAX_QPAIRS + 1];
	unsigned int nr = 0;
	int err;

	EXPECT_EQ(-EINVAL, nvme_qpair_create(s->rig.ctrl, 0, PAGE,
					     &qpairs[0]));
	EXPECT_EQ(-EINVAL, nvme_qpair_create(s->rig.ctrl, NVME_MAX_DEPTH + 1,
					     PAGE, &qpairs[0]));
	if (limit != SIZE_MAX)
		EXPECT_EQ(-E2BIG, nvme_qpair_create(s->rig.ctrl, 1,
						    limit + 1, &qpairs[0]));
	do {
		err = nvme_qpair_create(s->rig.ctrl, 1, PAGE, &qpairs[nr]);
	} while (!err && ++nr <= NVME_MAX_QPAIRS);
	EXPECT_EQ(-ENOSPC, err);
	ASSERT_GT(nr, 0);
	ASSERT_EQ(0, nvme_qpair_free(qpairs[0]));
	EXPECT_EQ(0, nvme_qpair_create(s->rig.ctrl, 1, PAGE, &qpairs[0]));
}

TEST_F(nvme, one_driver_at_a_time)
{
	struct session *s = &self->s;
	struct nvme_controller *other = NULL;

	EXPECT_EQ(-EBUSY, nvme_open(s->rig.ctx, s->rig.bdf, &other));
	EXPECT_EQ(NULL, other);
	EXPECT_EQ(NULL, round_trip(s, 0, PAGE));
}

TEST_F(nvme, comes_up_again)
{
	struct session *s = &self->s;
	const char *bdf = s->rig.bdf;

	ASSERT_EQ(NULL, round_trip(s, 0, PAGE));
	ASSERT_EQ(0, nvme_close(s->rig.ctrl));
	s->rig.ctrl = NULL;
	ASSERT_EQ(0, nvme_open(s->rig.ctx, bdf, &s->rig.ctrl));
	ASSERT_EQ(0, nvme_qpair_create(s->rig.ctrl, 1, s->max_length,
				       &s->qpair));
	EXPECT_EQ(NULL, round_trip(s, 0, PAGE));
}

TEST(wrong_functions)
{
	struct nvme_controller *ctrl = NULL;
	const char *bdf = nvme_rig_bdf(0);
	struct dmamem_context *ctx;

	if (!bdf)
		SKIP(return, "DMAMEM_NVME does not name a controller");
	ASSERT_EQ(0, function_bind(bdf, function_is_translated(bdf) ?
				   "dmamem" : NULL));
	ASSERT_EQ(0, nvme_rig_open_context(bdf, &ctx));
	EXPECT_EQ(-EINVAL, nvme_open(ctx, "", &ctrl));
	EXPECT_EQ(-EINVAL, nvme_open(ctx, "00:04.0", &ctrl));
	EXPECT_EQ(-EINVAL, nvme_open(ctx, "0000:00:04.0x", &ctrl));
	EXPECT_EQ(-ENODEV, nvme_open(ctx, "0000:ff:1f.7", &ctrl));
	EXPECT_EQ(-ENOTTY, nvme_open(ctx, "0000:00:00.0", &ctrl));
	EXPECT_EQ(NULL, ctrl);
	dmamem_close(ctx);
}

TEST_HARNESS_MAIN
