// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem compare: facts that must show up in what it finds, and what it leaves
 * behind. It is hostile to the machine, as its option says: only in a guest.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "kselftest_harness.h"
#include "selftests/lib/function.h"
#include "selftests/lib/nvme_rig.h"
#include "selftests/lib/skip.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/compare_table.h"
#include "tools/dmamem/disk.h"
#include "tools/dmamem/tree.h"
#include "tools/memory/migrate.h"
#include "tools/memory/pages.h"

#define JSON "/tmp/compare.json"
#define ZRAM "/sys/block/zram0/disksize"
#define POOL "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

static struct tool tool;

FIXTURE(modes)
{
	const char *bdf;
	struct json_object *report;
	bool translated;
};

FIXTURE_SETUP(modes)
{
	self->bdf = nvme_rig_bdf(0);
	if (!self->bdf)
		SKIP_SETUP("DMAMEM_NVME does not name a controller");
	if (access(ZRAM, W_OK))
		SKIP_SETUP("no zram: this is not a guest for it");
	if (function_bind(self->bdf, NULL))
		SKIP_SETUP("the controller cannot be had");
	self->translated = function_is_translated(self->bdf);
}

FIXTURE_TEARDOWN(modes)
{
	json_object_put(self->report);
}

/* Swap for what follows, once; 0 if there is some */
static int make_swap(void)
{
	if (pages_count("/proc/meminfo", "SwapTotal:") > 0)
		return 0;
	if (pages_write(ZRAM, "64M"))
		return -1;
	return system("mkswap /dev/zram0 >/dev/null && swapon /dev/zram0");
}

/* Run it with the device; what it found, or NULL */
static struct json_object *run(const char *bdf, const char *arguments)
{
	unlink(JSON);
	tool_run(&tool, "compare --device %s --json " JSON " %s", bdf,
		 arguments);
	return json_object_from_file(JSON);
}

static struct json_object *member(struct json_object *object, const char *key)
{
	return compare_member(object, key);
}

/* A cell of the section on stability; NULL if there is none */
static struct json_object *cell(struct json_object *report, const char *mode,
				const char *memory, const char *disturbance)
{
	struct json_object *cells = member(member(report, "stability"),
					   "cells");

	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		struct json_object *one = json_object_array_get_idx(cells, i);

		if (!strcmp(compare_text(one, "mode"), mode) &&
		    !strcmp(compare_text(one, "memory"), memory) &&
		    !strcmp(compare_text(one, "disturbance"), disturbance))
			return one;
	}
	return NULL;
}

/* Pages that moved, -1 if there is no number */
static long moved(struct json_object *report, const char *mode,
		  const char *memory, const char *disturbance)
{
	struct json_object *one = cell(report, mode, memory, disturbance);

	if (!one || !member(one, "moved"))
		return -1;
	return (long)compare_number(one, "moved");
}

static bool is_pinned(const char *mode)
{
	return !strcmp(mode, "physical") || !strcmp(mode, "device node") ||
	       !strcmp(mode, "VFIO");
}

static const char *find_fault(struct json_object *one)
{
	bool number = member(one, "moved");

	if (!number && !*compare_text(one, "why"))
		return "no number, and no reason";
	if (!number)
		return NULL;
	if (compare_number(one, "moved") > compare_number(one, "of"))
		return "more moved than there were";
	if (compare_number(one, "moved") <= 0)
		return NULL;
	if (is_pinned(compare_text(one, "mode")))
		return "pinned, and moved";
	if (!strcmp(compare_text(one, "disturbance"), "nothing"))
		return "moved by itself";
	return NULL;
}

static const char * const kinds[] = { "4 KiB", "THP", "hugetlb private",
				      "hugetlb shared", "memfd" };

