// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The load for a disk: it does as much as it is told, and its verification
 * finds what is wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/skip.h"
#include "tools/nvme/load.h"
#include "tools/nvme/pattern.h"

#define KIB(n) ((size_t)(n) << 10)
#define PART KIB(8192)
#define DEPTH 16
#define COUNT 300
#define MAX_SIZE KIB(128)

FIXTURE(load)
{
	struct nvme_rig rig;
	struct nvme_load load;
	struct nvme_load_result result;
	unsigned int progressed;
};

FIXTURE_VARIANT(load)
{
	unsigned int reads;
	enum nvme_load_order order;
	enum nvme_pointers pointers;
};

FIXTURE_VARIANT_ADD(load, sequential_reads)
{
	.reads = 100,
	.order = NVME_LOAD_SEQUENTIAL,
};

FIXTURE_VARIANT_ADD(load, random_writes)
{
	.reads = 0,
	.order = NVME_LOAD_RANDOM,
};

FIXTURE_VARIANT_ADD(load, random_mix)
{
	.reads = 50,
	.order = NVME_LOAD_RANDOM,
};

FIXTURE_VARIANT_ADD(load, random_mix_by_sgl)
{
	.reads = 50,
	.order = NVME_LOAD_RANDOM,
	.pointers = NVME_SGLS,
};

FIXTURE_SETUP(load)
{
	struct nvme_load *load = &self->load;
	struct nvme_rig *rig = &self->rig;
	const char *bdf = nvme_rig_bdf(0);
	size_t pages = nvme_load_memory(MAX_SIZE, DEPTH) / NVME_RIG_PAGE + 1;

	if (!bdf)
		SKIP_SETUP("DMAMEM_NVME does not name a controller");
	ASSERT_EQ(0, function_bind(bdf, function_is_translated(bdf) ?
				   "dmamem" : NULL));
	ASSERT_EQ(0, nvme_rig_open(rig, bdf, pages, 1));
	if (variant->pointers == NVME_SGLS && !nvme_get_info(rig->ctrl)->sgls) {
		nvme_rig_close(rig);
		SKIP_SETUP("the controller takes no SGLs");
	}
	*load = (struct nvme_load){
		.ns = &rig->ns,
		.first = nvme_rig_blocks(rig, KIB(1024)),
		.nr_lbas = nvme_rig_blocks(rig, PART),
		.depth = DEPTH,
		.reads = variant->reads,
		.order = variant->order,
		.pointers = variant->pointers,
		.memory = rig->memory,
		.count = COUNT,
		.seed = 7,
	};
	/* Where no PRP may begin, to see that there are none */
	if (variant->pointers == NVME_SGLS &&
	    (nvme_get_info(rig->ctrl)->sgls & 3) == 1)
		load->memory += 2;
	ASSERT_EQ(0, nvme_qpair_create(rig->ctrl, DEPTH, MAX_SIZE,
				       &load->qpair));
}

FIXTURE_TEARDOWN(load)
{
	EXPECT_EQ(0, nvme_rig_close(&self->rig));
}

TEST_F(load, does_what_it_is_told)
{
	static const size_t sizes[] = { KIB(4), KIB(12), MAX_SIZE };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		self->load.size = sizes[i];
		ASSERT_EQ(0, nvme_load_run(&self->load, &self->result));
		EXPECT_EQ(COUNT, self->result.ios);
		EXPECT_EQ(COUNT, self->result.latencies.count);
		EXPECT_EQ(0, self->result.checked);
		EXPECT_LT(0, self->result.ns);
		EXPECT_LE(self->result.latencies.longest, self->result.ns);
	}
}

/* All is read back in the end, and each read is looked at */
TEST_F(load, verified)
{
	static const size_t sizes[] = { KIB(4), KIB(12), MAX_SIZE };

	self->load.verify = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		uint64_t units = PART / sizes[i];

		self->load.size = sizes[i];
		ASSERT_EQ(0, nvme_load_run(&self->load, &self->result));
		EXPECT_EQ(COUNT, self->result.ios);
		EXPECT_LE(units * sizes[i], self->result.checked);
		if (variant->reads == 100)
			EXPECT_EQ((units + COUNT) * sizes[i],
				  self->result.checked);
		if (!variant->reads)
			EXPECT_EQ(units * sizes[i], self->result.checked);
	}
}

