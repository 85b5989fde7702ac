// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Thousands of random reads and writes, many at a time, each verified, while
 * another process has the kernel move whatever it can. Beside the registered
 * memory lies as much that is only locked: nothing is transferred to it, but a
 * look at its addresses after each command tells whether one that used them
 * would have gone astray.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <dmamem/memory.h>

#include "kselftest_harness.h"
#include "selftests/lib/disturb.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/random.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define NR_IOS 20000
#define DEPTH 32
#define IOS_PER_FORK 500
#define LOG2_MIN_BYTES 9
#define MAX_BYTES (4UL << 20)
#define MAX_ENTRIES 1024 /* that QEMU takes for one command */
#define SLOT_BYTES (MAX_BYTES + PAGE)
#define SLOT_PAGES (SLOT_BYTES / PAGE)
#define MEMORY_BYTES (DEPTH * SLOT_BYTES)

struct soak;

/*
 * One command at a time, with memory and a part of the disk of its own
 * @memory: SLOT_BYTES
 * @seeds: what each block of this part of the disk was last written with
 * @phys: where the locked memory was in the beginning
 */
struct slot {
	struct soak *soak;
	unsigned char *memory;
	unsigned char *locked;
	uint64_t *seeds;
	uint64_t *phys;
	uint64_t first_block;
	enum nvme_op op;
	size_t block;
	size_t nr_blocks;
	size_t offset;
};

struct soak {
	struct nvme_rig rig;
	struct nvme_qpair *qpair;
	struct random random;
	unsigned char *locked;
	size_t block_size;
	size_t max_bytes;
	struct slot slots[DEPTH];
	unsigned int started;
	uint64_t bytes;
	uint64_t failed;
	uint64_t miscompares;
	uint64_t astray;
};

FIXTURE(soak)
{
	struct soak s;
};

FIXTURE_VARIANT(soak)
{
	const char *driver;
};

FIXTURE_VARIANT_ADD(soak, physical) {};
FIXTURE_VARIANT_ADD(soak, device_node) { .driver = "dmamem" };

static void make_slot(struct soak *s, unsigned int index)
{
	size_t blocks = MAX_BYTES / s->block_size;
	struct slot *slot = &s->slots[index];

	slot->soak = s;
	slot->memory = s->rig.memory + index * SLOT_BYTES;
	slot->locked = s->locked + index * SLOT_BYTES;
	slot->first_block = index * blocks;
	slot->seeds = calloc(blocks, sizeof(*slot->seeds));
	slot->phys = calloc(SLOT_PAGES, sizeof(*slot->phys));
}

FIXTURE_SETUP(soak)
{
	struct soak *s = &self->s;
	const char *bdf = nvme_rig_bdf(0);

	if (!bdf)
		SKIP_SETUP("DMAMEM_NVME names no controller");
	if (function_is_translated(bdf) != !!variant->driver)
		SKIP_SETUP("the other way to get addresses is for this guest");
	if (function_bind(bdf, variant->driver))
		SKIP_SETUP("does not bind to %s", variant->driver);
	random_init(&s->random);
	ASSERT_EQ(0, nvme_rig_open(&s->rig, bdf, MEMORY_BYTES / PAGE,
				   random_next(&s->random)));
	ASSERT_LE(DEPTH * MAX_BYTES, s->rig.ns.nr_lbas << s->rig.ns.lba_shift);
	s->max_bytes = nvme_get_info(s->rig.ctrl)->max_transfer;
	if (s->max_bytes > MAX_BYTES)
		s->max_bytes = MAX_BYTES;
	s->block_size = 1UL << s->rig.ns.lba_shift;
	ASSERT_EQ(0, nvme_qpair_create(s->rig.ctrl, DEPTH, s->max_bytes,
				       &s->qpair));

	s->locked = pages_map(MEMORY_BYTES);
	ASSERT_NE(NULL, s->locked);
	ASSERT_EQ(0, mlock(s->locked, MEMORY_BYTES));
	for (unsigned int i = 0; i < DEPTH; i++) {
		make_slot(s, i);
		ASSERT_NE(NULL, s->slots[i].seeds);
		ASSERT_NE(NULL, s->slots[i].phys);
	}
}