TEST_F_TIMEOUT(modes, pinned_pages_stay_and_others_move, 600)
{
	static const char * const movers[] = { "move_pages", "mbind",
					       "migrate_pages" };
	struct json_object *cells;
	unsigned int numbers = 0;

	if (migrate_other_node(0) < 0)
		SKIP(return, "one NUMA node");
	ASSERT_EQ(0, make_swap());
	self->report = run(self->bdf, "--hostile --only stability");
	ASSERT_NE(NULL, self->report)
		TH_LOG("%s", tool.err);
	cells = member(member(self->report, "stability"), "cells");
	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		struct json_object *one = json_object_array_get_idx(cells, i);

		EXPECT_EQ(NULL, find_fault(one))
			TH_LOG("%s: %s", find_fault(one),
			       json_object_to_json_string(one));
		numbers += is_pinned(compare_text(one, "mode")) &&
			   member(one, "moved");
	}
	/* Three modes that pin, five kinds, up to nine disturbances */
	EXPECT_LE(3 * 5 * 7, numbers);

	for (int i = 0; i < 3; i++) {
		for (int kind = 0; kind < 5; kind++) {
			EXPECT_EQ(2048, moved(self->report, "unregistered",
					      kinds[kind], movers[i]));
			EXPECT_EQ(2048, moved(self->report, "mlock",
					      kinds[kind], movers[i]));
		}
		EXPECT_EQ(2048, moved(self->report, "hugepage",
				      "hugetlb private", movers[i]));
		EXPECT_EQ(2048, moved(self->report, "hugepage",
				      "hugetlb shared", movers[i]));
	}
	EXPECT_EQ(2048, moved(self->report, "mlock", "4 KiB",
			      "MADV_COLLAPSE"));
	EXPECT_EQ(2048, moved(self->report, "mlock", "4 KiB", "fork, write"));
	EXPECT_EQ(2048, moved(self->report, "hugepage", "hugetlb private",
			      "fork, write"));
	EXPECT_EQ(2048, moved(self->report, "hugepage", "hugetlb private",
			      "soft offline"));
	EXPECT_EQ(16, moved(self->report, "mlock", "4 KiB", "soft offline"));
	EXPECT_LT(0, moved(self->report, "unregistered", "4 KiB", "swap-out"));
	EXPECT_EQ(0, moved(self->report, "mlock", "4 KiB", "swap-out"));
	EXPECT_EQ(-1, moved(self->report, "mlock", "hugetlb shared",
			    "swap-out"));
	EXPECT_EQ(-1, moved(self->report, "hugepage", "4 KiB", "nothing"));
}

TEST_F_TIMEOUT(modes, not_hostile_unless_told_so, 600)
{
	long pool = pages_count(POOL, "");
	long lost = pages_count("/proc/meminfo", "HardwareCorrupted:");

	self->report = run(self->bdf, "--size 4M --rounds 1");
	ASSERT_NE(NULL, self->report)
		TH_LOG("%s", tool.err);
	EXPECT_EQ(lost, pages_count("/proc/meminfo", "HardwareCorrupted:"));
	EXPECT_EQ(pool, pages_count(POOL, ""));
	for (int kind = 0; kind < 5; kind++) {
		EXPECT_EQ(-1, moved(self->report, "unregistered", kinds[kind],
				    "soft offline"));
		EXPECT_EQ(-1, moved(self->report, "unregistered", kinds[kind],
				    "compaction"));
	}
	EXPECT_EQ(NULL, member(member(self->report, "fragmented"), "rows"));
	EXPECT_FALSE(compare_bool(member(self->report, "nvme"), "checked"));
}

static struct json_object *row_of(struct json_object *rows, const char *mode)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		if (!strcmp(compare_text(row, "mode"), mode))
			return row;
	}
	return NULL;
}

/* What the kernel asks of each mode */
TEST_F_TIMEOUT(modes, what_modes_take, 600)
{
	static const struct {
		const char *mode;
		const char *capability;
		const char *if_translated;
		bool memlock;
	} expected[] = {
		{ "hugepage", "CAP_SYS_ADMIN", "CAP_SYS_ADMIN", false },
		{ "mlock", "CAP_SYS_ADMIN", "CAP_SYS_ADMIN", true },
		{ "physical", "CAP_SYS_RAWIO", "CAP_SYS_RAWIO", true },
		{ "device node", "CAP_SYS_RAWIO", "none", true },
		{ "VFIO", "none", "none", true },
	};
	struct json_object *row;

	self->report = run(self->bdf, "--hostile --only setup");
	ASSERT_NE(NULL, self->report)
		TH_LOG("%s", tool.err);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		row = row_of(member(self->report, "setup"), expected[i].mode);
		ASSERT_NE(NULL, row);
		EXPECT_TRUE(compare_bool(row, "works"))
			TH_LOG("%s: %s", expected[i].mode,
			       compare_text(row, "why"));
		EXPECT_STREQ(self->translated ? expected[i].if_translated :
						expected[i].capability,
			     compare_text(row, "capability"))
			TH_LOG("%s", expected[i].mode);
		EXPECT_EQ(expected[i].memlock, compare_bool(row, "memlock"))
			TH_LOG("%s", expected[i].mode);
	}
}

