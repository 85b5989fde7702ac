// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Random calls, right and wrong in every way there is, against a model of what
 * must come of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dmamem.h>

#include "kselftest_harness.h"
#include "selftests/lib/random.h"

#define NODE "/dev/dmamem"
#define CALLS 200000

TEST(unknown_commands)
{
	struct dmamem_info info = { .size = sizeof(info) };
	struct random random;
	unsigned int cmd;
	int fd;

	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	random_init(&random);
	fd = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	for (int i = 0; i < CALLS / 100; i++) {
		cmd = _IOC(random_below(&random, 4), DMAMEM_TYPE,
			   DMAMEM_CMD_GUARD + 1 + random_below(&random, 200),
			   random_below(&random, 1 << 14));
		ASSERT_EQ(-1, ioctl(fd, cmd, &info));
		ASSERT_EQ(ENOTTY, errno);
	}
	ASSERT_EQ(0, close(fd));
}

TEST_HARNESS_MAIN
