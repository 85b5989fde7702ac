// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the arguments of dmamem nvme, pin and bench mean, and what is said of
 * wrong ones. No disk and no module is needed.
 */
#include <string.h>

#include "kselftest_harness.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/nvme_session.h"
#include "tools/dmamem/nvme_sizes.h"

#define BLOCK 512
#define NR_BLOCKS 1000

static struct tool tool;

TEST(lists_of_sizes)
{
	size_t sizes[NVME_SIZES];
	char bad[32], much[2 * NVME_SIZES + 3];

	EXPECT_EQ(1, nvme_sizes_parse("4K", sizes, bad));
	EXPECT_EQ(4096, sizes[0]);
	EXPECT_EQ(3, nvme_sizes_parse("512,64k,1MiB", sizes, bad));
	EXPECT_EQ(512, sizes[0]);
	EXPECT_EQ(65536, sizes[1]);
	EXPECT_EQ(1 << 20, sizes[2]);
	EXPECT_EQ(0, nvme_sizes_parse("", sizes, bad));
	EXPECT_EQ(0, nvme_sizes_parse("4K,", sizes, bad));
	EXPECT_STREQ("", bad);
	EXPECT_EQ(0, nvme_sizes_parse("4K,many,8K", sizes, bad));
	EXPECT_STREQ("many", bad);
	EXPECT_EQ(0, nvme_sizes_parse("4K,0", sizes, bad));
	EXPECT_STREQ("0", bad);
	/* As many as there may be, then another one */
	for (int i = 0; i <= NVME_SIZES; i++)
		snprintf(much + 2 * i, 3, "%d,", i % 8 + 1);
	much[2 * NVME_SIZES - 1] = '\0';
	EXPECT_EQ(NVME_SIZES, nvme_sizes_parse(much, sizes, bad));
	much[2 * NVME_SIZES - 1] = ',';
	much[2 * NVME_SIZES + 1] = '\0';
	EXPECT_EQ(0, nvme_sizes_parse(much, sizes, bad));
	EXPECT_STREQ("1", bad);
}

static int apply(struct nvme_range range, uint64_t *offset, uint64_t *length)
{
	int ret = nvme_range_apply(&range, BLOCK, NR_BLOCKS);

	*offset = range.offset;
	*length = range.length;
	return ret;
}

TEST(ranges)
{
	static const struct {
		struct nvme_range range;
		uint64_t offset;
		uint64_t length;
	} right[] = {
		{ { 0 }, 0, NR_BLOCKS * BLOCK },
		{ { .offset = 1024 }, 1024, 998 * BLOCK },
		{ { .by_block = true }, 0, NR_BLOCKS * BLOCK },
		{ { .by_block = true, .block = 999 }, 999 * BLOCK, BLOCK },
		{ { .offset = 512, .length = 3 }, 512, 3 },
		{ { .count = 1000 }, 0, NR_BLOCKS * BLOCK },
		{ { .by_block = true, .block = 998, .count = 2 },
		  998 * BLOCK, 2 * BLOCK },
		{ { .by_block = true, .block = 999, .length = 512 },
		  999 * BLOCK, BLOCK },
	};
	uint64_t offset, length;

	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		EXPECT_EQ(CMD_DONE, apply(right[i].range, &offset, &length));
		EXPECT_EQ(right[i].offset, offset);
		EXPECT_EQ(right[i].length, length);
	}
}

TEST(ranges_beyond_the_end)
{
	static const struct nvme_range wrong[] = {
		{ .offset = 511 },
		{ .offset = NR_BLOCKS * BLOCK },
		{ .offset = UINT64_MAX - 511 },
		{ .length = NR_BLOCKS * BLOCK + 1 },
		{ .offset = 512, .length = UINT64_MAX },
		{ .by_block = true, .block = NR_BLOCKS },
		{ .by_block = true, .block = UINT64_MAX / BLOCK + 2 },
		{ .by_block = true, .block = 999, .count = 2 },
		{ .count = UINT64_MAX / BLOCK + 2 },
		{ .by_block = true, .block = 999, .length = 513 },
	};
	uint64_t offset, length;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		EXPECT_EQ(CMD_USAGE, apply(wrong[i], &offset, &length));
}

