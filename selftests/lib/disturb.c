// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/lib/disturb.h"
#include "selftests/lib/random.h"
#include "tools/memory/migrate.h"
#include "tools/memory/pages.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define FORKS 16
#define PRESSURE (128UL << 20)

/*
 * A stretch of huge pages at a time, somewhere in the range: the kernel takes
 * long to find out that pages cannot be moved.
 */
static struct iovec window(struct random *random, const struct iovec *range)
{
	uintptr_t start = ((uintptr_t)range->iov_base + HUGE - 1) & -HUGE;
	uintptr_t end = ((uintptr_t)range->iov_base + range->iov_len) & -HUGE;

	start += random_below(random, (end - start) / HUGE) * HUGE;
	return (struct iovec){ (void *)start, HUGE };
}

static void migrate(struct disturb *disturb, const struct iovec *window)
{
	long moved = migrate_pages_across(disturb->victim, window, PAGE);

	if (moved > 0)
		disturb->moved += moved;
}

static void collapse(struct disturb *disturb, int pidfd,
		     const struct iovec *window)
{
	if (syscall(SYS_process_madvise, pidfd, window, 1, MADV_COLLAPSE,
		    0) > 0)
		disturb->collapsed++;
}

static void fork_storm(void)
{
	for (int i = 0; i < FORKS; i++)
		if (!fork())
			_exit(0);
	while (wait(NULL) > 0)
		;
}

static void press(void)
{
	char *mem = mmap(NULL, PRESSURE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return;
	for (size_t i = 0; i < PRESSURE; i += PAGE)
		((volatile char *)mem)[i] = 1;
	munmap(mem, PRESSURE);
}

static void run(struct disturb *disturb)
{
	int pidfd = (int)syscall(SYS_pidfd_open, disturb->victim, 0);
	struct random random = { .state = disturb->victim };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What was inherited is in the way, of others and of fork_storm() */
	for (int i = 0; i < DISTURB_RANGES; i++)
		munmap(disturb->ranges[i].iov_base, disturb->ranges[i].iov_len);
	disturb->ready = true;
	for (;; disturb->rounds++) {
		for (int i = 0; i < DISTURB_RANGES; i++) {
			struct iovec at = window(&random, &disturb->ranges[i]);

			migrate(disturb, &at);
			at = window(&random, &disturb->ranges[i]);
			collapse(disturb, pidfd, &at);
		}
		if (disturb->rounds % 4)
			continue;
		pages_write("/proc/sys/vm/compact_memory", "1");
		fork_storm();
		press();
	}
}

struct disturb *disturb_start(const struct iovec ranges[DISTURB_RANGES])
{
	struct disturb *disturb;
	pid_t pid;

	disturb = mmap(NULL, sizeof(*disturb), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (disturb == MAP_FAILED)
		return NULL;
	disturb->victim = getpid();
	memcpy(disturb->ranges, ranges, sizeof(disturb->ranges));
	/* The child must not write to what it shares: 0 is not its pid */
	pid = fork();
	if (!pid)
		run(disturb);
	if (pid < 0)
		return NULL;
	disturb->pid = pid;
	while (!disturb->ready)
		usleep(1000);
	return disturb;
}

void disturb_stop(struct disturb *disturb)
{
	kill(disturb->pid, SIGKILL);
	waitpid(disturb->pid, NULL, 0);
}