FIXTURE_TEARDOWN(soak)
{
	EXPECT_EQ(0, nvme_rig_close(&self->s.rig));
}

/* A word that belongs to this place on the disk and to this write of it */
static uint64_t word_of(uint64_t block, uint64_t seed, size_t word)
{
	return (seed ^ block * UINT64_C(0x9e3779b97f4a7c15)) +
	       word * UINT64_C(0x94d049bb133111eb);
}

static void fill_block(void *data, size_t size, uint64_t block, uint64_t seed)
{
	uint64_t *words = data;

	for (size_t i = 0; i < size / 8; i++)
		words[i] = word_of(block, seed, i);
}

static bool check_block(const void *data, size_t size, uint64_t block,
			uint64_t seed)
{
	const uint64_t *words = data;

	for (size_t i = 0; i < size / 8; i++)
		if (words[i] != word_of(block, seed, i))
			return false;
	return true;
}

static void *block_in_memory(const struct slot *slot, size_t i)
{
	return slot->memory + slot->offset + i * slot->soak->block_size;
}

static void prepare_write(struct slot *slot)
{
	struct soak *s = slot->soak;
	uint64_t seed = random_next(&s->random) | 1;

	for (size_t i = 0; i < slot->nr_blocks; i++) {
		slot->seeds[slot->block + i] = seed;
		fill_block(block_in_memory(slot, i), s->block_size,
			   slot->first_block + slot->block + i, seed);
	}
}

/* What was never written is left alone */
static void check_read(const struct slot *slot)
{
	struct soak *s = slot->soak;

	for (size_t i = 0; i < slot->nr_blocks; i++) {
		uint64_t seed = slot->seeds[slot->block + i];

		if (seed && !check_block(block_in_memory(slot, i),
					 s->block_size, slot->first_block +
					 slot->block + i, seed))
			s->miscompares++;
	}
}

/* Would this command have met its pages, had they been locked only? */
static void check_locked(const struct slot *slot)
{
	size_t first = slot->offset / PAGE;
	size_t end = slot->offset + slot->nr_blocks * slot->soak->block_size;
	size_t nr = (end + PAGE - 1) / PAGE - first;
	static uint64_t now[SLOT_PAGES];

	pages_phys_of(slot->locked + first * PAGE, nr, now);
	if (memcmp(now, slot->phys + first, nr * sizeof(*now)))
		slot->soak->astray++;
}

/* Sizes of every order of magnitude, small ones more often; on any 8 bytes */
static void choose(struct slot *slot)
{
	struct soak *s = slot->soak;
	struct random *random = &s->random;
	size_t room = MAX_BYTES / s->block_size;
	unsigned int small = random_below(random, 14);
	unsigned int other = random_below(random, 14);
	size_t bytes = 1UL << (LOG2_MIN_BYTES + (small < other ? small : other));

	bytes += random_below(random, bytes);
	if (bytes > s->max_bytes)
		bytes = s->max_bytes;
	slot->nr_blocks = bytes / s->block_size;
	slot->nr_blocks += !slot->nr_blocks;
	slot->block = random_below(random, room - slot->nr_blocks + 1);
	slot->offset = random_below(random, PAGE / 8) * 8;
	if (slot->offset + slot->nr_blocks * s->block_size > MAX_ENTRIES * PAGE)
		slot->offset = 0;
	slot->op = random_once_in(random, 2) ? NVME_OP_READ : NVME_OP_WRITE;
}

/* A program that transfers data to or from it would write to it now and then */
static void touch_locked(const struct slot *slot, size_t len)
{
	for (size_t i = 0; i < len; i += PAGE)
		((volatile unsigned char *)slot->locked)[slot->offset + i]++;
}

static void done(void *arg, const struct nvme_result *result);