/* Each is refused with words that say which and what would be right */
TEST(wrong_arguments)
{
	static const struct {
		const char *arguments;
		const char *words;
	} wrong[] = {
		{ "nvme", "identify, read, write or bench" },
		{ "nvme erase", "'erase' is not identify" },
		{ "nvme identify", "BDF is missing" },
		{ "nvme identify disk0", "such as 0000:00:04.0" },
		{ "nvme identify 00:04.0 00:05.0", "not also '00:05.0'" },
		{ "nvme identify 00:04.0 -n 0", "'0' is no namespace" },
		{ "nvme identify 00:04.0 -p spdk", "kmod, vfio, hugepage or auto" },
		{ "nvme identify 00:04.0 -m phys", "pa, va, dma or auto" },
		{ "nvme read 00:04.0 a b", "not also 'b'" },
		{ "nvme read 00:04.0 a --offset x", "'x' is no size" },
		{ "nvme read 00:04.0 a --length 0", "is nothing" },
		{ "nvme read 00:04.0 a --count 0", "from 1 on" },
		{ "nvme read 00:04.0 a --offset 1 --block 1", "not both" },
		{ "nvme read 00:04.0 a --offset 0 --block 3", "not both" },
		{ "nvme read 00:04.0 a --length 1 --count 1", "not both" },
		{ "nvme bench 00:04.0 -s 4K,x", "'x' is no size" },
		{ "nvme bench 00:04.0 -q 0", "--depth is 1 to 63" },
		{ "nvme bench 00:04.0 -q 64", "--depth is 1 to 63" },
		{ "nvme bench 00:04.0 -o trim", "read, write or mix" },
		{ "nvme bench 00:04.0 --order up", "random or sequential" },
		{ "nvme bench 00:04.0 --pointers x", "prp, sgl or both" },
		{ "nvme bench 00:04.0 -t 0", "--time is 1 to" },
		{ "nvme bench 00:04.0 -t 1 --commands 5", "not both" },
		{ "nvme bench 00:04.0 --commands 0", "no number of commands" },
		{ "pin 4Q", "such as 64M" },
		{ "pin 0", "such as 64M" },
		{ "pin 4K 8K", "not also '8K'" },
		{ "pin 5000", "multiples of 4 KiB" },
		{ "pin -k thp 4K", "multiples of 2 MiB" },
		{ "pin -k big", "hugetlb-1g" },
		{ "pin -k file", "needs --file" },
		{ "pin -k thp --file /etc/passwd", "for the kind 'file'" },
		{ "pin -d nvme0", "such as 0000:00:04.0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		EXPECT_EQ(CMD_USAGE, tool_run(&tool, "%s", wrong[i].arguments))
			TH_LOG("%s", wrong[i].arguments);
		EXPECT_NE(NULL, strstr(tool.err, wrong[i].words))
			TH_LOG("%s: %s", wrong[i].arguments, tool.err);
		EXPECT_STREQ("", tool.out);
	}
}

/* Before the disk is looked at */
TEST(harm_is_refused_first)
{
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "nvme bench 00:04.0 -o write"));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "nvme bench 00:04.0 -o mix"));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "nvme bench 00:04.0 --verify"));
	EXPECT_NE(NULL, strstr(tool.err, "say --overwrite"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool,
				      "nvme bench ffff:ff:1f.7 --verify --overwrite"));
	EXPECT_NE(NULL, strstr(tool.err, "there is no PCI function"));
}

TEST(help)
{
	static const char * const commands[] = {
		"pin", "nvme", "nvme identify", "nvme read", "nvme write",
		"nvme bench",
	};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		EXPECT_EQ(CMD_DONE, tool_run(&tool, "%s --help", commands[i]));
		EXPECT_STREQ("", tool.err);
		EXPECT_NE(NULL, strstr(tool.out, "Usage: dmamem "));
		EXPECT_NE(NULL, strstr(tool.out, commands[i]));
		for (char *line = strtok(tool.out, "\n"); line;
		     line = strtok(NULL, "\n"))
			EXPECT_GE(80, strlen(line));
	}
}

TEST_HARNESS_MAIN
