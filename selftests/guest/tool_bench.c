// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem bench has a figure for everything where the module and all kinds of
 * memory are there.
 */
#include <string.h>

#include <json-c/json.h>

#include "kselftest_harness.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/memory/pages.h"

static struct tool tool;

static const char *text(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_object_get(object, key);

	return member ? json_object_get_string(member) : "";
}

static double real(struct json_object *object, const char *key)
{
	return json_object_get_double(json_object_object_get(object, key));
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

TEST_F_TIMEOUT(bench, all_figures, 600)
{
	struct json_object *object, *list, *figure;
	unsigned int kernel = 0;
	size_t nr;

	ASSERT_EQ(0, pages_reserve_hugetlb(32));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "bench --json"));
	object = json_tokener_parse(tool.out);
	ASSERT_NE(NULL, object);
	EXPECT_NE(NULL, strstr(text(object, "machine"), "Linux "));
	list = json_object_object_get(object, "figures");
	nr = json_object_array_length(list);
	EXPECT_EQ(5 + 3 + 13 + 4 * 3 + 2, nr);
	for (size_t i = 0; i < nr; i++) {
		figure = json_object_array_get_idx(list, i);
		kernel += !strncmp(text(figure, "group"), "Kernel", 6);
		EXPECT_STREQ("", text(figure, "why_not"))
			TH_LOG("%s", text(figure, "name"));
		EXPECT_LT(0, real(figure, "median_ns"));
		EXPECT_LE(real(figure, "least_ns"), real(figure, "median_ns"));
		EXPECT_LE(real(figure, "median_ns"), real(figure, "most_ns"));
	}
	EXPECT_EQ(4 * 3 + 2, kernel);
	json_object_put(object);
}

/* What is missing is said, and the rest is there */
TEST_F_TIMEOUT(bench, without_huge_pages, 600)
{
	long had = pages_count("/proc/sys/vm/nr_hugepages", "");

	if (pages_write("/proc/sys/vm/nr_hugepages", "0"))
		SKIP(return, "the number of huge pages cannot be changed");
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bench"));
	EXPECT_TRUE(tool_said(&tool, "pin, hugetlb-2m"));
	EXPECT_TRUE(tool_said(&tool, "no such memory is left"));
	EXPECT_TRUE(tool_said(&tool, "and 2 more"));
	EXPECT_TRUE(tool_said(&tool, "unregister, scattered"));
	snprintf(tool.out, sizeof(tool.out), "%ld", had);
	EXPECT_EQ(0, pages_write("/proc/sys/vm/nr_hugepages", tool.out));
}

TEST_HARNESS_MAIN
