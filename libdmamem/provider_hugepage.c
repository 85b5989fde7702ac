// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Physical addresses of hugetlbfs memory, read from /proc/self/pagemap. Nothing
 * is pinned: that the pages stay where they are is the kernel's habit.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kernel-page-flags.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libdmamem/facts.h"
#include "libdmamem/provider.h"

/* Documentation/admin-guide/mm/pagemap.rst of the kernel */
#define PAGEMAP_PFN ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)

/* Read at once: what describes 256 MiB of 4 KiB pages */
#define NR_ENTRIES 65536

struct hugepage {
	struct dmamem_provider base;
	int pagemap;
	int kpageflags;
	uint64_t kernel_page;
	uint64_t unit;		/* any hugetlb page is a multiple of it */
	uint64_t entries[NR_ENTRIES];
};

struct hugepage_region {
	size_t nr;
	size_t room;
	struct dmamem_run runs[];
};

static struct hugepage *to_hugepage(struct dmamem_provider *provider)
{
	return (struct hugepage *)provider;
}

static int read_entries(int fd, uint64_t first, uint64_t *entries, size_t nr)
{
	size_t done = 0, len = nr * sizeof(*entries);
	ssize_t ret;

	while (done < len) {
		ret = pread(fd, (char *)entries + done, len - done,
			    first * sizeof(*entries) + done);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret <= 0)
			return ret ? -errno : -EIO;
		done += ret;
	}
	return 0;
}

/* Of the 2 MiB (or what the smallest huge page is) around one flag says all */
static int check_hugetlb(struct hugepage *huge, uint64_t addr, uint64_t len,
			 uint64_t value)
{
	uint64_t unit = huge->unit;
	uint64_t flags, done = 0;
	int ret;

	while (done < len) {
		ret = read_entries(huge->kpageflags,
				   (value + done) / huge->kernel_page, &flags,
				   1);
		if (ret)
			return dmamem_because(huge->base.explanation, ret,
					      "/proc/kpageflags cannot be read: %s",
					      strerrordesc_np(-ret));
		if (!(flags >> KPF_HUGE & 1))
			return dmamem_because(huge->base.explanation, -EOPNOTSUPP,
					      "%#jx is not hugetlbfs memory: no other stays in place",
					      (uintmax_t)(addr + done));
		done += unit - (value + done) % unit;
	}
	return 0;
}

static int add_run(struct hugepage_region **region, struct dmamem_run run)
{
	struct hugepage_region *r = *region;
	struct dmamem_run *last = &r->runs[r->nr - 1];

	if (r->nr && last->value + last->len == run.value) {
		last->len += run.len;
		return 0;
	}
	if (r->nr == r->room) {
		r = realloc(r, sizeof(*r) + 2 * r->room * sizeof(run));
		if (!r)
			return -ENOMEM;
		r->room *= 2;
		*region = r;
	}
	r->runs[r->nr++] = run;
	return 0;
}

static int add_pages(struct hugepage *huge, uint64_t addr, size_t nr,
		     struct hugepage_region **region)
{
	struct dmamem_run run;
	int ret;

	for (size_t i = 0; i < nr; i++) {
		if (!(huge->entries[i] & PAGEMAP_PRESENT))
			return dmamem_because(huge->base.explanation, -EFAULT,
					      "%#jx has no page",
					      (uintmax_t)(addr + i *
							  huge->kernel_page));
		run.value = (huge->entries[i] & PAGEMAP_PFN) *
			    huge->kernel_page;
		run.len = huge->kernel_page;
		ret = add_run(region, run);
		if (ret)
			return ret;
	}
	return 0;
}

static int read_runs(struct hugepage *huge, uint64_t addr, uint64_t len,
		     struct hugepage_region **region)
{
	uint64_t first = addr / huge->kernel_page;
	uint64_t end = first + len / huge->kernel_page;
	size_t nr;
	int ret;

	for (; first < end; first += nr) {
		nr = end - first < NR_ENTRIES ? end - first : NR_ENTRIES;
		ret = read_entries(huge->pagemap, first, huge->entries, nr);
		if (ret)
			return dmamem_because(huge->base.explanation, ret,
					      "/proc/self/pagemap cannot be read: %s",
					      strerrordesc_np(-ret));
		ret = add_pages(huge, first * huge->kernel_page, nr, region);
		if (ret)
			return ret;
	}
	return 0;
}

static int check_runs(struct hugepage *huge, uint64_t addr,
		      const struct hugepage_region *region)
{
	int ret;

	for (size_t i = 0; i < region->nr; i++) {
		ret = check_hugetlb(huge, addr, region->runs[i].len,
				    region->runs[i].value);
		if (ret)
			return ret;
		addr += region->runs[i].len;
	}
	return 0;
}

