// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The dmamem command finds its subcommands, and says what is wrong with a call.
 */
#include <string.h>

#include "kselftest_harness.h"

#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/json.h"

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

TEST(doctor_of_what_is_not_there)
{
	struct json_object *object;

	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "doctor ffff:ff:1f.7"));
	EXPECT_NE(NULL, strstr(tool.err, "no PCI function ffff:ff:1f.7"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "doctor --json ffff:ff:1f.7"));
	object = json_tokener_parse(tool.out);
	EXPECT_NE(NULL, object);
	EXPECT_EQ(0, json_object_array_length(json_object_object_get(object,
								     "functions")));
	json_object_put(object);
}

/* What is no UTF-8 is no JSON */
TEST(json_of_any_bytes)
{
	static const struct {
		const char *text;
		const char *expected;
	} cases[] = {
		{ "plain", "plain" },
		{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "a\xff", "a?" },
		{ "\xc3", "?" },
		{ "\xe2\x82", "??" },
		{ "\xc0\x80", "??" },
		{ "\xe0\x80\x80", "???" },
		{ "\xed\xa0\x80", "???" },
		{ "\xf4\x90\x80\x80", "????" },
		{ "\xf0\x80\x80\x80", "????" },
	};
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		json_add_text(object, "x", cases[i].text);
		EXPECT_STREQ(cases[i].expected,
			     json_object_get_string(json_object_object_get(object,
									   "x")));
	}
	json_object_put(object);
}

TEST_HARNESS_MAIN
