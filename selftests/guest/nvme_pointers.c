// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Data pointers that a controller has to follow: PRP lists that are in the map,
 * lists of memory that is not registered any more, and SGLs.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <dmamem/memory.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_command.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/random.h"
#include "selftests/lib/skip.h"
#include "tools/nvme/pattern.h"
#include "tools/nvme/scatter.h"

#define PAGE NVME_RIG_PAGE
#define CHUNK ((size_t)2 << 20)
#define CHUNK_PAGES (CHUNK / PAGE)

#define STATUS_PRP_OFFSET_INVALID 0x13
#define STATUS(status) ((status) & 0x7ff)

#define SGLS_BIT_BUCKET 0x10000

#define LIST_PAGES 8

/* One chunk to read into, and one with what is on the disk */
struct session {
	struct nvme_rig rig;
	struct nvme_qpair *qpair;
	struct random random;
	size_t max_length;
	unsigned char *window;
	unsigned char *disk;
	struct dmamem_nvme_list_page lists[LIST_PAGES];
	struct dmamem_nvme_sgl_segment segments[LIST_PAGES];
	struct dmamem_nvme_prp_stats stats;
	struct dmamem_nvme_prp_builder prps;
	struct dmamem_nvme_sgl_builder sgls;
};

FIXTURE(pointers)
{
	struct session s;
};

/* Behind an IOMMU memory is one run: there are lists in the map on request */
FIXTURE_VARIANT(pointers)
{
	const char *driver;
	uint64_t flags;
};

FIXTURE_VARIANT_ADD(pointers, physical) {};

FIXTURE_VARIANT_ADD(pointers, device_node)
{
	.driver = "dmamem",
	.flags = DMAMEM_OPEN_RESIDENT_LISTS,
};

static unsigned char *align_up(unsigned char *p)
{
	return p + (-(uintptr_t)p & (CHUNK - 1));
}

static int open_rig(struct nvme_rig *rig, const char *bdf, uint64_t flags,
		    uint64_t seed)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.flags = flags,
		.device = bdf,
	};
	int err;

	*rig = (struct nvme_rig){
		.bdf = bdf,
		.nr_pages = 4 * CHUNK_PAGES,
		.mapped = 4 * CHUNK,
	};
	err = dmamem_open(&options, &rig->ctx);
	if (err)
		return err;
	rig->memory = scatter_alloc(rig->nr_pages, seed);
	if (!rig->memory)
		return -errno;
	err = dmamem_register(rig->ctx, rig->memory, 4 * CHUNK);
	if (!err)
		err = nvme_open(rig->ctx, bdf, &rig->ctrl);
	return err ? err : nvme_namespace_after(rig->ctrl, 0, &rig->ns);
}

FIXTURE_SETUP(pointers)
{
	const char *bdf = nvme_rig_bdf(0);
	unsigned char *list;

	if (!bdf)
		SKIP_SETUP("DMAMEM_NVME names no controller");
	if (!variant->driver && function_is_translated(bdf))
		SKIP_SETUP("an IOMMU translates for the controller");
	if (function_bind(bdf, variant->driver))
		SKIP_SETUP("does not bind to %s", variant->driver);
	random_init(&self->s.random);
	ASSERT_EQ(0, open_rig(&self->s.rig, bdf, variant->flags,
			      random_next(&self->s.random)));
	self->s.max_length = nvme_get_info(self->s.rig.ctrl)->max_transfer;
	if (self->s.max_length > CHUNK)
		self->s.max_length = CHUNK;
	ASSERT_EQ(0, nvme_qpair_create(self->s.rig.ctrl, 8, self->s.max_length,
				       &self->s.qpair));

	self->s.window = align_up(self->s.rig.memory);
	self->s.disk = self->s.window + CHUNK;
	list = self->s.disk + CHUNK;
	for (unsigned int i = 0; i < LIST_PAGES; i++) {
		uint64_t dma = dmamem_translate(self->s.rig.ctx, list + i * PAGE,
						NULL);

		self->s.lists[i].entries = (void *)(list + i * PAGE);
		self->s.lists[i].dma_addr = dma;
		self->s.segments[i].descriptors = (void *)(list + i * PAGE);
		self->s.segments[i].dma_addr = dma;
	}
	self->s.prps = (struct dmamem_nvme_prp_builder){
		.map = dmamem_dma_map(self->s.rig.ctx),
		.mps_shift = 12,
		.nr_pages = LIST_PAGES,
		.pages = self->s.lists,
		.stats = &self->s.stats,
	};
	self->s.sgls = (struct dmamem_nvme_sgl_builder){
		.map = self->s.prps.map,
		.sgls = nvme_command_sgls(self->s.rig.ctrl),
		.segment_size = PAGE / sizeof(struct dmamem_nvme_sgl_descriptor),
		.nr_segments = LIST_PAGES,
		.segments = self->s.segments,
	};
}