static void start(struct slot *slot)
{
	struct soak *s = slot->soak;
	struct iovec iov;
	struct nvme_io io = {
		.ns = &s->rig.ns,
		.iov = &iov,
		.nr_iov = 1,
		.done = done,
		.arg = slot,
	};

	choose(slot);
	io.op = slot->op;
	io.lba = slot->first_block + slot->block;
	iov = (struct iovec){ slot->memory + slot->offset,
			      slot->nr_blocks * s->block_size };
	if (slot->op == NVME_OP_WRITE)
		prepare_write(slot);
	else
		memset(iov.iov_base, NVME_RIG_GUARD, iov.iov_len);
	touch_locked(slot, iov.iov_len);
	s->started++;
	s->bytes += iov.iov_len;
	s->failed += !!nvme_submit(s->qpair, &io);
}

static void done(void *arg, const struct nvme_result *result)
{
	struct slot *slot = arg;
	struct soak *s = slot->soak;

	s->failed += !!result->status;
	if (slot->op == NVME_OP_READ)
		check_read(slot);
	check_locked(slot);
	if (s->started < NR_IOS)
		start(slot);
}

/* The next write to a page finds it shared with a child */
static void fork_once(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static int run(struct soak *s)
{
	unsigned int next_fork = IOS_PER_FORK;
	int err = 0;

	for (unsigned int i = 0; i < DEPTH; i++)
		start(&s->slots[i]);
	while (!err && nvme_in_flight(s->qpair)) {
		err = nvme_wait(s->qpair, nvme_in_flight(s->qpair) - 1);
		if (s->started >= next_fork) {
			next_fork += IOS_PER_FORK;
			fork_once();
		}
	}
	return err;
}

/* Registered pages that are not where they were */
static size_t count_moved(const struct soak *s, const uint64_t *before)
{
	size_t nr = MEMORY_BYTES / PAGE, moved = 0;
	uint64_t *now = calloc(nr, sizeof(*now));

	if (!now)
		return nr;
	pages_phys_of(s->rig.memory, nr, now);
	for (size_t i = 0; i < nr; i++)
		moved += now[i] != before[i];
	free(now);
	return moved;
}

TEST_F_TIMEOUT(soak, nothing_goes_astray, 900)
{
	struct soak *s = &self->s;
	const struct iovec ranges[DISTURB_RANGES] = {
		{ s->rig.memory, MEMORY_BYTES },
		{ s->locked, MEMORY_BYTES },
	};
	uint64_t *before = calloc(MEMORY_BYTES / PAGE, sizeof(*before));
	struct disturb *disturb;
	int err;

	ASSERT_NE(NULL, before);
	pages_phys_of(s->rig.memory, MEMORY_BYTES / PAGE, before);
	/* Only so can they be collapsed; the pages are small ones still */
	for (unsigned int i = 0; i < DISTURB_RANGES; i++)
		madvise(ranges[i].iov_base, ranges[i].iov_len, MADV_HUGEPAGE);
	disturb = disturb_start(ranges);
	ASSERT_NE(NULL, disturb);
	/* Where a driver would believe the locked memory to be from now on */
	for (unsigned int i = 0; i < DEPTH; i++)
		pages_phys_of(s->slots[i].locked, SLOT_PAGES, s->slots[i].phys);
	err = run(s);
	disturb_stop(disturb);

	TH_LOG("%u commands, %lu MiB, %lu failed, %lu blocks miscompared",
	       s->started, s->bytes >> 20, s->failed, s->miscompares);
	TH_LOG("%lu rounds of disturbance: %lu pages migrated, %lu collapses",
	       disturb->rounds, disturb->moved, disturb->collapsed);
	TH_LOG("with locked memory %lu commands would have gone astray",
	       s->astray);
	EXPECT_EQ(0, err);
	EXPECT_EQ(NR_IOS, s->started);
	EXPECT_EQ(0, s->failed);
	EXPECT_EQ(0, s->miscompares);
	EXPECT_EQ(0, count_moved(s, before));
	/* Otherwise nothing has been shown */
	EXPECT_LT(0, disturb->rounds);
	EXPECT_LT(0, s->astray);
}

TEST_HARNESS_MAIN
