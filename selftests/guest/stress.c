// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Threads that pin, unpin, ask, verify, fork, unmap, close, pass descriptors on
 * and unbind the function at random, all on the same files and the same memory:
 * no call has an outcome that is not in its contract, and when the files are
 * closed nothing is left pinned. The watchers of a sanitizer kernel see most.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/fds.h"
#include "selftests/lib/function.h"
#include "selftests/lib/random.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define TIMEOUT 900
#define THREADS 4
#define CALLS 5000 /* of each thread */
#define MEMORY_PAGES 256
#define FILES 4
#define REGIONS 64

/*
 * What the threads share
 * @bdf: A function bound to dmamem, or empty
 * @binding: Held by the one that unbinds it
 * @memory: MEMORY_PAGES pages, or what the threads have made of them
 * @files: Open files; a thread may close one while another uses it
 * @regions: Ids of some file; which, and whether it still exists, is not known
 * @wrong: Outcomes that must not be
 */
struct stress {
	char bdf[FUNCTION_NAME];
	const char *node;
	unsigned int nr_files;
	pthread_mutex_t binding;
	unsigned char *memory;
	atomic_int files[FILES];
	atomic_uint regions[REGIONS];
	atomic_uint wrong;
};

struct worker {
	struct stress *stress;
	struct random random;
	pthread_t thread;
	struct dmamem_extent extents[MEMORY_PAGES];
};

static uint64_t below(struct worker *worker, uint64_t n)
{
	return random_below(&worker->random, n);
}

static atomic_int *some_file(struct worker *worker)
{
	struct stress *stress = worker->stress;

	return &stress->files[below(worker, stress->nr_files)];
}

static atomic_uint *some_region(struct worker *worker)
{
	return &worker->stress->regions[below(worker, REGIONS)];
}

/* A stretch of the memory */
static unsigned char *some_memory(struct worker *worker, size_t *length)
{
	unsigned int first = below(worker, MEMORY_PAGES);
	unsigned int nr = 1 + below(worker, 32);

	if (nr > MEMORY_PAGES - first)
		nr = MEMORY_PAGES - first;
	*length = nr * PAGE;
	return worker->stress->memory + first * PAGE;
}

/* Any call may find its file closed, another of its number, no function */
static bool may_be(int ret, int one, int two, int three)
{
	return !ret || ret == -EBADF || ret == -ENOTTY || ret == -ENODEV ||
	       ret == one || ret == two || ret == three;
}

/* -- Calls; each says whether its outcome may be -- */

static bool call_pin(struct worker *worker)
{
	size_t length;
	unsigned char *memory = some_memory(worker, &length);
	uint32_t flags = below(worker, 2) * DMAMEM_PIN_WRITE;
	int ret = uapi_pin_id(*some_file(worker), memory, length, flags);

	if (ret > 0) {
		*some_region(worker) = ret;
		return true;
	}
	return may_be(ret, -EFAULT, -EFAULT, -EFAULT);
}

static bool call_unpin(struct worker *worker)
{
	int ret = uapi_unpin(*some_file(worker), *some_region(worker));

	return may_be(ret, -ENOENT, -ENOENT, -ENOENT);
}

static bool call_extents(struct worker *worker)
{
	uint64_t offset = below(worker, 4) * PAGE;
	uint32_t count = 1 + below(worker, MEMORY_PAGES);
	int ret = uapi_extents(*some_file(worker), *some_region(worker), offset,
			       worker->extents, &count);

	return may_be(ret, -ENOENT, -EINVAL, -EINVAL);
}

static bool call_verify(struct worker *worker)
{
	uint64_t length = (1 + below(worker, 8)) * PAGE;
	int ret = uapi_verify(*some_file(worker), *some_region(worker), 0,
			      length, NULL);

	return may_be(ret, -ENOENT, -EINVAL, -ESTALE);
}

