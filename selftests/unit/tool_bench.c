// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The table of dmamem bench: figures, what is missing and why, 80 columns.
 */
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"

static struct tool tool;

TEST(wrong_arguments)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "bench quickly"));
	EXPECT_NE(NULL, strstr(tool.err, "not 'quickly'"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "bench --quickly"));
	EXPECT_STREQ("", tool.out);
}

/* Nothing is set up: only such tests may have more than 30 seconds */
FIXTURE(bench)
{
	char nothing;
};

FIXTURE_SETUP(bench)
{
	self->nothing = 0;
}

FIXTURE_TEARDOWN(bench)
{
}

/* The library's figures need nothing; the kernel's are there or explained */
TEST_F_TIMEOUT(bench, fits_on_a_terminal, 300)
{
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bench"));
	EXPECT_STREQ("", tool.err);
	EXPECT_NE(NULL, strstr(tool.out, "PRP 1 MiB, built"));
	EXPECT_NE(NULL, strstr(tool.out, "Kernel, for each page"));
	if (access("/dev/dmamem", F_OK))
		EXPECT_NE(NULL, strstr(tool.out, "'dmamem load'"));
	for (char *line = strtok(tool.out, "\n"); line;
	     line = strtok(NULL, "\n"))
		EXPECT_GE(80, strlen(line));
}

TEST_HARNESS_MAIN