FIXTURE_TEARDOWN(pointers)
{
	EXPECT_EQ(0, nvme_rig_close(&self->s.rig));
}

static uint64_t lba_of(const struct nvme_rig *rig, size_t byte)
{
	return byte >> rig->ns.lba_shift;
}

/* Have the disk hold what @disk holds; lists are built for this */
#define FILL_DISK() do { \
	pattern_fill(self->s.disk, CHUNK, random_next(&self->s.random), 0); \
	for (size_t at = 0; at < CHUNK; at += self->s.max_length) { \
		struct iovec iov = { self->s.disk + at, self->s.max_length }; \
		ASSERT_EQ(0, command(&self->s, NVME_OP_WRITE, at, &iov)); \
	} \
} while (0)

/* Build and run; 0, an error, or the status of the command */
static int command(struct session *s, enum nvme_op op, size_t disk,
		   const struct iovec *iov)
{
	struct dmamem_nvme_prp prp;
	uint16_t status;
	int err;

	err = dmamem_nvme_prp_build(&s->prps, iov, 1, &prp, NULL);
	if (!err)
		err = nvme_command_prp(s->qpair, &s->rig.ns, op,
				       lba_of(&s->rig, disk), iov->iov_len,
				       &prp, &status);
	return err ? err : status;
}

/* Read a few pages to a page of the window, from anywhere; what is wrong? */
static const char *read_to(struct session *s, size_t first,
			   size_t nr)
{
	unsigned char *to = s->window + first * PAGE;
	size_t from = first * 37 % (CHUNK_PAGES - nr + 1) * PAGE;
	struct iovec iov = { to, nr * PAGE };

	if (command(s, NVME_OP_READ, from, &iov))
		return "command";
	if (memcmp(to, s->disk + from, nr * PAGE))
		return "data";
	if ((first && !nvme_rig_guarded(to - PAGE, to)) ||
	    (first + nr < CHUNK_PAGES &&
	     !nvme_rig_guarded(to + nr * PAGE, to + (nr + 1) * PAGE)))
		return "bytes around the data";
	memset(to, NVME_RIG_GUARD, nr * PAGE);
	return NULL;
}

/* 8 KiB to 2 MiB, as far as the chunk goes, from each of its pages */
TEST_F_TIMEOUT(pointers, lists_in_the_map, 300)
{
	uint64_t nr_lists = 0;

	FILL_DISK();
	memset(self->s.window, NVME_RIG_GUARD, CHUNK);
	self->s.stats = (struct dmamem_nvme_prp_stats){ 0 };
	for (size_t first = 0; first < CHUNK_PAGES; first++) {
		size_t most = CHUNK_PAGES - first;

		if (most > self->s.max_length / PAGE)
			most = self->s.max_length / PAGE;
		for (size_t nr = 2; nr <= most;
		     nr = nr < most && 2 * nr >= most ? most : 2 * nr + 1) {
			const char *wrong = read_to(&self->s, first, nr);

			ASSERT_EQ(NULL, wrong)
				TH_LOG("%zu pages at %zu: %s", nr, first,
				       wrong);
			nr_lists += nr > 2;
		}
	}
	TH_LOG("%lu lists in the map, %lu built", self->s.stats.resident,
	       self->s.stats.built);
	EXPECT_EQ(nr_lists, self->s.stats.resident);
	EXPECT_EQ(0, self->s.stats.built);
}