/* Physical addresses are for devices for which nothing translates */
TEST_F_TIMEOUT(modes, disk, 600)
{
	static const char * const physical[] = { "hugepage", "mlock",
						 "physical" };
	struct json_object *rows;

	self->report = run(self->bdf, "--hostile --only nvme --rounds 1");
	ASSERT_NE(NULL, self->report)
		TH_LOG("%s", tool.err);
	EXPECT_TRUE(compare_bool(member(self->report, "nvme"), "checked"));
	rows = member(member(self->report, "nvme"), "rows");
	for (int i = 0; i < 3; i++) {
		struct json_object *row = row_of(rows, physical[i]);

		EXPECT_EQ(!self->translated, !!member(row, "iops"))
			TH_LOG("%s: %s", physical[i],
			       compare_text(row, "why"));
	}
	EXPECT_NE(NULL, member(row_of(rows, "device node"), "iops"));
	EXPECT_NE(NULL, member(row_of(rows, "VFIO"), "iops"));
}

/* There is memory, but no hugetlb pages are to be had */
TEST_F_TIMEOUT(modes, fragmented_memory, 600)
{
	struct json_object *section, *rows;
	double wanted;

	ASSERT_EQ(0, make_swap());
	self->report = run(self->bdf, "--hostile --only fragmented");
	ASSERT_NE(NULL, self->report)
		TH_LOG("%s", tool.err);
	section = member(self->report, "fragmented");
	wanted = compare_number(section, "wanted");
	rows = member(section, "rows");
	ASSERT_LT(0, wanted);
	EXPECT_LT(wanted, compare_number(section, "free"));
	EXPECT_GT(wanted / 2, compare_number(row_of(rows, "hugepage"),
					     "registered"));
	EXPECT_EQ(wanted, compare_number(row_of(rows, "mlock"), "registered"));
	EXPECT_EQ(wanted, compare_number(row_of(rows, "physical"),
					 "registered"));
	EXPECT_EQ(wanted, compare_number(row_of(rows, "device node"),
					 "registered"));
	EXPECT_EQ(wanted, compare_number(row_of(rows, "VFIO"), "registered"));
}

static const char *bound_to(const char *bdf)
{
	static char driver[64];

	tree_link("", driver, sizeof(driver), "/sys/bus/pci/devices/%s/driver",
		  bdf);
	return driver;
}

/* The kernel finds it some time after its driver has the controller */
static void wait_for_disk(const char *bdf)
{
	struct tree_names disks;
	size_t nr = 0;

	while (!nr) {
		usleep(10000);
		disks_of("", bdf, &disks);
		nr = disks.nr;
		tree_list_free(&disks);
	}
}

/* Whoever opens the disk has it */
TEST_F(modes, takes_no_disk_that_is_open)
{
	struct tree_names disks;
	char node[64];
	int fd;

	if (!tree_exists("", "/sys/bus/pci/drivers/nvme"))
		SKIP(return, "no nvme");
	ASSERT_EQ(0, function_bind(self->bdf, "nvme"));
	wait_for_disk(self->bdf);
	ASSERT_EQ(0, disks_of("", self->bdf, &disks));
	snprintf(node, sizeof(node), "/dev/%s", disks.names[0]);
	tree_list_free(&disks);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "compare --only setup --device %s",
					self->bdf));
	EXPECT_TRUE(tool_said(&tool, "is in use"));
	EXPECT_STREQ("nvme", bound_to(self->bdf));
	EXPECT_FALSE(tree_exists("", "/run/dmamem/%s", self->bdf));
	close(fd);
}

TEST_F_TIMEOUT(modes, leaves_the_machine_as_it_was, 600)
{
	static const char * const drivers[] = { "dmamem", NULL, "nvme" };
	long pool = pages_count(POOL, "");

	for (int i = 0; i < 3; i++) {
		if (i == 2 && !tree_exists("", "/sys/bus/pci/drivers/nvme"))
			SKIP(return, "no nvme");
		ASSERT_EQ(0, function_bind(self->bdf, drivers[i]));
		if (i == 2)
			wait_for_disk(self->bdf);
		self->report = run(self->bdf, "--hostile --only setup");
		ASSERT_NE(NULL, self->report)
			TH_LOG("%s", tool.err);
		json_object_put(self->report);
		self->report = NULL;
		EXPECT_STREQ(drivers[i] ? drivers[i] : "",
			     bound_to(self->bdf));
		EXPECT_EQ(pool, pages_count(POOL, ""));
		EXPECT_FALSE(tree_exists("", "/run/dmamem/%s", self->bdf));
	}
}