/* Somebody else writes 4 KiB of what is in the memory */
static bool write_beside(FIXTURE_DATA(load) *self, uint64_t lba)
{
	struct iovec iov = { self->rig.memory, KIB(4) };
	const struct nvme_io io = {
		.op = NVME_OP_WRITE,
		.ns = &self->rig.ns,
		.lba = lba,
		.iov = &iov,
		.nr_iov = 1,
	};
	struct nvme_qpair *qpair;

	self->progressed++;
	return !nvme_qpair_create(self->rig.ctrl, 1, KIB(4), &qpair) &&
	       !nvme_transfer(qpair, &io, NULL) && !nvme_qpair_free(qpair);
}

/* When all is filled: a block that the load itself does not reach */
static bool spoil(void *arg, uint64_t done, uint64_t total)
{
	FIXTURE_DATA(load) *self = arg;

	if (done != 1 || total != COUNT)
		return true;
	return write_beside(self, self->load.first + self->load.nr_lbas - 8);
}

TEST_F(load, wrong_data_is_found)
{
	self->load.size = KIB(4);
	self->load.order = NVME_LOAD_SEQUENTIAL;
	self->load.verify = true;
	self->load.progress = spoil;
	self->load.arg = self;
	ASSERT_EQ(-EBADMSG, nvme_load_run(&self->load, &self->result));
	EXPECT_EQ(1, self->progressed);
	EXPECT_EQ(COUNT, self->result.ios);
	EXPECT_EQ((self->load.first + self->load.nr_lbas - 8)
		  << self->rig.ns.lba_shift, self->result.bad_byte);
}

/* In the end: the first block has what it was filled with, as if never written */
static bool restore(void *arg, uint64_t done, uint64_t total)
{
	FIXTURE_DATA(load) *self = arg;

	if (done != COUNT || total != COUNT)
		return true;
	pattern_fill(self->rig.memory, KIB(4), self->load.seed,
		     self->load.first << self->rig.ns.lba_shift);
	return write_beside(self, self->load.first);
}

TEST_F(load, lost_write_is_found)
{
	if (variant->reads)
		SKIP(return, "the load does not write all the time");
	self->load.size = KIB(4);
	self->load.order = NVME_LOAD_SEQUENTIAL;
	self->load.verify = true;
	self->load.progress = restore;
	self->load.arg = self;
	ASSERT_EQ(-EBADMSG, nvme_load_run(&self->load, &self->result));
	EXPECT_EQ(1, self->progressed);
	EXPECT_EQ(self->load.first << self->rig.ns.lba_shift,
		  self->result.bad_byte);
}

static bool stop_at_fifty(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)total;
	return done < 50;
}

TEST_F(load, can_be_stopped)
{
	self->load.size = KIB(4);
	self->load.progress = stop_at_fifty;
	EXPECT_EQ(-ECANCELED, nvme_load_run(&self->load, &self->result));
	EXPECT_EQ(50, self->result.ios);
	EXPECT_EQ(0, nvme_in_flight(self->load.qpair));
}

TEST_F(load, failed_command_ends_it)
{
	self->load.size = KIB(4);
	self->load.first = self->rig.ns.nr_lbas - 8 * DEPTH;
	self->load.nr_lbas = 16 * DEPTH;
	self->load.order = NVME_LOAD_SEQUENTIAL;
	EXPECT_EQ(-EIO, nvme_load_run(&self->load, &self->result));
	EXPECT_STREQ("LBA Out of Range",
		     nvme_status_text(self->result.status));
	EXPECT_EQ(0, nvme_in_flight(self->load.qpair));
}

TEST_F(load, no_room)
{
	self->load.size = MAX_SIZE;
	self->load.nr_lbas = nvme_rig_blocks(&self->rig, MAX_SIZE * DEPTH) - 1;
	EXPECT_EQ(-EINVAL, nvme_load_run(&self->load, &self->result));
}

TEST_HARNESS_MAIN