TEST_F(pointers, writes_by_lists_in_the_map)
{
	size_t len = self->s.max_length - PAGE;
	struct iovec from = { self->s.disk + 1024, len };
	struct iovec to = { self->s.window + PAGE, len };

	pattern_fill(self->s.disk, CHUNK, random_next(&self->s.random), 0);
	self->s.stats = (struct dmamem_nvme_prp_stats){ 0 };
	ASSERT_EQ(0, command(&self->s, NVME_OP_WRITE, 0, &from));
	ASSERT_EQ(0, command(&self->s, NVME_OP_READ, 0, &to));
	EXPECT_EQ(2, self->s.stats.resident);
	EXPECT_EQ(0, memcmp(to.iov_base, from.iov_base, len));
}

/* The pages belong to somebody else by now: not one of them may be written */
TEST_F(pointers, unregistered_while_a_command_needs_it)
{
	unsigned char *memory, *chunk;
	struct dmamem_nvme_prp prp;
	uint16_t status;

	FILL_DISK();
	memory = scatter_alloc(2 * CHUNK_PAGES,
			       random_next(&self->s.random));
	ASSERT_NE(NULL, memory);
	chunk = align_up(memory);
	memset(chunk, NVME_RIG_GUARD, CHUNK);
	for (size_t nr = 16; nr <= CHUNK_PAGES; nr *= 32) {
		struct iovec iov = { chunk, 16 * PAGE };

		ASSERT_EQ(0, dmamem_register(self->s.rig.ctx, chunk, nr * PAGE));
		ASSERT_EQ(0, dmamem_nvme_prp_build(&self->s.prps, &iov, 1, &prp,
						   NULL));
		ASSERT_EQ(0, prp.nr_pages);
		ASSERT_EQ(0, dmamem_unregister(self->s.rig.ctx, chunk,
					       nr * PAGE));
		ASSERT_EQ(0, nvme_command_prp(self->s.qpair, &self->s.rig.ns,
					      NVME_OP_READ, 0, iov.iov_len,
					      &prp, &status));
		EXPECT_EQ(STATUS_PRP_OFFSET_INVALID, STATUS(status));
		EXPECT_TRUE(nvme_rig_guarded(chunk, chunk + CHUNK));
	}
	munmap(memory, 2 * CHUNK);
}

/* Build an SGL and run a command with it: 0, an error, or its status */
static int sgl_command(struct session *s, enum nvme_op op,
		       const struct iovec *iov, unsigned int nr_iov,
		       struct dmamem_nvme_sgl *sgl)
{
	unsigned int flags = op == NVME_OP_READ ? DMAMEM_NVME_SGL_READ : 0;
	uint16_t status;
	uint64_t len = 0;
	int err;

	for (unsigned int i = 0; i < nr_iov; i++)
		len += iov[i].iov_len;
	err = dmamem_nvme_sgl_build(&s->sgls, iov, nr_iov, flags, sgl, NULL);
	if (!err)
		err = nvme_command_sgl(s->qpair, &s->rig.ns, op, 0, len,
				       sgl, &status);
	return err ? err : STATUS(status);
}

