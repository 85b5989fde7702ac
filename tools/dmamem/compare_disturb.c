// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/dmamem/compare_disturb.h"
#include "tools/memory/migrate.h"
#include "tools/memory/pages.h"

/* What the C library does not have: the second one since Linux 6.1 */
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define MAX_NODES 1024
#define LONG_BITS (8 * sizeof(long))
#define NOTHING_US 20000
#define HOLES_IN 16
#define OFFLINE_PAGES 16
#define PAGEOUT_TRIES 50
#define PAGEOUT_WAIT_US 20000
#define PAGEMAP_ENTRIES 4096

struct nodes {
	unsigned long mask[MAX_NODES / LONG_BITS];
};

static struct nodes only(int node)
{
	struct nodes nodes = { 0 };

	nodes.mask[node / LONG_BITS] = 1UL << node % LONG_BITS;
	return nodes;
}

static int refused(struct compare_outcome *outcome)
{
	int err = -errno;

	snprintf(outcome->text, sizeof(outcome->text), "%s",
		 strerrorname_np(-err));
	return err;
}

static bool has_second_node(const struct compare_kind *kind, char *why)
{
	(void)kind;
	if (migrate_other_node(0) > 0)
		return true;
	snprintf(why, COMPARE_WHY, "the machine has one NUMA node");
	return false;
}

static int do_nothing(const struct compare_kind *kind,
		      const struct iovec *memory,
		      struct compare_outcome *outcome)
{
	(void)kind;
	(void)memory;
	(void)outcome;
	usleep(NOTHING_US);
	return 0;
}

static int do_move_pages(const struct compare_kind *kind,
			 const struct iovec *memory,
			 struct compare_outcome *outcome)
{
	long ret = migrate_pages_across(0, memory, kind->unit);

	if (ret < 0) {
		errno = (int)-ret;
		return refused(outcome);
	}
	if (!ret)
		snprintf(outcome->text, sizeof(outcome->text), "EBUSY");
	return 0;
}

static int do_mbind(const struct compare_kind *kind,
		    const struct iovec *memory, struct compare_outcome *outcome)
{
	int node = migrate_other_node(migrate_node_of(0, memory->iov_base));
	struct nodes nodes = only(node);

	(void)kind;
	if (syscall(SYS_mbind, memory->iov_base, memory->iov_len, MPOL_BIND,
		    nodes.mask, MAX_NODES, MPOL_MF_MOVE | MPOL_MF_STRICT))
		return refused(outcome);
	return 0;
}

static int do_migrate_pages(const struct compare_kind *kind,
			    const struct iovec *memory,
			    struct compare_outcome *outcome)
{
	int from = migrate_node_of(0, memory->iov_base);
	struct nodes old = only(from < 0 ? 0 : from);
	struct nodes new = only(migrate_other_node(from));
	long ret = syscall(SYS_migrate_pages, 0, MAX_NODES, old.mask, new.mask);

	(void)kind;
	if (ret < 0)
		return refused(outcome);
	if (ret)
		snprintf(outcome->text, sizeof(outcome->text),
			 "%ld pages of the process stayed", ret);
	return 0;
}

struct frame {
	uint64_t phys;
	char *addr;
};

static int by_phys(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;

	return (x->phys > y->phys) - (x->phys < y->phys);
}

/* The pages of memory, by their physical address */
static struct frame *sort_frames(const struct iovec *memory)
{
	size_t nr = memory->iov_len / PAGE;
	struct frame *frames = calloc(nr, sizeof(*frames));
	uint64_t *phys = calloc(nr, sizeof(*phys));

	if (frames && phys) {
		pages_phys_of(memory->iov_base, nr, phys);
		for (size_t i = 0; i < nr; i++) {
			frames[i].addr = (char *)memory->iov_base + i * PAGE;
			frames[i].phys = phys[i];
		}
		qsort(frames, nr, sizeof(*frames), by_phys);
	}
	free(phys);
	return frames;
}

/*
 * Much memory, in whose lowest part every other page is free: what is mapped now
 * lies there. When the rest is free, too, compaction takes it to the other end.
 */
static struct iovec make_holes(const struct compare_kind *kind, size_t length)
{
	struct iovec holes = { NULL, HOLES_IN * length };
	struct frame *frames;

	if (kind->unit != PAGE)
		return holes;
	holes.iov_base = pages_map(holes.iov_len);
	frames = holes.iov_base ? sort_frames(&holes) : NULL;
	for (size_t i = 0; frames && i < 2 * length / PAGE; i += 2)
		if (frames[i].addr)
			madvise(frames[i].addr, PAGE, MADV_DONTNEED);
	free(frames);
	return holes;
}

static int do_compaction(const struct compare_kind *kind,
			 const struct iovec *memory,
			 struct compare_outcome *outcome)
{
	int ret = pages_write("/proc/sys/vm/compact_memory", "1");

	(void)kind;
	(void)memory;
	if (!ret)
		return 0;
	errno = -ret;
	return refused(outcome);
}

