// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A controller that fails: the driver notices within its time limits, and the
 * controller can be brought up again.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/skip.h"

FIXTURE(nvme)
{
	struct nvme_rig rig;
	struct nvme_qpair *qpair;
};

FIXTURE_SETUP(nvme)
{
	const char *bdf = nvme_rig_bdf(0);

	if (!bdf)
		SKIP_SETUP("DMAMEM_NVME does not name a controller");
	ASSERT_EQ(0, function_bind(bdf, nvme_rig_translated(bdf) ?
				   "dmamem" : NULL));
	ASSERT_EQ(0, nvme_rig_open(&self->rig, bdf, 4, 1));
	ASSERT_EQ(0, nvme_qpair_create(self->rig.ctrl, 8, NVME_RIG_PAGE,
				       &self->qpair));
}

FIXTURE_TEARDOWN(nvme)
{
	EXPECT_EQ(0, nvme_rig_close(&self->rig));
}

/* Behind the driver's back */
static int clear_command(const char *bdf, uint16_t bits)
{
	uint16_t command;
	int err;

	err = function_read_config(bdf, PCI_COMMAND, &command, sizeof(command));
	command &= ~bits;
	return err ? err : function_write_config(bdf, PCI_COMMAND, &command,
						 sizeof(command));
}

static int read_block(const struct nvme_rig *rig, struct nvme_qpair *qpair)
{
	const struct iovec iov = { rig->memory, NVME_RIG_PAGE };
	const struct nvme_io io = {
		.op = NVME_OP_READ,
		.ns = &rig->ns,
		.iov = &iov,
		.nr_iov = 1,
	};

	return nvme_transfer(qpair, &io, NULL);
}

static int bring_up_again(struct nvme_rig *rig, struct nvme_qpair **qpair)
{
	int err = nvme_close(rig->ctrl);

	rig->ctrl = NULL;
	if (!err)
		err = nvme_open(rig->ctx, rig->bdf, &rig->ctrl);
	return err ? err : nvme_qpair_create(rig->ctrl, 8, NVME_RIG_PAGE, qpair);
}

/* The controller cannot fetch the command: it sets CSTS.CFS */
TEST_F(nvme, fatal_status)
{
	ASSERT_EQ(0, read_block(&self->rig, self->qpair));
	ASSERT_EQ(0, clear_command(self->rig.bdf, PCI_COMMAND_MASTER));
	ASSERT_EQ(-ENOTRECOVERABLE, read_block(&self->rig, self->qpair));
	EXPECT_EQ(1, nvme_in_flight(self->qpair));
	ASSERT_EQ(0, bring_up_again(&self->rig, &self->qpair));
	EXPECT_EQ(0, read_block(&self->rig, self->qpair));
}

/* As if it were unplugged: a PC then reads ones, QEMU may read zeros */
TEST_F(nvme, registers_gone)
{
	int err;

	ASSERT_EQ(0, clear_command(self->rig.bdf, PCI_COMMAND_MEMORY));
	err = read_block(&self->rig, self->qpair);
	ASSERT_TRUE(err == -ENODEV || err == -ECONNRESET) {
		TH_LOG("read: %d", err);
	}
	ASSERT_EQ(0, bring_up_again(&self->rig, &self->qpair));
	EXPECT_EQ(0, read_block(&self->rig, self->qpair));
}

TEST_F(nvme, reset_by_somebody_else)
{
	int err = function_write(self->rig.bdf, "reset", "1");

	if (err == -ENOENT)
		SKIP(return, "the function has no reset");
	ASSERT_EQ(0, err);
	ASSERT_EQ(-ECONNRESET, read_block(&self->rig, self->qpair));
	ASSERT_EQ(0, bring_up_again(&self->rig, &self->qpair));
	EXPECT_EQ(0, read_block(&self->rig, self->qpair));
}

/* What a process left running that just ended is stopped, then started */
TEST_F(nvme, left_running)
{
	const char *bdf = nvme_rig_bdf(0);
	struct nvme_rig *rig = &self->rig;
	int status;
	pid_t child;

	ASSERT_EQ(0, nvme_rig_close(rig));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(!!nvme_rig_open(rig, bdf, 4, 1));
	ASSERT_EQ(child, waitpid(child, &status, 0));
	ASSERT_EQ(0, status);

	ASSERT_EQ(0, nvme_rig_open(rig, bdf, 4, 1));
	ASSERT_EQ(0, nvme_qpair_create(rig->ctrl, 8, NVME_RIG_PAGE,
				       &self->qpair));
	EXPECT_EQ(0, read_block(&self->rig, self->qpair));
}

TEST_HARNESS_MAIN
