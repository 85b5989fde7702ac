// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Regions of 4 GiB, or of half the memory where there is less, of /dev/dmamem
 * and of a node: a pin can be killed on the way, and no command keeps its
 * processor to itself. Where the clock counts instructions, neither the one who
 * is killed nor anybody else waits 100 ms for it, and elsewhere at least the
 * kernel does not complain (which the guest's runner would report).
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "selftests/lib/events.h"
#include "selftests/lib/fds.h"
#include "selftests/lib/function.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define MAX_LENGTH (4UL << 30)
#define LIMIT 0.1	/* seconds */
#define PATIENCE 300	/* tenths of a second */

/*
 * What a child does with the memory
 * @fd: /dev/dmamem, or a node
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

static int be_urgent(pthread_t thread, int priority)
{
	const struct sched_param param = { .sched_priority = priority };

	return -pthread_setschedparam(thread, SCHED_FIFO, &param);
}

static int start_watch(struct watch *watch)
{
	cpu_set_t first;
	int ret;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	if (sched_setaffinity(0, sizeof(first), &first))
		return -errno;
	ret = -pthread_create(&watch->thread, NULL, keep_watch, watch);
	return ret ? ret : be_urgent(watch->thread, 1);
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

static int make_rig(struct rig *rig, const char *node, bool scattered)
{
	size_t i, nr;

	rig->fd = uapi_open(node);
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

/* A child that does each step */
static void watched_child(const char *node, bool scattered,
			  struct report *report)
{
	struct rig rig;

	if (make_rig(&rig, node, scattered))
		_exit(1);
	for (size_t i = 0; i < NR_STEPS; i++)
		report->ret[i] = watch_step(&rig, steps[i].run,
					    &report->waited[i]);
	_exit(0);
}

FIXTURE(pin_long)
{
	struct report *report;
	char bdf[FUNCTION_NAME];
	const char *node;
	long pinned;
	int sockets[2];
	int fd;
};

/*
 * @scattered: The memory is there, each page a run of its own; else not yet
 * @node: It is pinned for a function
 * @shared: The file outlives the one who is killed
 * @fails: The last page is refused: killed while the others are given back
 */
FIXTURE_VARIANT(pin_long)
{
	bool scattered;
	bool node;
	bool shared;
	bool fails;
};

/*
 * One that pins, sends the file and how long that took, and pins again. It is
 * more urgent than what the kernel does for it: to wait for that takes a wait.
 */
static void doomed_child(const char *node,
			 const FIXTURE_VARIANT(pin_long) *variant, int socket)
{
	struct rig rig;
	double took;
	int ret;

	if (make_rig(&rig, node, variant->scattered))
		_exit(1);
	if (variant->fails)
		mprotect(rig.addr + rig.length - PAGE, PAGE, PROT_NONE);
	took = -now();
	ret = run_pin(&rig);
	took += now();
	if (variant->fails ? ret != -EFAULT : ret || run_unpin(&rig))
		_exit(1);
	if (!variant->scattered)
		madvise(rig.addr, rig.length, MADV_DONTNEED);
	if (be_urgent(pthread_self(), 1))
		_exit(1);
	if (!fds_send(socket, &rig.fd, 1, &took, sizeof(took)))
		run_pin(&rig);
	_exit(0);
}

FIXTURE_VARIANT_ADD(pin_long, untouched)
{
	.scattered = false,
};

FIXTURE_VARIANT_ADD(pin_long, scattered)
{
	.scattered = true,
	.shared = true,
};

FIXTURE_VARIANT_ADD(pin_long, node)
{
	.scattered = true,
	.node = true,
};

FIXTURE_VARIANT_ADD(pin_long, failing)
{
	.scattered = true,
	.fails = true,
};

FIXTURE_SETUP(pin_long)
{
	if (variant->node) {
		if (function_find(FUNCTION_NVME, self->bdf))
			SKIP(return, "no NVMe controller of QEMU");
		if (!function_is_translated(self->bdf))
			SKIP(return, "nothing translates: nothing to map");
		ASSERT_EQ(0, function_bind(self->bdf, "dmamem"));
		self->node = self->bdf;
	}
	self->pinned = pages_pinned();
	self->report = mmap(NULL, sizeof(*self->report), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->report);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, self->sockets));
	self->fd = -1;
}