/* For writing: a private page that is only read is another one when written */
static int populate(struct hugepage *huge, uint64_t addr, uint64_t len)
{
	char *explanation = huge->base.explanation;

	if (!madvise((void *)(uintptr_t)addr, len, MADV_POPULATE_WRITE))
		return 0;
	if (errno == ENOMEM)
		return dmamem_because(explanation, -EFAULT,
				      "%#jx + %#jx is not mapped, or no huge page is free for it",
				      (uintmax_t)addr, (uintmax_t)len);
	return dmamem_because(explanation, -EFAULT,
			      "%#jx + %#jx cannot be written: %s",
			      (uintmax_t)addr, (uintmax_t)len,
			      strerrordesc_np(errno));
}

static int hugepage_pin(struct dmamem_provider *provider, uint64_t addr,
			uint64_t len, uint64_t *region)
{
	struct hugepage *huge = to_hugepage(provider);
	struct hugepage_region *new;
	int ret;

	ret = populate(huge, addr, len);
	if (ret)
		return ret;
	new = malloc(sizeof(*new) + 8 * sizeof(new->runs[0]));
	if (!new)
		return -ENOMEM;
	new->nr = 0;
	new->room = 8;
	ret = read_runs(huge, addr, len, &new);
	if (!ret)
		ret = check_runs(huge, addr, new);
	if (ret) {
		free(new);
		return ret;
	}
	*region = (uintptr_t)new;
	return 0;
}

static int hugepage_runs(struct dmamem_provider *provider, uint64_t region,
			 uint64_t *offset, struct dmamem_run *runs, size_t nr)
{
	const struct hugepage_region *r = (void *)(uintptr_t)region;
	uint64_t skip = *offset;
	size_t i = 0, out = 0;

	(void)provider;
	while (i < r->nr && skip >= r->runs[i].len)
		skip -= r->runs[i++].len;
	for (; i < r->nr && out < nr; i++, out++) {
		runs[out].value = r->runs[i].value + skip;
		runs[out].len = r->runs[i].len - skip;
		*offset += runs[out].len;
		skip = 0;
	}
	return 0;
}

static void hugepage_unpin(struct dmamem_provider *provider, uint64_t region)
{
	(void)provider;
	free((void *)(uintptr_t)region);
}

static void hugepage_close(struct dmamem_provider *provider)
{
	struct hugepage *huge = to_hugepage(provider);

	close(huge->pagemap);
	if (huge->kpageflags >= 0)
		close(huge->kpageflags);
	free(huge);
}

static const struct dmamem_provider_ops hugepage_ops = {
	.name = "hugepage",
	.pin = hugepage_pin,
	.runs = hugepage_runs,
	.unpin = hugepage_unpin,
	.close = hugepage_close,
};

/* Without CAP_SYS_ADMIN pagemap can be read, and every page is page 0 */
static int check_privilege(struct hugepage *huge, char *why)
{
	uint64_t entry = 1;
	int ret;

	ret = read_entries(huge->pagemap, (uintptr_t)&entry / huge->kernel_page,
			   &entry, 1);
	if (ret)
		return dmamem_because(why, ret,
				      "/proc/self/pagemap cannot be read: %s",
				      strerrordesc_np(-ret));
	if (!(entry & PAGEMAP_PFN))
		return dmamem_because(why, -EPERM,
				      "pagemap shows addresses only to who has CAP_SYS_ADMIN");
	huge->kpageflags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	if (huge->kpageflags < 0)
		return dmamem_because(why, -errno,
				      "/proc/kpageflags cannot be opened: %s",
				      strerrordesc_np(errno));
	return 0;
}

static int open_pagemap(struct hugepage *huge, char *why)
{
	int ret;

	huge->kpageflags = -1;
	huge->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (huge->pagemap < 0)
		return dmamem_because(why, -errno,
				      "/proc/self/pagemap cannot be opened: %s",
				      strerrordesc_np(errno));
	ret = check_privilege(huge, why);
	if (ret)
		close(huge->pagemap);
	return ret;
}

int dmamem_provider_hugepage_open(const struct dmamem_facts *facts,
				  struct dmamem_provider **provider, char *why)
{
	struct hugepage *huge = calloc(1, sizeof(*huge));
	int ret;

	if (!huge)
		return -ENOMEM;
	dmamem_provider_init(&huge->base, &hugepage_ops);
	huge->base.mode = DMAMEM_IOVA_PA;
	huge->base.page_size = sysconf(_SC_PAGESIZE);
	huge->base.hugetlb_size = facts->hugetlb_size;
	huge->kernel_page = huge->base.page_size;
	huge->unit = facts->hugetlb_unit;
	ret = open_pagemap(huge, why);
	if (ret) {
		free(huge);
		return ret;
	}
	*provider = &huge->base;
	return 0;
}
