// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem load, unload and status: the module comes and goes, and where it does
 * not it is said why.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "kselftest_harness.h"

#include "selftests/lib/function.h"
#include "selftests/lib/holder.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/dmamem/module.h"
#include "tools/memory/pages.h"

static struct tool tool;

/* Load what is there, by path or by name */
static int load_with(const char *parameters)
{
	return tool_run(&tool, "load %s %s", access(TOOL_MODULE, F_OK) ? "" :
			"--file " TOOL_MODULE, parameters);
}

static int is_loaded(void)
{
	return !access("/sys/module/dmamem", F_OK);
}

FIXTURE(module)
{
};

FIXTURE_SETUP(module)
{
	ASSERT_TRUE(is_loaded());
}

FIXTURE_TEARDOWN(module)
{
	if (!is_loaded())
		ASSERT_EQ(CMD_DONE, load_with(""));
}

TEST_F(module, comes_and_goes)
{
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, "nobody"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "load"));
	EXPECT_TRUE(tool_said(&tool, "already"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_FALSE(is_loaded());
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, "not loaded"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_DONE, load_with(""));
	EXPECT_TRUE(is_loaded());
}

TEST_F(module, parameters)
{
	EXPECT_EQ(CMD_FAILED, load_with("dma_bits=40"));
	EXPECT_TRUE(tool_said(&tool, "loaded already"));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_USAGE, load_with("dma_bits"));
	EXPECT_TRUE(tool_said(&tool, "'dma_bits'"));
	EXPECT_EQ(CMD_USAGE, load_with("bits=40"));
	EXPECT_TRUE(tool_said(&tool, "'bits'"));
	EXPECT_TRUE(tool_said(&tool, "dma_bits"));
	EXPECT_EQ(CMD_FAILED, load_with("dma_bits=many"));
	EXPECT_TRUE(tool_said(&tool, "parameters"));
	EXPECT_EQ(CMD_DONE, load_with("dma_bits=40"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, "dma_bits=40"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
}

TEST_F(module, what_is_no_module)
{
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "load --file /nowhere/x.ko"));
	EXPECT_TRUE(tool_said(&tool, "there is no /nowhere/x.ko"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "load --file /proc/self/exe"));
	EXPECT_TRUE(tool_said(&tool, "no kernel module"));
}

TEST_F(module, is_not_installed)
{
	struct module_file file;

	if (!module_find("dmamem", &file))
		SKIP(return, "it is installed");
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "load"));
	EXPECT_TRUE(tool_said(&tool, "there is no module dmamem for this kernel"));
	EXPECT_TRUE(tool_said(&tool, "dmamem-dkms"));
}

/*
 * A copy of the module that says it is for a kernel without "SMP", which no
 * kernel takes, and perhaps for another release, which is compared only if
 * checksums of symbols are not
 */
static int copy_module(const char *path, int other_release)
{
	static const char key[] = "vermagic=";
	char *data, *at, *smp = NULL;
	int from, to, ret = -1;
	struct stat st;

	from = open(TOOL_MODULE, O_RDONLY | O_CLOEXEC);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (from < 0 || to < 0 || fstat(from, &st))
		return -1;
	data = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, from,
		    0);
	if (data == MAP_FAILED)
		return -1;
	at = memmem(data, st.st_size, key, strlen(key));
	if (at)
		smp = strstr(at, " SMP ");
	if (smp) {
		smp[1] = 'X';
		at[strlen(key)] ^= other_release;
		ret = write(to, data, st.st_size) != st.st_size;
	}
	munmap(data, st.st_size);
	close(from);
	close(to);
	return ret;
}

TEST_F(module, is_for_another_kernel)
{
	if (access(TOOL_MODULE, F_OK))
		SKIP(return, "there is no " TOOL_MODULE " to be changed");
	ASSERT_EQ(0, copy_module("/tmp/other.ko", 1));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "load --file /tmp/other.ko"));
	EXPECT_TRUE(tool_said(&tool, "/tmp/other.ko is for kernel "));
	EXPECT_FALSE(is_loaded());
	unlink("/tmp/other.ko");
}

TEST_F(module, is_for_another_configuration)
{
	if (access(TOOL_MODULE, F_OK))
		SKIP(return, "there is no " TOOL_MODULE " to be changed");
	ASSERT_EQ(0, copy_module("/tmp/other.ko", 0));
	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "load --file /tmp/other.ko"));
	EXPECT_TRUE(tool_said(&tool, "another configuration"));
	EXPECT_FALSE(is_loaded());
	unlink("/tmp/other.ko");
}

