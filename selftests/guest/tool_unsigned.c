// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A module without a signature, where the kernel wants one. There is no way back
 * from that: such guests say on their command line what they are for.
 */
#include <sys/mount.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/cmdline.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/memory/pages.h"

static struct tool tool;

TEST(signatures_are_wanted)
{
	if (!cmdline_has("tool_unsigned=signatures"))
		SKIP(return, "needs tool_unsigned=signatures on the command line");
	ASSERT_EQ(0, pages_write("/sys/module/module/parameters/sig_enforce",
				 "Y"));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "load --file " TOOL_MODULE));
	EXPECT_TRUE(tool_said(&tool, "is not signed"));
	EXPECT_TRUE(tool_said(&tool, "Secure boot"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "status"));
}

TEST(locked_down)
{
	if (!cmdline_has("tool_unsigned=lockdown"))
		SKIP(return, "needs tool_unsigned=lockdown on the command line");
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	ASSERT_EQ(0, pages_write("/sys/kernel/security/lockdown",
				 "integrity"));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "load --file " TOOL_MODULE));
	EXPECT_TRUE(tool_said(&tool, "is not signed"));
	EXPECT_TRUE(tool_said(&tool, "locked down (integrity)"));
}

TEST_HARNESS_MAIN
