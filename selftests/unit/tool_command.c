// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The dmamem command finds its subcommands, and says what is wrong with a call.
 */
#include <string.h>

#include "kselftest_harness.h"

#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"

static struct tool tool;

TEST(help_lists_the_commands)
{
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "--help"));
	EXPECT_NE(NULL, strstr(tool.out, "\n  help "));
	EXPECT_STREQ("", tool.err);
}

TEST(version)
{
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "--version"));
	EXPECT_STREQ("dmamem " DMAMEM_VERSION "\n", tool.out);
}

TEST(no_command)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "%s", ""));
	EXPECT_STREQ("", tool.out);
	EXPECT_NE(NULL, strstr(tool.err, "--help"));
}

TEST(unknown_command)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "frobnicate"));
	EXPECT_NE(NULL, strstr(tool.err, "'frobnicate'"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "help frobnicate"));
	EXPECT_NE(NULL, strstr(tool.err, "'frobnicate'"));
}

TEST_HARNESS_MAIN