/* A page of each kind's size, spread over the memory, as many as there are */
static int do_soft_offline(const struct compare_kind *kind,
			   const struct iovec *memory,
			   struct compare_outcome *outcome)
{
	size_t units = memory->iov_len / kind->unit;
	size_t i, nr = units < OFFLINE_PAGES ? units : OFFLINE_PAGES;
	int ret = 0;

	outcome->asked = nr * (kind->hugetlb ? kind->unit / PAGE : 1);
	for (i = 0; i < nr; i++)
		if (madvise((char *)memory->iov_base +
			    i * (units / nr) * kind->unit, PAGE,
			    MADV_SOFT_OFFLINE))
			ret = refused(outcome);
	return ret;
}

static bool can_collapse(const struct compare_kind *kind, char *why)
{
	if (kind->unit == PAGE)
		return true;
	snprintf(why, COMPARE_WHY, "these are huge pages already");
	return false;
}

static int do_collapse(const struct compare_kind *kind,
		       const struct iovec *memory,
		       struct compare_outcome *outcome)
{
	(void)kind;
	/* Only so can they be collapsed; the pages are small ones still */
	madvise(memory->iov_base, memory->iov_len, MADV_HUGEPAGE);
	if (madvise(memory->iov_base, memory->iov_len, MADV_COLLAPSE))
		return refused(outcome);
	return 0;
}

/* The child only has to be there while the parent writes */
static int do_fork(const struct compare_kind *kind, const struct iovec *memory,
		   struct compare_outcome *outcome)
{
	pid_t pid = fork();

	(void)kind;
	if (pid < 0)
		return refused(outcome);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	compare_touch(memory);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

static bool can_swap(const struct compare_kind *kind, char *why)
{
	if (kind->hugetlb) {
		snprintf(why, COMPARE_WHY, "the kernel never swaps hugetlb pages");
		return false;
	}
	if (pages_count("/proc/meminfo", "SwapFree:") > 0)
		return true;
	snprintf(why, COMPARE_WHY, "the machine has no swap space");
	return false;
}

static size_t count_present(const struct iovec *memory)
{
	static uint64_t phys[PAGEMAP_ENTRIES];
	size_t i, done, nr, present = 0;

	for (done = 0; done < memory->iov_len; done += nr * PAGE) {
		nr = (memory->iov_len - done) / PAGE;
		if (nr > PAGEMAP_ENTRIES)
			nr = PAGEMAP_ENTRIES;
		pages_phys_of((char *)memory->iov_base + done, nr, phys);
		for (i = 0; i < nr; i++)
			present += !!phys[i];
	}
	return present;
}

/*
 * Swap out, until all have gone or none goes any more, and have other memory
 * take the pages before they come back
 */
static int do_swap(const struct compare_kind *kind, const struct iovec *memory,
		   struct compare_outcome *outcome)
{
	size_t all = memory->iov_len / PAGE, left = all;
	struct iovec other = { NULL, memory->iov_len };
	int ret = 0;

	(void)kind;
	for (int i = 0; i < PAGEOUT_TRIES && left && !ret; i++) {
		if (madvise(memory->iov_base, memory->iov_len, MADV_PAGEOUT))
			ret = refused(outcome);
		left = count_present(memory);
		if (left == all)
			break;
		if (left)
			usleep(PAGEOUT_WAIT_US);
	}
	if (!ret)
		snprintf(outcome->text, sizeof(outcome->text),
			 "%zu pages were unmapped", all - left);
	other.iov_base = pages_map(other.iov_len);
	compare_look(memory);
	if (other.iov_base)
		compare_unmap(&other);
	return ret;
}

const struct compare_disturbance compare_disturbances[] = {
	{
		.name = "nothing",
		.what = "wait for a moment",
		.run = do_nothing,
	}, {
		.name = "move_pages",
		.what = "move_pages() to another NUMA node",
		.applies = has_second_node,
		.run = do_move_pages,
	}, {
		.name = "mbind",
		.what = "mbind() to another NUMA node, MPOL_MF_MOVE",
		.applies = has_second_node,
		.run = do_mbind,
	}, {
		.name = "migrate_pages",
		.what = "migrate_pages() of the process to another NUMA node",
		.applies = has_second_node,
		.run = do_migrate_pages,
	}, {
		.name = "compaction",
		.what = "/proc/sys/vm/compact_memory, with memory in pieces",
		.hostile = true,
		.prepare = make_holes,
		.run = do_compaction,
	}, {
		.name = "soft offline",
		.what = "MADV_SOFT_OFFLINE of up to 16 pages",
		.hostile = true,
		.run = do_soft_offline,
	}, {
		.name = "MADV_COLLAPSE",
		.what = "MADV_COLLAPSE, as khugepaged does by itself",
		.applies = can_collapse,
		.run = do_collapse,
	}, {
		.name = "fork, write",
		.what = "fork(), then the parent writes",
		.run = do_fork,
	}, {
		.name = "swap-out",
		.what = "MADV_PAGEOUT, then read",
		.applies = can_swap,
		.run = do_swap,
	},
};

const unsigned int nr_compare_disturbances =
	sizeof(compare_disturbances) / sizeof(compare_disturbances[0]);

void compare_settle(const struct iovec *prepared)
{
	if (prepared->iov_base)
		compare_unmap(prepared);
}
