// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem_foresee() says of arguments, and that nothing has been opened
 * when it says yes. Guest tests compare it with what dmamem_open() does.
 */
#include <dirent.h>
#include <errno.h>

#include "kselftest_harness.h"

#include <dmamem/dmamem.h>

static int count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int nr = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

TEST(wrong_arguments_are_those_of_open)
{
	char words[256], same[256];
	struct dmamem_options wrong[] = {
		{ .size = 1 },
		{ .size = sizeof(wrong[0]), .device = "nvme0" },
		{ .size = sizeof(wrong[0]), .device = "ffff:ff:1f.7" },
		{ .size = sizeof(wrong[0]), .provider = "other" },
		{ .size = sizeof(wrong[0]), .flags = UINT64_C(1) << 63 },
		{ .size = sizeof(wrong[0]), .boundary = 3 },
		{ .size = sizeof(wrong[0]), .reserved = 1 },
	};
	const char *provider = "unchanged";
	struct dmamem_context *ctx;
	int ret;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		wrong[i].explanation = words;
		wrong[i].explanation_size = sizeof(words);
		ret = dmamem_foresee(&wrong[i], &provider);
		EXPECT_GT(0, ret);
		wrong[i].explanation = same;
		EXPECT_EQ(ret, dmamem_open(&wrong[i], &ctx));
		if (wrong[i].size > 1)
			EXPECT_STREQ(words, same);
	}
	EXPECT_STREQ("unchanged", provider);
}

TEST(a_reason_either_way_and_nothing_opened)
{
	char words[256] = "";
	struct dmamem_options options = {
		.size = sizeof(options),
		.explanation = words,
		.explanation_size = sizeof(words),
	};
	const char *provider = NULL;
	int files = count_files(), ret;

	ret = dmamem_foresee(&options, &provider);
	EXPECT_NE(0, words[0]);
	EXPECT_EQ(!ret, !!provider);
	EXPECT_EQ(ret, dmamem_foresee(NULL, &provider));
	EXPECT_EQ(files, count_files());
}

TEST_HARNESS_MAIN
