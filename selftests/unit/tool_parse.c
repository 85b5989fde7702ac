// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the arguments of the dmamem command mean, and how sizes are shown.
 */
#include <errno.h>
#include <stdio.h>

#include "kselftest_harness.h"

#include "tools/dmamem/out.h"
#include "tools/dmamem/parse.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

TEST(sizes)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} sizes[] = {
		{ "0", 0 }, { "512", 512 }, { "0x1000", 4096 },
		{ "4K", 4096 }, { "4k", 4096 }, { "4KB", 4096 },
		{ "4KiB", 4096 }, { "2M", 2 << 20 }, { "2mib", 2 << 20 },
		{ "1G", 1 << 30 }, { "8T", 8ULL << 40 },
		{ "16777215T", 0xffffffULL << 40 },
	};
	uint64_t bytes;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		bytes = 1;
		EXPECT_EQ(0, parse_size(sizes[i].text, &bytes));
		EXPECT_EQ(sizes[i].bytes, bytes) {
			TH_LOG("\"%s\"", sizes[i].text);
		}
	}
}

TEST(what_is_no_size)
{
	static const char * const wrong[] = {
		"", " 1", "1 ", "-1", "+1", "K", "1Q", "1KK", "1KiBs", "1.5G",
		"0x", "0xg", "four",
	};
	uint64_t bytes = 7;

	for (size_t i = 0; i < COUNT(wrong); i++) {
		EXPECT_EQ(-EINVAL, parse_size(wrong[i], &bytes)) {
			TH_LOG("\"%s\"", wrong[i]);
		}
	}
	EXPECT_EQ(-ERANGE, parse_size("16777216T", &bytes));
	EXPECT_EQ(-ERANGE, parse_size("18446744073709551616", &bytes));
	EXPECT_EQ(7, bytes);
}

TEST(numbers_keep_to_their_range)
{
	uint64_t number = 7;

	EXPECT_EQ(0, parse_number("1", 1, 8, &number));
	EXPECT_EQ(1, number);
	EXPECT_EQ(0, parse_number("0x8", 1, 8, &number));
	EXPECT_EQ(8, number);
	EXPECT_EQ(-ERANGE, parse_number("0", 1, 8, &number));
	EXPECT_EQ(-ERANGE, parse_number("9", 1, 8, &number));
	EXPECT_EQ(-EINVAL, parse_number("8K", 1, 8, &number));
	EXPECT_EQ(8, number);
}

TEST(pci_addresses)
{
	static const char * const addresses[][2] = {
		{ "0000:00:04.0", "0000:00:04.0" },
		{ "00:04.0", "0000:00:04.0" },
		{ "0:4.0", "0000:00:04.0" },
		{ "0000:AF:1F.7", "0000:af:1f.7" },
		{ "10000:01:00.0", "10000:01:00.0" },
	};
	char bdf[PARSE_BDF_SIZE];

	for (size_t i = 0; i < COUNT(addresses); i++) {
		EXPECT_EQ(0, parse_bdf(addresses[i][0], bdf));
		EXPECT_STREQ(addresses[i][1], bdf);
	}
}

TEST(what_is_no_pci_address)
{
	static const char * const wrong[] = {
		"", "nvme0", "00:04", "04.0", "00:20.0", "00:04.8", "00:04.0 ",
		" 00:04.0", "000:04.0", "0000:00:04.00", "123456789:00:04.0",
		"../../../../etc", "0000:00:04.0/..", "::.", "00:-4.0",
		"0x0:04.0",
	};
	char bdf[PARSE_BDF_SIZE] = "unchanged";

	for (size_t i = 0; i < COUNT(wrong); i++) {
		EXPECT_EQ(-EINVAL, parse_bdf(wrong[i], bdf)) {
			TH_LOG("\"%s\"", wrong[i]);
		}
	}
	EXPECT_STREQ("unchanged", bdf);
}

TEST(sizes_for_people)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KiB" },
		{ 1536, "1.5 KiB" }, { (1 << 20) - 1, "1023.9 KiB" },
		{ 1 << 30, "1 GiB" }, { UINT64_MAX, "15.9 EiB" },
	};
	char text[OUT_SIZE];

	for (size_t i = 0; i < COUNT(sizes); i++)
		EXPECT_STREQ(sizes[i].text, out_size(text, sizes[i].bytes));
}

TEST(wrapped_text_keeps_to_80_columns)
{
	char text[1024] = "", line[128];
	FILE *stream = tmpfile();
	size_t length = 0;
	int words = 0;

	ASSERT_NE(NULL, stream);
	for (int i = 0; i < 60; i++)
		length += snprintf(text + length, sizeof(text) - length, "%s ",
				   &"0123456789"[i % 7]);
	fputs("    ", stream);
	out_wrapped(stream, 4, text);
	rewind(stream);
	while (fgets(line, sizeof(line), stream)) {
		EXPECT_GE(81, strlen(line));
		EXPECT_EQ(4, strspn(line, " "));
		for (char *at = line; (at = strchr(at, '9')); at++)
			words++;
	}
	EXPECT_EQ(60, words);
	fclose(stream);
}

TEST_HARNESS_MAIN
