// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem nvme: what it writes is what the kernel's own driver finds on the disk,
 * and the other way round, whoever gives the addresses.
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
#include "selftests/lib/random.h"
#include "selftests/lib/skip.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/memory/pages.h"
#include "tools/nvme/pattern.h"

#define KIB(n) ((size_t)(n) << 10)
/* Seconds, for what moves much data in a kernel that watches itself */
#define LONG 300

static struct tool tool;

FIXTURE(disk)
{
	char bdf[FUNCTION_NAME];
	const char *provider;
	struct random random;
	char path[32];
	int fd;
};

FIXTURE_VARIANT(disk)
{
	const char *driver;
	const char *provider;
};

FIXTURE_VARIANT_ADD(disk, physical)
{
	.provider = "kmod",
};

FIXTURE_VARIANT_ADD(disk, physical_uio)
{
	.driver = "uio_pci_generic",
	.provider = "kmod",
};

FIXTURE_VARIANT_ADD(disk, device_node)
{
	.driver = "dmamem",
	.provider = "kmod",
};

FIXTURE_VARIANT_ADD(disk, vfio)
{
	.driver = "vfio-pci",
	.provider = "vfio",
};

FIXTURE_VARIANT_ADD(disk, hugepage)
{
	.provider = "hugepage",
};

FIXTURE_SETUP(disk)
{
	const char *bdf = nvme_rig_bdf(0);

	if (!bdf)
		SKIP_SETUP("DMAMEM_NVME does not name a controller");
	/* The kernel says what translates for it once it has had a driver */
	if (!nvme_rig_driver_suits(variant->driver, bdf))
		SKIP_SETUP("other addresses suit the controller");
	if (function_bind(bdf, variant->driver))
		SKIP_SETUP("does not bind to %s", variant->driver);
	if (!strcmp(variant->provider, "hugepage") &&
	    pages_reserve_hugetlb(16))
		SKIP_SETUP("no huge pages can be reserved");
	snprintf(self->bdf, sizeof(self->bdf), "%s", bdf);
	snprintf(self->path, sizeof(self->path), "/tmp/tool_nvme-XXXXXX");
	self->fd = mkostemp(self->path, O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->provider = variant->provider;
	random_init(&self->random);
}

FIXTURE_TEARDOWN(disk)
{
	close(self->fd);
	unlink(self->path);
	EXPECT_EQ(0, function_bind(self->bdf, NULL));
}

/* Make the file @size bytes of random data, which are returned: free() them */
static unsigned char *fill_file(struct _test_data_disk *self, size_t size)
{
	size_t room = (size + 7) & ~(size_t)7;
	unsigned char *data = malloc(room);

	pattern_fill(data, room, random_next(&self->random), 0);
	if (ftruncate(self->fd, 0) ||
	    pwrite(self->fd, data, size, 0) != (ssize_t)size)
		exit(1);
	return data;
}

/* Is that in the file, no more and no less? */
static int file_is(struct _test_data_disk *self, const unsigned char *data,
		   size_t size)
{
	unsigned char *found = malloc(size + 1);
	ssize_t got = pread(self->fd, found, size + 1, 0);
	int same = got == (ssize_t)size && !memcmp(found, data, size);

	free(found);
	return same;
}

static int copy_in(const struct _test_data_disk *self, const char *options)
{
	return tool_run(&tool, "nvme write %s %s -p %s %s", self->bdf,
			self->path, self->provider, options);
}

static int copy_out(struct _test_data_disk *self, const char *options)
{
	return ftruncate(self->fd, 0) ? -1 :
	       tool_run(&tool, "nvme read %s %s -p %s %s", self->bdf,
			self->path, self->provider, options);
}

static const char *member_text(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

static uint64_t member_number(struct json_object *object, const char *key)
{
	return json_object_get_uint64(json_object_object_get(object, key));
}

TEST_F(disk, identify)
{
	struct json_object *object;

	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme identify %s -p %s",
				     self->bdf, self->provider));
	EXPECT_TRUE(tool_said(&tool, "QEMU NVMe Ctrl"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme identify %s --json -p %s",
				     self->bdf, self->provider));
	object = json_tokener_parse(tool.out);
	ASSERT_NE(NULL, object);
	EXPECT_STREQ(self->provider, member_text(object, "provider"));
	json_object_put(object);
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme identify %s -n 2 -p %s",
				      self->bdf, self->provider));
	EXPECT_TRUE(tool_said(&tool, "has no namespace 2"));
}

