// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How every command takes its structure: sizes, tails, the end of a mapping,
 * pointers to nowhere. Runs as a 32-bit program too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dmamem.h>

#include "kselftest_harness.h"

#define NODE "/dev/dmamem"

/* Every command, and how large its structure is */
static const struct {
	unsigned int cmd;
	uint32_t size;
} commands[] = {
	{ DMAMEM_INFO, sizeof(struct dmamem_info) },
	{ DMAMEM_PIN, sizeof(struct dmamem_pin) },
	{ DMAMEM_EXTENTS, sizeof(struct dmamem_extents) },
	{ DMAMEM_UNPIN, sizeof(struct dmamem_unpin) },
	{ DMAMEM_VERIFY, sizeof(struct dmamem_verify) },
	{ DMAMEM_GUARD, sizeof(struct dmamem_guard) },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

FIXTURE(calls)
{
	int fd;
};

FIXTURE_SETUP(calls)
{
	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(calls)
{
	EXPECT_EQ(0, close(self->fd));
}

TEST_F(calls, null_pointer)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		ASSERT_EQ(-1, ioctl(self->fd, commands[i].cmd, NULL));
		ASSERT_EQ(EFAULT, errno);
	}
}

TEST_HARNESS_MAIN