static bool call_info(struct worker *worker)
{
	struct dmamem_info info;
	int ret = uapi_info(*some_file(worker), &info);

	return may_be(ret, 0, 0, 0);
}

static bool call_fdinfo(struct worker *worker)
{
	char path[64], text[512];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d",
		 *some_file(worker));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
	return true;
}

/* Another may have closed it, or be the one opener that there may be */
static bool call_reopen(struct worker *worker)
{
	atomic_int *file = some_file(worker);
	int fd = atomic_exchange(file, -1);

	if (fd >= 0)
		close(fd);
	fd = uapi_open(worker->stress->node);
	if (fd >= 0)
		fd = atomic_exchange(file, fd);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || fd == -1 || fd == -EBUSY || fd == -ENOENT ||
	       fd == -ENODEV;
}

static bool call_drop(struct worker *worker)
{
	size_t length;
	unsigned char *memory = some_memory(worker, &length);

	return !madvise(memory, length, MADV_DONTNEED);
}

/* Unmap, and map again at once: the address stays the test's own */
static bool call_remap(struct worker *worker)
{
	size_t length;
	unsigned char *memory = some_memory(worker, &length);
	int flags = MAP_FIXED | MAP_ANONYMOUS;

	flags |= below(worker, 2) ? MAP_PRIVATE : MAP_SHARED;
	return mmap(memory, length, PROT_READ | PROT_WRITE, flags, -1, 0) !=
	       MAP_FAILED;
}

static bool call_protect(struct worker *worker)
{
	static const int protections[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE,
	};
	size_t length;
	unsigned char *memory = some_memory(worker, &length);

	return !mprotect(memory, length, protections[below(worker, 4)]);
}

/* Nobody may use the memory itself but a kernel that says EFAULT */
static bool call_touch(struct worker *worker)
{
	size_t length;
	unsigned char *memory = some_memory(worker, &length);
	int pipes[2];
	bool good;

	if (pipe2(pipes, O_CLOEXEC | O_NONBLOCK))
		return false;
	good = write(pipes[1], memory, length) > 0 || errno == EFAULT;
	if (good && read(pipes[0], memory, length) < 0)
		good = errno == EFAULT || errno == EAGAIN;
	close(pipes[0]);
	close(pipes[1]);
	return good;
}

/* A child may ask and release, but neither pin nor verify */
static bool behaves_as_child(struct worker *worker)
{
	int file = *some_file(worker);
	int pin = uapi_pin_id(file, worker->stress->memory, PAGE, 0);
	int verify = uapi_verify(file, *some_region(worker), 0, PAGE, NULL);

	return pin && may_be(pin, -EIO, -EIO, -EIO) &&
	       verify && may_be(verify, -EIO, -EIO, -EIO) &&
	       call_extents(worker) && call_info(worker) && call_unpin(worker);
}

static bool call_fork(struct worker *worker)
{
	bool kill_it = below(worker, 2);
	int status;
	pid_t pid;

	pid = fork();
	if (!pid)
		_exit(!behaves_as_child(worker));
	if (pid < 0)
		return false;
	if (kill_it)
		kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return false;
	return (kill_it && WIFSIGNALED(status)) ||
	       (WIFEXITED(status) && !WEXITSTATUS(status));
}

/* A descriptor on its way, which never arrives */
static bool call_pass(struct worker *worker)
{
	int file = *some_file(worker);
	char byte = 0;
	int ends[2];
	int ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return false;
	ret = fds_send(ends[0], &file, 1, &byte, 1);
	close(ends[0]);
	close(ends[1]);
	return !ret || ret == -EBADF;
}

static bool call_unbind(struct worker *worker)
{
	struct stress *stress = worker->stress;
	int ret;

	if (!stress->bdf[0] || pthread_mutex_trylock(&stress->binding))
		return true;
	ret = function_bind(stress->bdf, NULL);
	if (!ret)
		ret = function_bind(stress->bdf, "dmamem");
	pthread_mutex_unlock(&stress->binding);
	return !ret;
}

