// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A controller that fails: the driver notices within its time limits, and the
 * controller can be brought up again.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/skip.h"
#include "tools/nvme/spec.h"

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
	ASSERT_EQ(0, function_bind(bdf, function_is_translated(bdf) ?
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

static void set_register(volatile void *bar, unsigned int offset,
			 uint32_t value)
{
	((volatile uint32_t *)bar)[offset / 4] = value;
}

/* Somebody left it running, with queues that are nobody's memory now */
static int leave_running(const char *bdf)
{
	volatile uint32_t *bar = function_map(bdf, 0x2000);
	int tries = 1000;

	if (!bar)
		return -ENOMEM;
	set_register(bar, NVME_REG_AQA, 31 << 16 | 31);
	set_register(bar, NVME_REG_ASQ, 0x1000);
	set_register(bar, NVME_REG_ACQ, 0x2000);
	set_register(bar, NVME_REG_CC, NVME_CC_IOSQES(NVME_SQE_SHIFT) |
		     NVME_CC_IOCQES(NVME_CQE_SHIFT) | NVME_CC_EN);
	while (!(bar[NVME_REG_CSTS / 4] & NVME_CSTS_RDY) && tries--)
		usleep(1000);
	munmap((void *)bar, 0x2000);
	return tries < 0 ? -ETIMEDOUT : 0;
}

TEST_F(nvme, left_running)
{
	const char *bdf = nvme_rig_bdf(0);
	struct nvme_rig *rig = &self->rig;

	ASSERT_EQ(0, nvme_rig_close(rig));
	/* Its registers are still there, but it may not touch memory */
	ASSERT_EQ(0, function_is_master(bdf));
	ASSERT_EQ(0, leave_running(bdf));

	ASSERT_EQ(0, nvme_rig_open(rig, bdf, 4, 1));
	ASSERT_EQ(0, nvme_qpair_create(rig->ctrl, 8, NVME_RIG_PAGE,
				       &self->qpair));
	EXPECT_EQ(0, read_block(&self->rig, self->qpair));
}

/* A process that just ended leaves nothing that the next one stumbles over */
TEST_F(nvme, owner_died)
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