/* Each node has as many hugetlb pages as it had */
TEST_F_TIMEOUT(modes, pool_of_each_node, 600)
{
	static const char nodes[] = "/sys/devices/system/node/node";
	static const char nr[] = "hugepages/hugepages-2048kB/nr_hugepages";
	char file[2][128];

	if (migrate_other_node(0) < 0)
		SKIP(return, "one NUMA node");
	for (int i = 0; i < 2; i++) {
		snprintf(file[i], sizeof(file[i]), "%s%d/%s", nodes, i, nr);
		ASSERT_EQ(0, pages_write(file[i], i ? "3" : "0"));
	}
	ASSERT_EQ(3, pages_count(file[1], ""));
	self->report = run(self->bdf, "--hostile --only stability");
	ASSERT_NE(NULL, self->report);
	EXPECT_EQ(0, pages_count(file[0], ""));
	EXPECT_EQ(3, pages_count(file[1], ""));
	pages_write(file[1], "0");
}

/* Does the function read and write memory? Its command register says so */
static bool is_master(const char *bdf)
{
	unsigned char command = 0;
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", bdf);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &command, 1, 4) != 1)
		command = 0xff;
	close(fd);
	return command & 4;
}

/* Run it until it says the words on standard error; what it ends with */
static int run_until(char **argv, int argc, const char *words, int signal)
{
	char text[4096] = "";
	size_t length = 0;
	int ends[2], status;
	ssize_t got = 1;
	pid_t pid;

	if (pipe(ends))
		return -1;
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		_exit(cmd_dmamem(argc, argv));
	}
	close(ends[1]);
	while (got > 0 && !strstr(text, words)) {
		got = read(ends[0], text + length, sizeof(text) - 1 - length);
		length += got > 0 ? (size_t)got : 0;
	}
	kill(pid, signal);
	waitpid(pid, &status, 0);
	close(ends[0]);
	return status;
}

/* No controller goes on with memory that is not its own any more */
TEST_F_TIMEOUT(modes, ends_at_a_signal, 600)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	char *argv[] = {
		"dmamem", "compare", "-d", (char *)self->bdf, "--hostile",
		"--only", "nvme", "-r", "101", "--json", JSON, NULL,
	};
	long pool = pages_count(POOL, "");

	for (int i = 0; i < 3; i++) {
		int status = run_until(argv, 11, "nvme: round 2", signals[i]);

		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(CMD_FAILED, WEXITSTATUS(status));
		EXPECT_STREQ("", bound_to(self->bdf));
		EXPECT_FALSE(is_master(self->bdf));
		EXPECT_EQ(pool, pages_count(POOL, ""));
		EXPECT_FALSE(tree_exists("", "/run/dmamem/%s", self->bdf));
		self->report = json_object_from_file(JSON);
		ASSERT_NE(NULL, self->report);
		EXPECT_STREQ("nvme: interrupted",
			     compare_text(self->report, "why"));
		/* The first round is not lost */
		EXPECT_NE(NULL, member(row_of(member(member(self->report,
							    "nvme"), "rows"),
					      "device node"), "iops"));
		json_object_put(self->report);
		self->report = NULL;
	}
}

TEST(takes_nothing_but_nvme)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "compare -d 00:00.0"));
	EXPECT_TRUE(tool_said(&tool, "is no NVMe controller but"));
	EXPECT_STREQ("", tool.out);
	EXPECT_FALSE(tree_exists("", "/run/dmamem/0000:00:00.0"));
}

TEST_F(modes, takes_no_device_that_is_in_use)
{
	char node[64];
	int fd;

	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	snprintf(node, sizeof(node), "/dev/dmamem-%s", self->bdf);
	fd = open(node, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "compare --only setup --device %s",
					self->bdf));
	EXPECT_TRUE(tool_said(&tool, "is in use"));
	close(fd);
	EXPECT_STREQ("dmamem", bound_to(self->bdf));
}

TEST_HARNESS_MAIN