/* -- Threads -- */

static const struct {
	const char *name;
	bool (*call)(struct worker *worker);
	unsigned int weight;
} calls[] = {
	{ "pin", call_pin, 400 },
	{ "unpin", call_unpin, 300 },
	{ "extents", call_extents, 300 },
	{ "verify", call_verify, 300 },
	{ "info", call_info, 100 },
	{ "fdinfo", call_fdinfo, 50 },
	{ "reopen", call_reopen, 10 },
	{ "drop", call_drop, 100 },
	{ "remap", call_remap, 100 },
	{ "protect", call_protect, 100 },
	{ "touch", call_touch, 100 },
	{ "fork", call_fork, 20 },
	{ "pass", call_pass, 50 },
	{ "unbind", call_unbind, 3 },
};

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static unsigned int some_call(struct worker *worker)
{
	unsigned int sum = 0, what;
	size_t i;

	for (i = 0; i < NR_CALLS; i++)
		sum += calls[i].weight;
	what = below(worker, sum);
	for (i = 0; what >= calls[i].weight; i++)
		what -= calls[i].weight;
	return i;
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	for (unsigned int i = 0; i < CALLS; i++) {
		unsigned int nr = some_call(worker);

		if (calls[nr].call(worker))
			continue;
		printf("# call %u of a thread, %s: errno %d\n", i,
		       calls[nr].name, errno);
		worker->stress->wrong++;
	}
	return NULL;
}

FIXTURE(stress)
{
	struct stress stress;
	struct random random;
	long pinned_before;
};

FIXTURE_VARIANT(stress)
{
	bool function;
};

FIXTURE_VARIANT_ADD(stress, memory)
{
	.function = false,
};

FIXTURE_VARIANT_ADD(stress, device)
{
	.function = true,
};

FIXTURE_SETUP(stress)
{
	struct stress *stress = &self->stress;

	if (access("/dev/dmamem", F_OK))
		SKIP(return, "no /dev/dmamem");
	stress->nr_files = FILES;
	if (variant->function) {
		if (function_find(FUNCTION_NVME, stress->bdf))
			SKIP(return, "no NVMe controller of QEMU");
		ASSERT_EQ(0, function_bind(stress->bdf, "dmamem"));
		stress->node = stress->bdf;
		stress->nr_files = 1;
	}
	random_init(&self->random);
	ASSERT_EQ(0, pthread_mutex_init(&stress->binding, NULL));
	stress->memory = pages_map(MEMORY_PAGES * PAGE);
	ASSERT_NE(NULL, stress->memory);
	self->pinned_before = pages_pinned();
	for (unsigned int i = 0; i < stress->nr_files; i++) {
		stress->files[i] = uapi_open(stress->node);
		ASSERT_LE(0, atomic_load(&stress->files[i]));
	}
}

FIXTURE_TEARDOWN(stress)
{
	for (unsigned int i = 0; i < self->stress.nr_files; i++)
		if (self->stress.files[i] >= 0)
			close(self->stress.files[i]);
	EXPECT_EQ(self->pinned_before, pages_pinned());
	EXPECT_EQ(0, pages_count("/proc/self/status", "VmLck:"));
}

TEST_F_TIMEOUT(stress, threads, TIMEOUT)
{
	static struct worker workers[THREADS];

	for (int i = 0; i < THREADS; i++) {
		workers[i].stress = &self->stress;
		workers[i].random.state = random_next(&self->random);
		ASSERT_EQ(0, pthread_create(&workers[i].thread, NULL, work,
					    &workers[i]));
	}
	for (int i = 0; i < THREADS; i++)
		ASSERT_EQ(0, pthread_join(workers[i].thread, NULL));
	EXPECT_EQ(0, atomic_load(&self->stress.wrong));
}

TEST_HARNESS_MAIN
