// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Regions of 4 GiB, or of half the memory where there is less: a pin can be
 * killed on the way, and no command keeps its processor to itself. Where the
 * clock counts instructions, nobody waits 100 ms for it, and elsewhere at least
 * the kernel does not complain (which the guest's runner would report).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/events.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define MAX_LENGTH (4UL << 30)
#define LIMIT 0.1	/* seconds */

/*
 * What a child does with the memory
 * @fd: /dev/dmamem
 * @addr: @length bytes
 * @length: Of the memory
 * @pin: The pin
 * @extents: Room for those of the pin, one a page
 */
struct rig {
	int fd;
	char *addr;
	size_t length;
	struct dmamem_pin pin;
	struct dmamem_extent *extents;
};

static int run_pin(struct rig *rig)
{
	return uapi_pin(rig->fd, rig->addr, rig->length, DMAMEM_PIN_WRITE,
			&rig->pin);
}

static int run_extents(struct rig *rig)
{
	uint32_t count = rig->length / PAGE;

	return uapi_extents(rig->fd, rig->pin.region, 0, rig->extents, &count);
}

static int run_verify(struct rig *rig)
{
	return uapi_verify(rig->fd, rig->pin.region, 0, rig->length, NULL);
}

static int run_unpin(struct rig *rig)
{
	return uapi_unpin(rig->fd, rig->pin.region);
}

static int run_close(struct rig *rig)
{
	int ret = run_pin(rig);

	return ret ? ret : close(rig->fd);
}

static const struct {
	const char *name;
	int (*run)(struct rig *rig);
} steps[] = {
	{ "PIN", run_pin },
	{ "EXTENTS", run_extents },
	{ "VERIFY", run_verify },
	{ "UNPIN", run_unpin },
	{ "PIN and close", run_close },
};

#define NR_STEPS (sizeof(steps) / sizeof(steps[0]))

/*
 * What the child says of itself
 * @ret: What a step returned
 * @waited: The longest that somebody waited for the processor meanwhile
 */
struct report {
	int ret[NR_STEPS];
	double waited[NR_STEPS];
};

/* selftests/vm/run --icount says so */
static bool clock_counts_instructions(void)
{
	return getenv("DMAMEM_ICOUNT");
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Somebody else on the same processor, who is more urgent */
struct watch {
	pthread_t thread;
	atomic_bool done;
	double waited;
};

static void *keep_watch(void *arg)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct watch *watch = arg;
	double before = now(), time;

	while (!watch->done) {
		nanosleep(&pause, NULL);
		time = now();
		if (time - before > watch->waited)
			watch->waited = time - before;
		before = time;
	}
	return NULL;
}

static int start_watch(struct watch *watch)
{
	const struct sched_param urgent = { .sched_priority = 1 };
	cpu_set_t first;
	int ret;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		return -errno;
	ret = pthread_create(&watch->thread, NULL, keep_watch, watch);
	if (!ret)
		ret = pthread_setschedparam(watch->thread, SCHED_FIFO, &urgent);
	return -ret;
}

static int watch_step(struct rig *rig, int (*run)(struct rig *rig),
		      double *waited)
{
	struct watch watch = {};
	int ret = start_watch(&watch);

	if (ret)
		return ret;
	ret = run(rig);
	watch.done = true;
	pthread_join(watch.thread, NULL);
	*waited = watch.waited;
	return ret;
}

static size_t choose_length(void)
{
	size_t half = pages_count("/proc/meminfo", "MemFree:") / 2 * 1024;

	if (half >= MAX_LENGTH / 2 + MAX_LENGTH / 16)
		return MAX_LENGTH;
	return half / HUGE * HUGE;
}

static int make_rig(struct rig *rig, bool scattered)
{
	size_t i, nr;

	rig->fd = uapi_open(NULL);
	if (rig->fd < 0)
		return rig->fd;
	rig->length = choose_length();
	nr = rig->length / PAGE;
	rig->addr = mmap(NULL, rig->length, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	rig->extents = calloc(nr, sizeof(*rig->extents));
	if (rig->addr == MAP_FAILED || !rig->extents)
		return -ENOMEM;
	madvise(rig->addr, rig->length, MADV_NOHUGEPAGE);
	for (i = 0; scattered && i < nr; i++)
		rig->addr[i * 7919 % nr * PAGE] = 1;
	return 0;
}

/* Each step, then the pin that is killed, after a byte to @out */
static void child(bool scattered, bool watched, struct report *report, int out)
{
	struct rig rig;

	if (make_rig(&rig, scattered))
		_exit(1);
	for (size_t i = 0; watched && i < NR_STEPS; i++)
		report->ret[i] = watch_step(&rig, steps[i].run,
					    &report->waited[i]);
	if (!watched && write(out, "p", 1) == 1)
		run_pin(&rig);
	_exit(0);
}

FIXTURE(pin_long)
{
	struct report *report;
	long pinned;
	int pipes[2];
};

/* The memory: there already, each page a run of its own, or not yet */
FIXTURE_VARIANT(pin_long)
{
	bool scattered;
};

FIXTURE_VARIANT_ADD(pin_long, untouched)
{
	.scattered = false,
};

FIXTURE_VARIANT_ADD(pin_long, scattered)
{
	.scattered = true,
};

FIXTURE_SETUP(pin_long)
{
	self->pinned = pages_pinned();
	self->report = mmap(NULL, sizeof(*self->report), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->report);
	ASSERT_EQ(0, pipe2(self->pipes, O_CLOEXEC));
}

FIXTURE_TEARDOWN(pin_long)
{
	EXPECT_EQ(self->pinned, pages_pinned());
	events_stop();
}

TEST_F_TIMEOUT(pin_long, others_go_on, 300)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		child(variant->scattered, true, self->report, -1);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	for (size_t i = 0; i < NR_STEPS; i++) {
		EXPECT_EQ(0, self->report->ret[i])
			TH_LOG("%s", steps[i].name);
		TH_LOG("%s: others wait up to %.1f ms", steps[i].name,
		       self->report->waited[i] * 1000);
		if (clock_counts_instructions())
			EXPECT_GT(LIMIT, self->report->waited[i]);
	}
}

/* Pages of the last pin, if it was killed; else -errno */
static long pages_of_killed_pin(void)
{
	char text[EVENT_TEXT];
	unsigned long pages;
	unsigned int cause;
	int ret = events_last("dmamem_pin", text);

	if (ret)
		return ret;
	if (sscanf(text, "%*s %*s %*s pages=%lu extents=%*u cause=%u", &pages,
		   &cause) != 2 || cause != DMAMEM_CAUSE_SIGNAL)
		return -EUCLEAN;
	return pages;
}

/* What is pinned is given back: that begins at once */
TEST_F_TIMEOUT(pin_long, killed_on_the_way, 300)
{
	double killed;
	int status;
	char byte;
	pid_t pid;

	if (events_start())
		SKIP(return, "no tracepoints");
	pid = fork();
	if (!pid)
		child(variant->scattered, false, NULL, self->pipes[1]);
	ASSERT_EQ(1, read(self->pipes[0], &byte, 1));
	usleep(200000);
	killed = now();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		SKIP(return, "the pin was too fast");
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_LT(0, pages_of_killed_pin());
	TH_LOG("%.1f ms to the end of the pin, %.1f ms to that of the ioctl",
	       (events_time("dmamem_unpin") - killed) * 1000,
	       (events_time("dmamem_pin") - killed) * 1000);
	if (clock_counts_instructions())
		EXPECT_GT(LIMIT, events_time("dmamem_unpin") - killed);
}

TEST_HARNESS_MAIN
