// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tools/dmamem/compare_fragment.h"
#include "tools/memory/pages.h"

/* Beyond what the kernel keeps for itself */
#define SPARE_KIB (16L << 10)
#define STEP (4UL << 20)
#define PIPE_PAGES 256

/*
 * Where the kernel starts to look for memory to take away: half as much again as
 * the least it keeps, and what others may want meanwhile
 */
static long spare_kib(void)
{
	long least = pages_count("/proc/sys/vm/min_free_kbytes", "");

	return least * 3 / 2 + SPARE_KIB;
}

/* Nearly all free memory, in small pages that are not swapped */
static struct iovec take_all(void)
{
	size_t room = (size_t)pages_count("/proc/meminfo", "MemTotal:") << 10;
	struct iovec all = { NULL, 0 };
	long spare = spare_kib();
	char *addr = mmap(NULL, room, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (addr == MAP_FAILED)
		return all;
	madvise(addr, room, MADV_NOHUGEPAGE);
	mlock2(addr, room, MLOCK_ONFAULT);
	while (all.iov_len + STEP <= room &&
	       pages_count("/proc/meminfo", "MemFree:") > spare) {
		for (size_t i = 0; i < STEP; i += PAGE)
			((volatile char *)addr)[all.iov_len + i] = 1;
		all.iov_len += STEP;
	}
	all.iov_base = addr;
	munmap(addr + all.iov_len, room - all.iov_len);
	return all;
}

/**
 * struct pages - a page in each 2 MiB of physical memory
 * @nr: of those that have one
 * @of: the page of each, NULL where there is none
 * @list: the pages that there are
 */
struct pages {
	size_t nr;
	char **of;
	struct iovec *list;
};

static void sort_in(struct pages *pages, size_t nr_blocks,
		    const struct iovec *all, const uint64_t *phys)
{
	for (size_t i = 0; i < all->iov_len / PAGE; i++) {
		char **of = &pages->of[phys[i] / HUGE % nr_blocks];

		if (!phys[i] || *of)
			continue;
		*of = (char *)all->iov_base + i * PAGE;
		pages->list[pages->nr++] = (struct iovec){ *of, PAGE };
	}
}

static struct pages find_one_each(const struct iovec *all)
{
	size_t i, nr = all->iov_len / PAGE, nr_blocks;
	uint64_t top = 0, *phys = calloc(nr, sizeof(*phys));
	struct pages pages = { 0 };

	if (!phys)
		return pages;
	pages_phys_of(all->iov_base, nr, phys);
	for (i = 0; i < nr; i++)
		top = phys[i] > top ? phys[i] : top;
	nr_blocks = top / HUGE + 1;
	pages.of = calloc(nr_blocks, sizeof(*pages.of));
	pages.list = calloc(nr_blocks, sizeof(*pages.list));
	if (pages.of && pages.list)
		sort_in(&pages, nr_blocks, all, phys);
	free(pages.of);
	free(phys);
	return pages;
}

/* Pages in a pipe that nobody reads */
static ssize_t hold_in_pipe(struct fragments *fragments,
			    const struct iovec *pages, size_t nr)
{
	int *ends = fragments->pipes[fragments->nr_pipes];
	ssize_t done;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	fragments->nr_pipes++;
	if (fcntl(ends[1], F_SETPIPE_SZ, PIPE_PAGES * (int)PAGE) < 0)
		return -errno;
	done = vmsplice(ends[1], pages, nr, SPLICE_F_NONBLOCK);
	return done < 0 ? -errno : done / (ssize_t)PAGE;
}

static void hold(struct fragments *fragments, const struct pages *pages)
{
	ssize_t done = 1;

	fragments->pipes = calloc(pages->nr / PIPE_PAGES + 1,
				  sizeof(*fragments->pipes));
	for (size_t i = 0; fragments->pipes && i < pages->nr && done > 0;
	     i += PIPE_PAGES) {
		size_t left = pages->nr - i;

		done = hold_in_pipe(fragments, pages->list + i,
				    left < PIPE_PAGES ? left : PIPE_PAGES);
		if (done > 0)
			fragments->held += (size_t)done;
	}
}

int fragment_memory(struct fragments *fragments)
{
	struct iovec all = take_all();
	struct pages pages;

	*fragments = (struct fragments){ 0 };
	if (!all.iov_len)
		return -ENOMEM;
	pages = find_one_each(&all);
	hold(fragments, &pages);
	free(pages.list);
	munmap(all.iov_base, all.iov_len);
	if (fragments->held)
		return 0;
	fragment_undo(fragments);
	return -ENOMEM;
}

void fragment_undo(struct fragments *fragments)
{
	for (size_t i = 0; i < fragments->nr_pipes; i++) {
		close(fragments->pipes[i][0]);
		close(fragments->pipes[i][1]);
	}
	free(fragments->pipes);
}