/* Sizes of no, some and many commands, with and without a ragged end */
TEST_F_TIMEOUT(disk, round_trips, LONG)
{
	static const size_t sizes[] = {
		1, 511, 512, 513, KIB(4), KIB(256), KIB(256) + 1,
		KIB(5000) + 77,
	};
	unsigned char *data;
	char options[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		data = fill_file(self, sizes[i]);
		EXPECT_EQ(CMD_DONE, copy_in(self, "--offset 1M"))
			TH_LOG("%zu bytes: %s", sizes[i], tool.err);
		snprintf(options, sizeof(options),
			 "--block 2048 --length %zu", sizes[i]);
		EXPECT_EQ(CMD_DONE, copy_out(self, options))
			TH_LOG("%zu bytes: %s", sizes[i], tool.err);
		EXPECT_TRUE(file_is(self, data, sizes[i]))
			TH_LOG("%zu bytes differ", sizes[i]);
		EXPECT_STREQ("", tool.err);
		free(data);
	}
}

/* The bytes before and after it are what they were, to the byte */
TEST_F(disk, only_what_is_written_changes)
{
	unsigned char *before = fill_file(self, KIB(64)), *part;

	ASSERT_EQ(CMD_DONE, copy_in(self, ""));
	part = fill_file(self, 1000);
	EXPECT_EQ(CMD_DONE, copy_in(self, "--block 9"));
	memcpy(before + 9 * 512, part, 1000);
	EXPECT_EQ(CMD_DONE, copy_out(self, "--length 64K"));
	EXPECT_TRUE(file_is(self, before, KIB(64)));
	EXPECT_EQ(CMD_DONE, copy_out(self, "--block 9 --count 2"));
	EXPECT_TRUE(file_is(self, before + 9 * 512, KIB(1)));
	free(before);
	free(part);
}

