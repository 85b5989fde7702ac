// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A process is killed while a disk writes into its pages, and the pages go to
 * somebody else: not one word of what that one keeps there may change.
 *
 * The guest's disk does two reads a second, so that the 60 that are queued take
 * 30 s. A controller that is not reset goes on with them.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/function.h"
#include "selftests/lib/raw_nvme.h"
#include "selftests/lib/taken.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define NR_READS 60
#define NR_PAGES (2 * NR_READS)
#define WATCH_SECONDS 35

/* What the victim says before it dies */
struct last_words {
	int error;
	int completed;
	uint64_t phys[NR_PAGES];
};

static int start_reads(struct raw_nvme *nvme, int fd, struct last_words *words)
{
	char *data = pages_map(NR_PAGES * PAGE);
	int i, region, ret;

	ret = raw_nvme_start(nvme, fd);
	if (ret)
		return ret;
	region = uapi_pin_id(fd, data, NR_PAGES * PAGE, DMAMEM_PIN_WRITE);
	if (region < 0)
		return region;
	for (i = 0; i < NR_PAGES; i++)
		words->phys[i] = pages_phys(data + i * PAGE);
	for (i = 0; i < NR_READS; i++)
		raw_nvme_read(nvme, 0,
			      uapi_dma_addr(fd, region, 2 * i * PAGE),
			      uapi_dma_addr(fd, region, (2 * i + 1) * PAGE));
	for (i = 0; i < 20 && !words->completed; i++) {
		sleep(1);
		words->completed = raw_nvme_completed(nvme);
	}
	return 0;
}

/* Open /dev/dmamem with the controller as a guard, or the controller's node */
static int open_node(struct raw_nvme *nvme, int guarded)
{
	int ret, fd;

	ret = raw_nvme_open(nvme, guarded ? NULL : "dmamem");
	if (ret)
		return ret;
	fd = uapi_open(guarded ? NULL : nvme->bdf);
	if (fd >= 0 && guarded)
		ret = uapi_guard(fd, nvme->bdf);
	return ret ? ret : fd;
}

static void victim(int guarded, int out)
{
	struct last_words words = { 0 };
	struct raw_nvme nvme;
	int fd;

	fd = open_node(&nvme, guarded);
	words.error = fd < 0 ? fd : start_reads(&nvme, fd, &words);
	if (write(out, &words, sizeof(words)) != sizeof(words))
		_exit(1);
	pause();
	_exit(1);
}

FIXTURE(death)
{
	char bdf[FUNCTION_NAME];
};

FIXTURE_VARIANT(death)
{
	int guarded;
};

FIXTURE_VARIANT_ADD(death, guard)
{
	.guarded = 1,
};

FIXTURE_VARIANT_ADD(death, node)
{
	.guarded = 0,
};

FIXTURE_SETUP(death)
{
	ASSERT_EQ(0, taken_prepare());
	if (function_find(FUNCTION_NVME, self->bdf))
		SKIP(return, "no NVMe controller of QEMU");
	if (variant->guarded && function_is_translated(self->bdf))
		SKIP(return, "an IOMMU translates: no physical addresses");
}

FIXTURE_TEARDOWN(death)
{
}

TEST_F_TIMEOUT(death, nothing_written_after, 200)
{
	struct last_words words;
	struct taken taken;
	int pipes[2];
	pid_t child;

	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		victim(variant->guarded, pipes[1]);
	ASSERT_EQ(sizeof(words), read(pipes[0], &words, sizeof(words)));
	ASSERT_EQ(0, words.error);
	/* The disk is at work, and has most of it before it */
	ASSERT_LT(0, words.completed);
	ASSERT_GT(NR_READS / 2, words.completed);

	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	ASSERT_EQ(0, taken_fill(&taken));
	EXPECT_EQ(0, function_is_master(self->bdf));
	ASSERT_LT(NR_PAGES / 2, taken_count(&taken, words.phys, NR_PAGES));

	sleep(WATCH_SECONDS);
	EXPECT_EQ(0, taken_changed(&taken));
	taken_free(&taken);
}

TEST_HARNESS_MAIN
