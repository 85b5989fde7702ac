// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem doctor: what it foresees is what dmamem_open() then does, and all of it
 * fits a terminal.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "kselftest_harness.h"

#include <dmamem/dmamem.h>

#include "selftests/lib/cmdline.h"
#include "selftests/lib/function.h"
#include "selftests/lib/privilege.h"
#include "selftests/lib/tool.h"
#include "tools/dmamem/cmd.h"
#include "tools/memory/pages.h"

static struct tool tool;

FIXTURE(doctor)
{
	char bdf[FUNCTION_NAME];
	struct json_object *object;
};

FIXTURE_SETUP(doctor)
{
	ASSERT_EQ(0, function_find(FUNCTION_EDU, self->bdf));
	self->object = NULL;
}

FIXTURE_TEARDOWN(doctor)
{
	json_object_put(self->object);
	EXPECT_EQ(0, function_bind(self->bdf, NULL));
}

static struct json_object *member(struct json_object *object, const char *key)
{
	return json_object_object_get(object, key);
}

static const char *text(struct json_object *object, const char *key)
{
	return json_object_get_string(member(object, key));
}

/* What is said of the function, or NULL */
static struct json_object *examine(FIXTURE_DATA(doctor) *self)
{
	json_object_put(self->object);
	self->object = NULL;
	if (tool_run(&tool, "doctor --json %s", self->bdf) & ~CMD_CANNOT)
		return NULL;
	self->object = json_tokener_parse(tool.out);
	return json_object_array_get_idx(member(self->object, "functions"), 0);
}

static int has_mode(struct json_object *way, enum dmamem_iova_mode mode)
{
	static const char * const names[] = { "auto", "pa", "va", "dma" };
	struct json_object *modes = member(way, "modes");

	for (size_t i = 0; i < json_object_array_length(modes); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(modes, i)),
			    names[mode]))
			return 1;
	return 0;
}

/*
 * Does opening what was foreseen do as was foreseen? What differs, or NULL. The
 * modes are those of the provider: for another mode auto may take another
 */
static const char *compare(FIXTURE_DATA(doctor) *self, struct json_object *way,
			   const char *provider, enum dmamem_iova_mode mode)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = self->bdf,
		.provider = provider,
		.iova_mode = mode,
	};
	const char *foreseen = text(way, "provider"), *ret = NULL;
	struct dmamem_context *ctx;
	int err;

	err = dmamem_open(&options, &ctx);
	if (mode != DMAMEM_IOVA_AUTO)
		ret = has_mode(way, mode) == !err ? NULL : "mode";
	else if (err)
		ret = foreseen || strcmp(strerrorname_np(-err),
					 text(way, "error")) ? "error" : NULL;
	else if (!foreseen || strcmp(foreseen, dmamem_get_provider(ctx)) != 0)
		ret = "provider";
	else if (!has_mode(way, dmamem_get_iova_mode(ctx)))
		ret = "mode that is taken";
	if (!err)
		dmamem_close(ctx);
	return ret;
}

TEST_F_TIMEOUT(doctor, foresees_what_happens, 180)
{
	static const char * const drivers[] = { "", "dmamem", "vfio-pci" };
	static const char * const providers[] = { "auto", "kmod", "vfio",
						  "hugepage" };
	struct json_object *function, *way;
	const char *fault;

	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		/* Without an IOMMU vfio-pci takes nothing */
		if (function_bind(self->bdf, drivers[i][0] ? drivers[i] : NULL))
			continue;
		function = examine(self);
		ASSERT_NE(NULL, function);
		EXPECT_STREQ(drivers[i], text(function, "driver") ?: "");
		for (size_t p = 0; p < ARRAY_SIZE(providers); p++) {
			way = member(member(function, "ways"), providers[p]);
			ASSERT_NE(NULL, way);
			for (enum dmamem_iova_mode mode = DMAMEM_IOVA_AUTO;
			     mode <= (p ? DMAMEM_IOVA_DMA : DMAMEM_IOVA_AUTO);
			     mode++) {
				fault = compare(self, way, providers[p], mode);
				EXPECT_EQ(NULL, fault) {
					TH_LOG("driver %s, provider %s, mode %u: %s, %s",
					       drivers[i], providers[p], mode,
					       fault, text(way, "reason"));
				}
			}
		}
	}
}

TEST_F(doctor, changes_nothing)
{
	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	EXPECT_FALSE(function_is_master(self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "doctor %s", self->bdf));
	EXPECT_FALSE(function_is_master(self->bdf));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "status"));
	EXPECT_TRUE(tool_said(&tool, "nobody"));
}