/* The kernel's block device of the controller, with its driver bound */
static int open_by_kernel(const struct _test_data_disk *self, int flags)
{
	int fd;

	if (function_bind(self->bdf, "nvme"))
		return -1;
	for (int i = 0; i < 100; i++) {
		fd = open("/dev/nvme0n1", flags | O_CLOEXEC);
		if (fd < 0)
			fd = open("/dev/nvme1n1", flags | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		usleep(50000);
	}
	return -1;
}

TEST_F_TIMEOUT(disk, kernel_reads_what_was_written, LONG)
{
	size_t size = KIB(3000) + 100;
	unsigned char *data = fill_file(self, size);
	unsigned char *found = malloc(size);
	int fd;

	ASSERT_EQ(CMD_DONE, copy_in(self, "--offset 7K"));
	fd = open_by_kernel(self, O_RDONLY);
	if (fd < 0)
		SKIP(return, "the kernel's driver gives no block device");
	EXPECT_EQ((ssize_t)size, pread(fd, found, size, KIB(7)));
	EXPECT_EQ(0, memcmp(data, found, size));
	close(fd);
	free(found);
	free(data);
}

TEST_F_TIMEOUT(disk, reads_what_the_kernel_has_written, LONG)
{
	size_t size = KIB(3000) + 100;
	unsigned char *data = fill_file(self, size);
	char options[64];
	int fd = open_by_kernel(self, O_RDWR);

	if (fd < 0)
		SKIP(return, "the kernel's driver gives no block device");
	EXPECT_EQ((ssize_t)size, pwrite(fd, data, size, KIB(33)));
	EXPECT_EQ(0, fsync(fd));
	close(fd);
	ASSERT_EQ(0, function_bind(self->bdf, variant->driver));
	snprintf(options, sizeof(options), "--offset 33K --length %zu", size);
	EXPECT_EQ(CMD_DONE, copy_out(self, options));
	EXPECT_TRUE(file_is(self, data, size));
	free(data);
}

TEST_F(disk, refused_while_the_kernel_has_it)
{
	unsigned char *data = fill_file(self, 512);
	int fd = open_by_kernel(self, O_RDONLY);

	if (fd < 0)
		SKIP(return, "the kernel's driver gives no block device");
	EXPECT_EQ(CMD_REFUSED, copy_in(self, ""));
	EXPECT_TRUE(tool_said(&tool, "is in use"));
	EXPECT_TRUE(tool_said(&tool, "dmamem bind --force"));
	close(fd);
	EXPECT_EQ(CMD_CANNOT, copy_in(self, ""));
	EXPECT_TRUE(tool_said(&tool, "is bound to nvme"));
	EXPECT_TRUE(tool_said(&tool, "dmamem bind"));
	free(data);
}

/* Blocks of the first namespace */
static uint64_t blocks_of(const struct _test_data_disk *self)
{
	struct json_object *object, *list;
	uint64_t blocks;

	tool_run(&tool, "nvme identify %s --json -p %s", self->bdf,
		 self->provider);
	object = json_tokener_parse(tool.out);
	list = json_object_object_get(object, "namespaces");
	blocks = member_number(json_object_array_get_idx(list, 0), "blocks");
	json_object_put(object);
	return blocks;
}

TEST_F_TIMEOUT(disk, never_beyond_the_end, 180)
{
	uint64_t end = blocks_of(self);
	unsigned char *data = fill_file(self, 1024);
	char options[64];
	int input;

	ASSERT_LT(2, end);
	snprintf(options, sizeof(options), "--block %ju", (uintmax_t)end - 2);
	EXPECT_EQ(CMD_DONE, copy_in(self, options));
	EXPECT_EQ(CMD_DONE, copy_out(self, options));
	EXPECT_TRUE(file_is(self, data, 1024));
	snprintf(options, sizeof(options), "--block %ju", (uintmax_t)end - 1);
	EXPECT_EQ(CMD_USAGE, copy_in(self, options));
	EXPECT_TRUE(tool_said(&tool, "512 are left in the namespace"));
	snprintf(options, sizeof(options), "--block %ju", (uintmax_t)end);
	EXPECT_EQ(CMD_USAGE, copy_in(self, options));
	EXPECT_EQ(CMD_USAGE, copy_out(self, options));
	snprintf(options, sizeof(options), "--block %ju --count 3",
		 (uintmax_t)end - 2);
	EXPECT_EQ(CMD_USAGE, copy_out(self, options));

	/* What has no length is written up to the end */
	input = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	EXPECT_EQ(CMD_FAILED,
		  tool_run_with(&tool, input, "nvme write %s - -p %s --block %ju",
				self->bdf, self->provider, (uintmax_t)end - 1));
	EXPECT_TRUE(tool_said(&tool, "ends after 512 bytes"));
	close(input);
	snprintf(options, sizeof(options), "--block %ju", (uintmax_t)end - 2);
	EXPECT_EQ(CMD_DONE, copy_out(self, options));
	memset(data + 512, 0, 512);
	EXPECT_TRUE(file_is(self, data, 1024));
	free(data);
}

/* As much as a pipe holds, in pieces that no read() returns as a whole */
TEST_F(disk, standard_input)
{
	unsigned char *data = fill_file(self, 60001);
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(60001, write(fds[1], data, 60001));
	close(fds[1]);
	EXPECT_EQ(CMD_DONE, tool_run_with(&tool, fds[0],
					  "nvme write %s -p %s --offset 64K",
					  self->bdf, self->provider));
	close(fds[0]);
	EXPECT_EQ(CMD_DONE, copy_out(self, "--offset 64K --length 60001"));
	EXPECT_TRUE(file_is(self, data, 60001));
	free(data);
}

/* Does the JSON have so many rows, each of them of 200 commands? */
static const char *check_rows(size_t nr, uint64_t verified)
{
	struct json_object *object = json_tokener_parse(tool.out), *rows, *row;
	const char *fault = NULL;

	if (!object)
		return "no JSON";
	rows = json_object_object_get(object, "rows");
	if (json_object_array_length(rows) != nr)
		fault = "number of rows";
	for (size_t i = 0; !fault && i < nr; i++) {
		row = json_object_array_get_idx(rows, i);
		if (member_number(row, "commands") != 200)
			fault = "number of commands";
		if (member_number(row, "verified_bytes") < verified)
			fault = "verified bytes";
		row = json_object_object_get(row, "latency_ns");
		if (!member_number(row, "p50") ||
		    member_number(row, "p50") > member_number(row, "p99_9") ||
		    member_number(row, "p99_9") > member_number(row, "max"))
			fault = "percentiles";
	}
	json_object_put(object);
	return fault;
}

TEST_F_TIMEOUT(disk, bench, LONG)
{
	static const char * const ops[] = { "read", "write", "mix" };
	static const char * const orders[] = { "random", "sequential" };
	static const char load[] = "-s 4K,64K --commands 200 -q 8 --length 1M";
	const char *fault;

	for (unsigned int i = 0; i < 6; i++) {
		EXPECT_EQ(CMD_DONE,
			  tool_run(&tool, "nvme bench %s -p %s -o %s --order %s %s %s",
				   self->bdf, self->provider, ops[i % 3],
				   orders[i / 3], load,
				   "--pointers both --verify --overwrite --json"));
		fault = check_rows(4, KIB(1024));
		EXPECT_EQ(NULL, fault)
			TH_LOG("%s, %s: %s", ops[i % 3], orders[i / 3], fault);
	}
	EXPECT_EQ(CMD_DONE,
		  tool_run(&tool, "nvme bench %s -p %s --commands 200 -q 8",
			   self->bdf, self->provider));
}

TEST_F(disk, bench_overwrites_only_on_request)
{
	unsigned char *data = fill_file(self, KIB(64));

	ASSERT_EQ(CMD_DONE, copy_in(self, ""));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "nvme bench %s -p %s -o write",
					self->bdf, self->provider));
	EXPECT_TRUE(tool_said(&tool, "--overwrite"));
	EXPECT_EQ(CMD_REFUSED, tool_run(&tool, "nvme bench %s -p %s --verify",
					self->bdf, self->provider));
	EXPECT_EQ(CMD_DONE,
		  tool_run(&tool, "nvme bench %s -p %s --commands 100 -s 4K",
			   self->bdf, self->provider));
	EXPECT_EQ(CMD_DONE, copy_out(self, "--length 64K"));
	EXPECT_TRUE(file_is(self, data, KIB(64)));
	free(data);
}

