// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The example examples/dpdk runs: packets between two ports, byte by byte, in
 * ordinary memory at dmamem's addresses.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/function.h"
#include "tools/memory/pages.h"

#define FIRST "0000:00:07.0"
#define SECOND "0000:00:08.0"

/* main() of the example; NULL if it was built without dpdk-dev */
int example_main(int argc, char **argv) __attribute__((weak));

static bool there_is(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	return !access(path, F_OK);
}

static void run_example(int out)
{
	char *args[] = {
		"loopback", "--iova-mode=pa", "-m", "2", "--in-memory",
		"--no-telemetry", "-l", "0", "--log-level=error",
	};
	char *copy[ARRAY_SIZE(args) + 1] = { 0 };

	/* EAL sorts them */
	for (size_t i = 0; i < ARRAY_SIZE(args); i++)
		copy[i] = strdup(args[i]);
	setenv("RUNTIME_DIRECTORY", "/tmp", 0);
	dup2(out, STDOUT_FILENO);
	exit(example_main(ARRAY_SIZE(args), copy));
}

/* Its exit status, and what it printed */
static int run(char *text, size_t size)
{
	int pipes[2], status = -1;
	size_t len = 0;
	ssize_t got;
	pid_t child;

	if (pipe(pipes))
		return -1;
	child = fork();
	if (!child)
		run_example(pipes[1]);
	close(pipes[1]);
	while ((got = read(pipes[0], text + len, size - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	close(pipes[0]);
	waitpid(child, &status, 0);
	return status;
}

FIXTURE(dpdk)
{
	long pinned;
};

FIXTURE_SETUP(dpdk)
{
	self->pinned = pages_pinned();
}

FIXTURE_TEARDOWN(dpdk)
{
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F_TIMEOUT(dpdk, packets_in_ordinary_memory, 120)
{
	char text[4096];

	if (!example_main)
		SKIP(return, "built without dpdk-dev");
	if (!there_is(FIRST) || !there_is(SECOND))
		SKIP(return, "no e1000 devices at %s and %s", FIRST, SECOND);
	if (function_bind(FIRST, "uio_pci_generic") ||
	    function_bind(SECOND, "uio_pci_generic"))
		SKIP(return, "no uio_pci_generic");
	ASSERT_EQ(0, pages_write("/proc/sys/vm/nr_hugepages", "1"));
	EXPECT_EQ(0, run(text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "dmamem's addresses of 512 pages"))
		TH_LOG("%s", text);
	EXPECT_NE(NULL, strstr(text, "64 packets of 1024 bytes"))
		TH_LOG("%s", text);
}

TEST_HARNESS_MAIN