TEST_F(pointers, sgl_of_any_length)
{
	static const size_t lengths[] = {
		512, 4096, 8192, 131072, 1 << 20,
	};
	struct dmamem_nvme_sgl sgl;

	if (!(self->s.sgls.sgls & 3))
		SKIP(return, "the controller takes no SGLs");
	pattern_fill(self->s.disk, CHUNK, random_next(&self->s.random), 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		size_t len = lengths[i] < self->s.max_length ? lengths[i] :
			     self->s.max_length;
		/* At any byte, if not only at any dword */
		unsigned int odd = (self->s.sgls.sgls & 3) == 1;
		struct iovec from = { self->s.disk + odd, len };
		struct iovec to = { self->s.window + 2048 - odd, len };

		memset(self->s.window, NVME_RIG_GUARD, CHUNK);
		EXPECT_EQ(0, sgl_command(&self->s, NVME_OP_WRITE, &from, 1, &sgl));
		EXPECT_EQ(0, sgl_command(&self->s, NVME_OP_READ, &to, 1, &sgl));
		EXPECT_EQ(0, memcmp(from.iov_base, to.iov_base, len));
		EXPECT_TRUE(nvme_rig_guarded((unsigned char *)to.iov_base + len,
					     self->s.window + CHUNK));
	}
}

/* Pieces of memory that do not go on where the one before them ends */
static unsigned int count_runs(const struct session *s, const struct iovec *iov,
			       unsigned int nr)
{
	unsigned int runs = 0;
	uint64_t addr, next = DMAMEM_NO_ADDRESS;

	for (unsigned int i = 0; i < nr; i++) {
		addr = dmamem_translate(s->rig.ctx, iov[i].iov_base, NULL);
		runs += addr != next;
		next = addr + iov[i].iov_len;
	}
	return runs;
}

/*
 * Two segments. QEMU (7.2 to 10 at the least) takes no more of equal size: it
 * looks at the pointer to a segment after it has read that segment over it.
 */
TEST_F(pointers, sgl_in_a_chain)
{
	struct iovec from = { self->s.disk, 64 * PAGE };
	struct iovec to[64];
	struct dmamem_nvme_sgl sgl;

	if (!(self->s.sgls.sgls & 3))
		SKIP(return, "the controller takes no SGLs");
	self->s.sgls.segment_size = 40;
	pattern_fill(self->s.disk, CHUNK, random_next(&self->s.random), 0);
	for (unsigned int i = 0; i < 64; i++)
		to[i] = (struct iovec){ self->s.window + (126 - 2 * i) * PAGE,
					PAGE };
	ASSERT_EQ(0, sgl_command(&self->s, NVME_OP_WRITE, &from, 1, &sgl));
	ASSERT_EQ(0, sgl_command(&self->s, NVME_OP_READ, to, 64, &sgl));
	EXPECT_EQ(count_runs(&self->s, to, 64), sgl.nr_descriptors);
	EXPECT_EQ(2, sgl.nr_segments);
	for (unsigned int i = 0; i < 64; i++)
		EXPECT_EQ(0, memcmp(self->s.disk + i * PAGE, to[i].iov_base,
				    PAGE));
}

TEST_F(pointers, sgl_with_a_bit_bucket)
{
	struct iovec from = { self->s.disk, 4 * PAGE };
	struct iovec to[] = {
		{ self->s.window, PAGE },
		{ DMAMEM_NVME_BIT_BUCKET, 2 * PAGE },
		{ self->s.window + PAGE, PAGE },
	};
	struct dmamem_nvme_sgl sgl;

	if (!(self->s.sgls.sgls & SGLS_BIT_BUCKET))
		SKIP(return, "the controller takes no bit buckets");
	pattern_fill(self->s.disk, CHUNK, random_next(&self->s.random), 0);
	ASSERT_EQ(0, sgl_command(&self->s, NVME_OP_WRITE, &from, 1, &sgl));
	ASSERT_EQ(0, sgl_command(&self->s, NVME_OP_READ, to, 3, &sgl));
	EXPECT_EQ(0, memcmp(self->s.disk, self->s.window, PAGE));
	EXPECT_EQ(0, memcmp(self->s.disk + 3 * PAGE, self->s.window + PAGE, PAGE));
}

TEST_HARNESS_MAIN