/* Commands in flight come to their end, and all memory is given back */
TEST_F(disk, bench_ends_at_a_signal)
{
	char *argv[] = {
		"dmamem", "nvme", "bench", self->bdf, "-t", "1000", NULL,
	};
	long before = pages_pinned();
	int fds[2], status;
	char line[16];
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		_exit(cmd_dmamem(6, argv));
	}
	close(fds[1]);
	/* The table's head has been printed: signals are caught */
	ASSERT_LT(0, read(fds[0], line, sizeof(line)));
	kill(pid, SIGTERM);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(CMD_FAILED, WEXITSTATUS(status));
	EXPECT_EQ(before, pages_pinned());
	close(fds[0]);
}

/* Wait until a process catches a signal */
static void wait_until_caught(pid_t pid, int signal)
{
	unsigned long long caught = 0;
	char path[32], line[128];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	while (!(caught >> (signal - 1) & 1)) {
		FILE *stream = fopen(path, "re");

		while (stream && fgets(line, sizeof(line), stream))
			sscanf(line, "SigCgt: %llx", &caught);
		if (stream)
			fclose(stream);
		usleep(10000);
	}
}

/* What is not whole does not look so */
TEST_F(disk, bench_says_that_it_was_interrupted)
{
	char *argv[] = {
		"dmamem", "nvme", "bench", self->bdf, "-p",
		(char *)self->provider, "-s", "4K,8K", "-t", "1000", "--json",
		NULL,
	};
	struct json_object *object;
	int status;
	pid_t pid = fork();

	if (!pid) {
		dup2(self->fd, STDOUT_FILENO);
		_exit(cmd_dmamem(11, argv));
	}
	wait_until_caught(pid, SIGTERM);
	kill(pid, SIGTERM);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(CMD_FAILED, WEXITSTATUS(status));
	object = json_object_from_file(self->path);
	ASSERT_NE(NULL, object);
	EXPECT_STREQ("interrupted", member_text(object, "why"));
	EXPECT_GT(2, json_object_array_length(json_object_object_get(object,
								     "rows")));
	json_object_put(object);
}