TEST_F(doctor, knows_the_iommu)
{
	struct json_object *function = examine(self), *iommu;
	int translated = function_is_translated(self->bdf);

	ASSERT_NE(NULL, function);
	iommu = member(self->object, "iommu");
	if (cmdline_has("intel_iommu=on")) {
		EXPECT_NE(0, json_object_get_int(member(iommu, "groups")));
		EXPECT_STREQ(translated ? "DMA" : "identity",
			     text(function, "group_type"));
		EXPECT_EQ(1, json_object_array_length(member(function,
							     "group_members")));
		EXPECT_EQ(translated, !json_object_get_int(member(iommu,
								  "identity_groups")));
	} else {
		EXPECT_EQ(0, json_object_get_int(member(iommu, "groups")));
		EXPECT_EQ(NULL, text(function, "group"));
		EXPECT_EQ(CMD_DONE, tool_run(&tool, "doctor"));
		EXPECT_TRUE(tool_said(&tool, "intel_iommu=on"));
	}
}

TEST_F(doctor, knows_the_module)
{
	struct json_object *module;

	ASSERT_NE(NULL, examine(self));
	module = member(self->object, "module");
	EXPECT_TRUE(json_object_get_boolean(member(module, "loaded")));
	EXPECT_NE(NULL, strchr(text(module, "taint"), 'O'));
}

TEST_F(doctor, says_what_to_do_and_that_helps)
{
	struct json_object *function = examine(self), *way;
	char command[128];

	if (cmdline_has("tool_doctor=lockdown"))
		SKIP(return, "this guest has no vfio");
	if (!function_is_translated(self->bdf))
		SKIP(return, "there is a way already");
	EXPECT_EQ(CMD_CANNOT, tool.exit_code);
	way = member(member(function, "ways"), "kmod");
	EXPECT_EQ(NULL, text(way, "provider"));
	snprintf(command, sizeof(command), "dmamem bind %s", self->bdf);
	EXPECT_STREQ(command, text(way, "remedy"));
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "bind %s", self->bdf));
	EXPECT_NE(NULL, examine(self));
	EXPECT_EQ(CMD_DONE, tool.exit_code);
	EXPECT_EQ(CMD_DONE, tool_run(&tool, "unbind %s", self->bdf));
}

TEST_F(doctor, without_privilege)
{
	pid_t pid;
	int status;

	pid = fork();
	if (!pid) {
		privilege_drop(CAP_SYS_RAWIO);
		privilege_drop(CAP_SYS_ADMIN);
		privilege_drop(CAP_IPC_LOCK);
		_exit(tool_run(&tool, "doctor %s", self->bdf) == CMD_CANNOT &&
		      tool_said(&tool, "without CAP_SYS_RAWIO") &&
		      tool_said(&tool, "8 MiB of pinned memory") ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Without colours: this is no terminal */
TEST_F(doctor, fits_a_terminal)
{
	char *line, *saved;

	tool_run(&tool, "doctor");
	EXPECT_TRUE(tool_said(&tool, self->bdf));
	EXPECT_EQ(NULL, strchr(tool.out, '\033'));
	EXPECT_STREQ("", tool.err);
	for (line = strtok_r(tool.out, "\n", &saved); line;
	     line = strtok_r(NULL, "\n", &saved)) {
		EXPECT_GE(80, strlen(line)) {
			TH_LOG("%s", line);
		}
	}
}

TEST_F(doctor, arguments)
{
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "doctor edu"));
	EXPECT_TRUE(tool_said(&tool, "'edu'"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "doctor ffff:ff:1f.7"));
	EXPECT_TRUE(tool_said(&tool, "there is no PCI function ffff:ff:1f.7"));
	EXPECT_EQ(CMD_USAGE, tool_run(&tool, "doctor --xml"));
	EXPECT_TRUE(tool_said(&tool, "--xml"));
}

/* There is no way back: this is the last one */
TEST_F(doctor, under_lockdown)
{
	struct json_object *function, *way;

	if (!cmdline_has("tool_doctor=lockdown"))
		SKIP(return, "needs tool_doctor=lockdown on the command line");
	mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL);
	ASSERT_EQ(0, pages_write("/sys/kernel/security/lockdown",
				 "integrity"));
	EXPECT_EQ(CMD_CANNOT, tool_run(&tool, "doctor"));
	EXPECT_TRUE(tool_said(&tool, "lockdown: integrity"));
	EXPECT_TRUE(tool_said(&tool, "the kernel is locked down"));

	ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
	function = examine(self);
	ASSERT_NE(NULL, function);
	EXPECT_EQ(CMD_DONE, tool.exit_code);
	way = member(member(function, "ways"), "auto");
	EXPECT_STREQ("kmod", text(way, "provider"));
	way = member(member(self->object, "ways"), "auto");
	EXPECT_EQ(NULL, text(way, "provider"));
	EXPECT_STREQ("EPERM", text(way, "error"));
}

TEST_HARNESS_MAIN