FIXTURE_TEARDOWN(pin_long)
{
	/* If the file is left, what a killed pin leaves is given back later */
	for (int i = 0; self->fd >= 0 && i < PATIENCE; i++) {
		if (pages_pinned() == self->pinned)
			break;
		usleep(100000);
	}
	EXPECT_EQ(self->pinned, pages_pinned());
	close(self->fd);
	events_stop();
}

TEST_F_TIMEOUT(pin_long, others_go_on, 300)
{
	int status;
	pid_t pid;

	if (variant->fails)
		SKIP(return, "that is about a pin that succeeds");
	pid = fork();
	if (!pid)
		watched_child(self->node, variant->scattered, self->report);
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

/* Pages of the last pin, if that is why it failed; else -errno */
static long pages_of_pin(unsigned int expected)
{
	char text[EVENT_TEXT];
	unsigned long pages;
	unsigned int cause;
	int ret = events_last("dmamem_pin", text);

	if (ret)
		return ret;
	if (sscanf(text, "%*s %*s %*s pages=%lu extents=%*u cause=%u", &pages,
		   &cause) != 2 || cause != expected)
		return -EUCLEAN;
	return pages;
}

/* Until pages begin to be given back once more */
static void wait_for_release(void)
{
	double before = events_time("dmamem_unpin");

	while (events_time("dmamem_unpin") == before)
		usleep(1000);
}

/* Late, when much is to be given back */
TEST_F_TIMEOUT(pin_long, killed_on_the_way, 300)
{
	double took, killed;
	long nr;
	int status;
	pid_t pid;

	if (events_start())
		SKIP(return, "no tracepoints");
	ASSERT_EQ(0, be_urgent(pthread_self(), 2));
	pid = fork();
	if (!pid)
		doomed_child(self->node, variant, self->sockets[1]);
	ASSERT_EQ(0, fds_receive(self->sockets[0], &self->fd, 1, &took,
				 sizeof(took)));
	if (!variant->shared) {
		close(self->fd);
		self->fd = -1;
	}
	if (variant->fails)
		wait_for_release();
	else
		usleep(took * 0.7 * 1e6);
	killed = now();
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		close(self->fd);
		self->fd = -1;
		SKIP(return, "the pin was too fast");
	}
	ASSERT_TRUE(WIFSIGNALED(status));
	nr = pages_of_pin(variant->fails ? DMAMEM_CAUSE_NO_ACCESS :
					   DMAMEM_CAUSE_SIGNAL);
	EXPECT_LT(0, nr);
	killed = events_time("dmamem_pin") - killed;
	TH_LOG("killed with %ld pages; %.1f ms to the end of the ioctl", nr,
	       killed * 1000);
	if (clock_counts_instructions())
		EXPECT_GT(LIMIT, killed);
}

static int read_fdinfo(struct rig *rig)
{
	static char text[1 << 20];
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", rig->fd);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	do
		got = read(fd, text, sizeof(text));
	while (got > 0);
	close(fd);
	return got ? -errno : 0;
}

/* As many regions as an unprivileged user may have after a while */
TEST(fdinfo_of_many_regions)
{
	struct rig rig = { .fd = uapi_open(NULL), .length = PAGE };
	double waited;

	ASSERT_LE(0, rig.fd);
	rig.addr = pages_map(PAGE);
	for (int i = 0; i < 20000; i++)
		ASSERT_EQ(0, run_pin(&rig));
	ASSERT_EQ(0, watch_step(&rig, read_fdinfo, &waited));
	TH_LOG("others wait up to %.1f ms", waited * 1000);
	if (clock_counts_instructions())
		EXPECT_GT(LIMIT, waited);
	close(rig.fd);
}

TEST_HARNESS_MAIN