TEST_F(module, without_the_capability)
{
	int status;

	ASSERT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	if (!fork()) {
		privilege_drop(CAP_SYS_MODULE);
		_exit(load_with("") == CMD_CANNOT &&
		      tool_said(&tool, "CAP_SYS_MODULE") ? 0 : 1);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	EXPECT_FALSE(is_loaded());
}

TEST_F(module, unload_without_the_capability)
{
	int status;

	if (!fork()) {
		privilege_drop(CAP_SYS_MODULE);
		_exit(tool_run(&tool, "unload") == CMD_CANNOT &&
		      tool_said(&tool, "CAP_SYS_MODULE") ? 0 : 1);
	}
	wait(&status);
	EXPECT_EQ(0, status);
	EXPECT_TRUE(is_loaded());
}

static struct json_object *member(struct json_object *object, const char *key)
{
	return json_object_object_get(object, key);
}

TEST_F(module, is_in_use_and_by_whom)
{
	struct json_object *object, *opener, *region;
	char *addr = pages_map(2 * PAGE), pid[32];
	struct holder holder;

	ASSERT_EQ(0, holder_start(&holder, NULL, NULL, addr, 2 * PAGE));
	snprintf(pid, sizeof(pid), "pid %d (", holder.pid);
	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "unload"));
	EXPECT_TRUE(tool_said(&tool, pid));
	EXPECT_TRUE(tool_said(&tool, "/dev/dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, pid));
	EXPECT_TRUE(tool_said(&tool, "8 KiB"));

	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status --json"));
	object = json_tokener_parse(tool.out);
	ASSERT_NE(NULL, object);
	EXPECT_EQ(1, json_object_get_int(member(object, "references")));
	opener = json_object_array_get_idx(member(object, "openers"), 0);
	ASSERT_NE(NULL, opener);
	EXPECT_EQ(holder.pid, json_object_get_int(member(opener, "pid")));
	EXPECT_EQ(2 * PAGE, json_object_get_uint64(member(opener, "pinned")));
	region = json_object_array_get_idx(member(opener, "regions"), 0);
	EXPECT_EQ(holder.region, json_object_get_int(member(region, "id")));
	EXPECT_EQ((uintptr_t)addr,
		  json_object_get_uint64(member(region, "addr")));
	EXPECT_EQ(2 * PAGE, json_object_get_uint64(member(region, "length")));
	json_object_put(object);

	holder_kill(&holder);
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
}

/* QEMU's edu device has no reset method: what it may write to is kept */
TEST_F(module, keeps_pages_in_quarantine)
{
	char *addr = pages_map(2 * PAGE), bdf[FUNCTION_NAME];
	struct json_object *object, *ward;
	struct holder holder;

	if (function_find(FUNCTION_EDU, bdf))
		SKIP(return, "no edu device");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	ASSERT_EQ(0, holder_start(&holder, bdf, NULL, addr, 2 * PAGE));
	holder_kill(&holder);

	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, "keeps 8 KiB pinned"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status --json"));
	object = json_tokener_parse(tool.out);
	ward = json_object_array_get_idx(member(object, "quarantine"), 0);
	ASSERT_NE(NULL, ward);
	EXPECT_STREQ(bdf, json_object_get_string(member(ward, "bdf")));
	EXPECT_EQ(2 * PAGE, json_object_get_uint64(member(ward, "bytes")));
	json_object_put(object);

	EXPECT_EQ(CMD_FAILED, tool_run(&tool, "unload"));
	EXPECT_TRUE(tool_said(&tool, "could not be stopped"));
	EXPECT_TRUE(tool_said(&tool, bdf));
	EXPECT_EQ(0, function_vouch(bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_EQ(0, function_bind(bdf, NULL));
}

TEST_F(module, leaves_its_functions_without_a_driver)
{
	char bdf[FUNCTION_NAME];

	if (function_find(FUNCTION_EDU, bdf))
		SKIP(return, "no edu device");
	ASSERT_EQ(0, function_bind(bdf, "dmamem"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unload"));
	EXPECT_TRUE(tool_said(&tool, bdf));
	EXPECT_EQ(0, function_bind(bdf, NULL));
}

TEST_F(module, arguments)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "unload now"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "status now"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "load --wrong"));
	EXPECT_TRUE(tool_said(&tool, "--wrong"));
	EXPECT_TRUE(is_loaded());
}

TEST_HARNESS_MAIN
