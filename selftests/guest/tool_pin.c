// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem pin: what it shows is what the memory has, and it keeps and gives up
 * pins as it says.
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/memory/pages.h"

/* As much as fits into struct tool when each page is a run */
#define SIZE HUGE

static struct tool tool;

static uint64_t number(struct json_object *object, const char *key)
{
	return json_object_get_uint64(json_object_object_get(object, key));
}

static const char *text(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

/* Do histogram and addresses account for all bytes and runs? */
static const char *find_fault(struct json_object *object)
{
	struct json_object *classes, *list, *one;
	uint64_t runs = 0, bytes = 0, longest = 0, at = 0;

	classes = json_object_object_get(object, "histogram");
	for (size_t i = 0; i < json_object_array_length(classes); i++) {
		one = json_object_array_get_idx(classes, i);
		runs += number(one, "runs");
		bytes += number(one, "bytes");
	}
	if (runs != number(object, "runs") || bytes != SIZE)
		return "histogram";
	list = json_object_object_get(object, "addresses");
	if (json_object_array_length(list) != runs)
		return "number of addresses";
	for (size_t i = 0; i < runs; i++) {
		one = json_object_array_get_idx(list, i);
		if (number(one, "offset") != at ||
		    number(one, "dma_addr") % PAGE)
			return "address";
		at += number(one, "length");
		if (number(one, "length") > longest)
			longest = number(one, "length");
	}
	if (at != SIZE || longest != number(object, "longest"))
		return "lengths";
	return NULL;
}

TEST(kinds)
{
	static const struct {
		const char *name;
		uint64_t least_runs, most_runs, least_longest;
	} kinds[] = {
		{ "4k", 1, SIZE / PAGE, PAGE },
		{ "scattered", SIZE / PAGE / 2, SIZE / PAGE, PAGE },
		{ "thp", 1, 1, SIZE },
		{ "hugetlb-2m", 1, 1, SIZE },
		{ "memfd", 1, SIZE / PAGE, PAGE },
		{ "shared", 1, SIZE / PAGE, PAGE },
	};
	struct json_object *object;
	const char *fault;

	ASSERT_EQ(0, pages_reserve_hugetlb(SIZE / HUGE));
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		EXPECT_EQ(CMD_DONE, tool_run(&tool, "pin 2M -k %s",
					     kinds[i].name));
		EXPECT_EQ(CMD_DONE, tool_run(&tool,
					     "pin 2M -k %s --json --addresses",
					     kinds[i].name));
		object = json_tokener_parse(tool.out);
		ASSERT_NE(NULL, object);
		fault = find_fault(object);
		EXPECT_EQ(NULL, fault)
			TH_LOG("%s: %s", kinds[i].name, fault);
		EXPECT_STREQ("kmod", text(object, "provider"));
		EXPECT_STREQ(kinds[i].name, text(object, "kind"));
		EXPECT_LE(kinds[i].least_runs, number(object, "runs"));
		EXPECT_GE(kinds[i].most_runs, number(object, "runs"));
		EXPECT_LE(kinds[i].least_longest, number(object, "longest"));
		json_object_put(object);
	}
}

TEST(file_is_not_changed)
{
	static const char data[3 * PAGE + 100] = "as it was";
	char path[] = "/tmp/tool_pin-XXXXXX", now[sizeof(data)];
	int fd = mkostemp(path, O_CLOEXEC);

	ASSERT_EQ(sizeof(data), (size_t)write(fd, data, sizeof(data)));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "pin --file %s", path));
	EXPECT_TRUE(tool_said(&tool, "12 KiB of a private mapping"));
	ASSERT_EQ(sizeof(now), (size_t)pread(fd, now, sizeof(now), 0));
	EXPECT_EQ(0, memcmp(data, now, sizeof(data)));
	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "pin --file %s 32K", path));
	EXPECT_TRUE(tool_said(&tool, "is mapped at 0x"));
	close(fd);
	unlink(path);
}

TEST(no_memory_of_a_kind)
{
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "pin -k hugetlb-2m 512G"));
	EXPECT_TRUE(tool_said(&tool, "echo 262144 > "));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "pin 64T"));
	EXPECT_TRUE(tool_said(&tool, "64 TiB is more memory than is available"));
}

TEST(for_a_device)
{
	const char *bdf = nvme_rig_bdf(0);
	int translated;

	if (!bdf)
		SKIP(return, "DMAMEM_NVME does not name a controller");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	translated = function_is_translated(bdf);
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "pin --json -d %s", bdf));
	EXPECT_TRUE(tool_said(&tool, translated ? "\"mode\":\"dma\"" :
						  "\"mode\":\"pa\""));
	EXPECT_EQ(translated ? CMD_CANNOT : CMD_DONE,
		  tool_run(&tool, "pin -m pa -d %s", bdf));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "pin -p vfio -d %s", bdf));
	EXPECT_TRUE(tool_said(&tool, "no DMA addresses: "));
	EXPECT_EQ(0, function_bind(bdf, NULL));
}

/* No physical address for who may not have it, in any form */
TEST(without_privilege)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		if (privilege_drop(CAP_SYS_RAWIO) ||
		    privilege_drop(CAP_SYS_ADMIN))
			_exit(99);
		_exit(tool_run(&tool, "pin --addresses --json") +
		      100 * !!strstr(tool.out, "dma_addr"));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(CMD_CANNOT, WEXITSTATUS(status));
}

/* The command itself in a child, which says on a pipe when it holds */
static pid_t start_holding(int *said)
{
	char *argv[] = { "dmamem", "pin", "2M", "--hold", NULL };
	int fds[2];
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		if (!freopen("/dev/null", "w", stdout))
			_exit(99);
		_exit(cmd_dmamem(4, argv));
	}
	close(fds[1]);
	*said = fds[0];
	return pid;
}

TEST(held_until_a_signal)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	long before = pages_pinned();
	char words[64] = "";
	int said, status;
	pid_t pid;

	for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++) {
		pid = start_holding(&said);
		ASSERT_LT(0, pid);
		ASSERT_LT(0, read(said, words, sizeof(words) - 1));
		EXPECT_NE(NULL, strstr(words, "Held by process"));
		EXPECT_LE(before + (long)(SIZE / PAGE), pages_pinned());
		kill(pid, signals[i]);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(before, pages_pinned());
		close(said);
	}
}

TEST(picture)
{
	char path[] = "/tmp/tool_pin-XXXXXX", start[64] = "";
	int fd = mkostemp(path, O_CLOEXEC);

	EXPECT_EQ(CMD_DONE, tool_run(&tool, "pin --svg %s", path));
	EXPECT_LT(0, read(fd, start, sizeof(start) - 1));
	EXPECT_EQ(0, strncmp(start, "<svg xmlns=", 11));
	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "pin --svg /nowhere/x.svg"));
	EXPECT_TRUE(tool_said(&tool, "/nowhere/x.svg: No such file"));
	close(fd);
	unlink(path);
}

TEST_HARNESS_MAIN
