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

/* What they find depends on the machine; that they end well does not */
TEST(looking_around)
{
	static const char * const commands[] = {
		"doctor", "doctor --json", "status", "status --json",
	};
	int code;

	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		code = tool_run(&tool, "%s", commands[i]);
		EXPECT_TRUE(code == CMD_DONE || code == CMD_CANNOT) {
			TH_LOG("%s: %d, %s", commands[i], code, tool.err);
		}
		EXPECT_NE(0, tool.out[0]);
		EXPECT_STREQ("", tool.err);
		if (strstr(commands[i], "--json"))
			EXPECT_EQ('{', tool.out[0]);
	}
}

TEST_HARNESS_MAIN