/* Who reads the output goes away: that is an error, and no sudden death */
TEST_F(disk, broken_pipe)
{
	char *argv[] = { "dmamem", "nvme", "read", self->bdf, NULL };
	long before = pages_pinned();
	int fds[2], status;
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	close(fds[0]);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDOUT_FILENO);
		_exit(cmd_dmamem(4, argv));
	}
	close(fds[1]);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(CMD_FAILED, WEXITSTATUS(status));
	EXPECT_EQ(before, pages_pinned());
}

/* A controller that takes 128 KiB at once, and has blocks of 4 KiB */
TEST(other_limits)
{
	const char *bdf = nvme_rig_bdf(1);

	if (!bdf)
		SKIP(return, "DMAMEM_NVME does not name a second controller");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme identify %s", bdf));
	EXPECT_TRUE(tool_said(&tool, "at most 128 KiB"));
	EXPECT_TRUE(tool_said(&tool, "16384 blocks of 4096 bytes"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme read %s /dev/null --offset 512",
				      bdf));
	EXPECT_TRUE(tool_said(&tool, "block size, 4096"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme read %s /dev/null", bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme bench %s --commands 50", bdf));
	EXPECT_TRUE(tool_said(&tool, " 128 KiB PRP"));
	EXPECT_FALSE(tool_said(&tool, " 1 MiB PRP"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme bench %s -s 256K", bdf));
	EXPECT_TRUE(tool_said(&tool, "takes at once, 128 KiB"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme bench %s -s 512", bdf));
	EXPECT_EQ(0, function_bind(bdf, NULL));
}

/* Namespaces 1 and 13 of the third controller carry metadata, 2 does not */
TEST(namespaces_with_metadata)
{
	static const uint32_t nsids[] = { 1, 2, 13 };
	struct json_object *object, *list;
	const char *bdf;

	bdf = nvme_rig_bdf(2);
	if (!bdf)
		SKIP(return, "DMAMEM_NVME does not name a third controller");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme identify %s", bdf));
	EXPECT_TRUE(tool_said(&tool, "1 cannot be used: its blocks carry meta"));
	EXPECT_TRUE(tool_said(&tool, "Namespace 2 16 MiB: 32768 blocks"));
	EXPECT_TRUE(tool_said(&tool, "13 cannot be used: its blocks carry meta"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme identify %s --json", bdf));
	object = json_tokener_parse(tool.out);
	ASSERT_NE(NULL, object);
	list = json_object_object_get(object, "namespaces");
	ASSERT_EQ(3, json_object_array_length(list));
	for (unsigned int i = 0; i < ARRAY_SIZE(nsids); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		EXPECT_EQ(nsids[i], member_number(one, "nsid"));
		EXPECT_EQ(i == 1, member_number(one, "usable"));
		EXPECT_EQ(i == 1 ? 32768 : 0, member_number(one, "blocks"));
		EXPECT_EQ(i == 1, !member_text(one, "why"));
	}
	json_object_put(object);

	/* The one that can be used is the default */
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme read %s /dev/null --block 32768",
				      bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme read %s /dev/null", bdf));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "nvme read %s /dev/null -n 1", bdf));
	EXPECT_TRUE(tool_said(&tool, "namespace 1 cannot be used"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme read %s /dev/null -n 2", bdf));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme read %s /dev/null -n 4", bdf));
	EXPECT_EQ(0, function_bind(bdf, NULL));
}

TEST(no_namespace_without_metadata)
{
	const char *bdf = nvme_rig_bdf(3);

	if (!bdf)
		SKIP(return, "DMAMEM_NVME does not name a fourth controller");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "nvme identify %s", bdf));
	EXPECT_TRUE(tool_said(&tool, "1 cannot be used"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "nvme read %s /dev/null", bdf));
	EXPECT_TRUE(tool_said(&tool, "no namespace that can be used"));
	EXPECT_EQ(0, function_bind(bdf, NULL));
}

TEST(wrong_functions)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme identify ff:1f.7"));
	EXPECT_TRUE(tool_said(&tool, "there is no PCI function 0000:ff:1f.7"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "nvme identify 00:00.0"));
	EXPECT_TRUE(tool_said(&tool, "is no NVMe controller"));
}

TEST_HARNESS_MAIN
