// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The driver is killed in the middle of I/O: no page stays pinned, the
 * controller is stopped, and the next one to come brings it up again.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/random.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define NR_KILLS 20
#define DEPTH 32
#define LENGTH (32 * NVME_RIG_PAGE)
#define RIG_PAGES (DEPTH * LENGTH / NVME_RIG_PAGE)

FIXTURE(kill)
{
	const char *bdf;
	struct random random;
};

FIXTURE_VARIANT(kill)
{
	const char *driver;
};

FIXTURE_VARIANT_ADD(kill, physical)
{
	.driver = NULL,
};

FIXTURE_VARIANT_ADD(kill, device_node)
{
	.driver = "dmamem",
};

FIXTURE_SETUP(kill)
{
	self->bdf = nvme_rig_bdf(0);
	if (!self->bdf)
		SKIP_SETUP("DMAMEM_NVME does not name a controller");
	if (!variant->driver && function_is_translated(self->bdf))
		SKIP_SETUP("an IOMMU translates for the controller");
	ASSERT_EQ(0, function_bind(self->bdf, variant->driver));
	random_init(&self->random);
}

FIXTURE_TEARDOWN(kill)
{
}

/* A command that is submitted again whenever it has completed */
struct stream {
	struct nvme_rig *rig;
	struct nvme_qpair *qpair;
	struct iovec iov;
	enum nvme_op op;
	int out;
};

static void submit_again(void *arg, const struct nvme_result *result)
{
	struct stream *stream = arg;
	const struct nvme_io io = {
		.op = stream->op,
		.ns = &stream->rig->ns,
		.lba = nvme_rig_blocks(stream->rig, (char *)stream->iov.iov_base -
				       (char *)stream->rig->memory),
		.iov = &stream->iov,
		.nr_iov = 1,
		.done = submit_again,
		.arg = stream,
	};

	if (result && (result->status || write(stream->out, "", 1) != 1))
		_exit(1);
	if (nvme_submit(stream->qpair, &io))
		_exit(1);
	stream->op = stream->op == NVME_OP_READ ? NVME_OP_WRITE : NVME_OP_READ;
}

/* Reads and writes for ever, and writes a byte for each that has completed */
static void keep_busy(const char *bdf, int out)
{
	struct stream streams[DEPTH];
	struct nvme_qpair *qpair;
	struct nvme_rig rig;
	unsigned int i;

	if (nvme_rig_open(&rig, bdf, RIG_PAGES, 1) ||
	    nvme_qpair_create(rig.ctrl, DEPTH, LENGTH, &qpair))
		_exit(1);
	for (i = 0; i < DEPTH; i++) {
		streams[i] = (struct stream){
			.rig = &rig,
			.qpair = qpair,
			.iov = { rig.memory + i * LENGTH, LENGTH },
			.op = NVME_OP_READ,
			.out = out,
		};
		submit_again(&streams[i], NULL);
	}
	nvme_wait(qpair, 0);
	_exit(1);
}

/*
 * Wait until a driver has done so many commands, count what is pinned, and kill
 * it; 0 if it lived until then
 */
static int kill_after(const char *bdf, unsigned int commands, long *pinned)
{
	int pipes[2], status;
	char byte;
	pid_t child;

	if (pipe(pipes))
		return -1;
	child = fork();
	if (!child) {
		close(pipes[0]);
		keep_busy(bdf, pipes[1]);
	}
	close(pipes[1]);
	while (commands && read(pipes[0], &byte, 1) == 1)
		commands--;
	*pinned = pages_pinned();
	kill(child, SIGKILL);
	close(pipes[0]);
	if (waitpid(child, &status, 0) != child || commands)
		return -1;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? 0 : -1;
}

TEST_F_TIMEOUT(kill, nothing_stays_pinned, 120)
{
	long during, before = pages_pinned();
	struct nvme_rig rig;
	unsigned int i;

	ASSERT_LE(0, before);
	for (i = 0; i < NR_KILLS; i++) {
		unsigned int commands = 1 + random_below(&self->random, 200);

		ASSERT_EQ(0, kill_after(self->bdf, commands, &during));
		EXPECT_LE(before + (long)RIG_PAGES, during);
		EXPECT_EQ(before, pages_pinned());
		EXPECT_EQ(0, function_is_master(self->bdf));
	}
	ASSERT_EQ(0, nvme_rig_open(&rig, self->bdf, 1, 1));
	EXPECT_EQ(0, nvme_rig_close(&rig));
}

TEST_HARNESS_MAIN
