// SPDX-License-Identifier: GPL-2.0
/*
 * Addresses as runs of consecutive ones: of pinned pages, and of what a PCI
 * function sees instead.
 *
 * Kept as EXTENTS copies them out, so that it need only copy. Memory grows with
 * runs, not with pages. (lib/scatterlist has an append table for this; it costs
 * 40 instructions a page where pinning a huge page costs 10, and twice the
 * memory.)
 */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "dmamem.h"

/* Pages to unpin between two looks at the scheduler */
#define UNPIN_BATCH 1024

/* Pages in a run that is short, and pages of such runs to unpin together */
#define SHORT_RUN 4
#define GATHER 64

#if !defined(CONFIG_SPARSEMEM_VMEMMAP) && !defined(CONFIG_FLATMEM)
#error "struct pages of consecutive pages must be consecutive"
#endif

/* More room; @last is before the first run in it */
static bool add_chunk(struct dmamem_runs *runs)
{
	struct dmamem_runs_chunk *chunk;

	chunk = kmalloc(sizeof(*chunk), GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return false;

	chunk->next = NULL;
	chunk->offset = runs->bytes;
	if (runs->chunk) {
		runs->chunk->next = chunk;
		runs->nr_before += DMAMEM_RUNS_PER_CHUNK;
	} else {
		runs->first = chunk;
	}
	runs->chunk = chunk;
	runs->last = chunk->runs - 1;
	runs->full = runs->last + DMAMEM_RUNS_PER_CHUNK;
	return true;
}

/* Append a run, or extend the last one. On -ENOMEM nothing has changed. */
int dmamem_runs_append(struct dmamem_runs *runs, u64 addr, u64 bytes)
{
	struct dmamem_extent *last = runs->last;

	if (last && last->dma_addr + last->length == addr) {
		last->length += bytes;
	} else {
		if (last == runs->full && !add_chunk(runs))
			return -ENOMEM;
		last = ++runs->last;
		last->dma_addr = addr;
		last->length = bytes;
	}
	runs->bytes += bytes;
	return 0;
}

/* How many pages at @p are @page and those behind it? */
static unsigned long count_following(struct page **p, struct page **end,
				     struct page *page)
{
	struct page **begin = p;
	unsigned int i;

	/* Eight at a time: a huge page is worth it */
	for (; end - p >= 8; p += 8, page += 8) {
#pragma GCC unroll 8
		for (i = 0; i < 8; i++)
			if (p[i] != page + i)
				return p - begin + i;
	}
	for (; p < end && *p == page; p++)
		page++;
	return p - begin;
}

/* Each of @nr pages a run, until one is @next, which extends the one before */
static __always_inline unsigned int fill(struct dmamem_extent *run,
					 struct page **p, unsigned int nr,
					 struct page **next)
{
	unsigned int i;

#pragma GCC unroll 8
	for (i = 0; i < nr; i++) {
		if (p[i] == *next)
			break;
		*next = p[i] + 1;
		run[i].dma_addr = page_to_phys(p[i]);
		run[i].length = PAGE_SIZE;
	}
	return i;
}

/* The same for all up to @end; where it stopped */
static __always_inline struct page **add_singles(struct dmamem_runs *runs,
						 struct page **p,
						 struct page **end)
{
	struct dmamem_extent *run = runs->last + 1;
	struct page *next = runs->next;
	unsigned int step = 8;

	for (; step == 8 && end - p >= 8; p += step, run += step)
		step = fill(run, p, 8, &next);
	for (; step && p < end; p += step, run += step)
		step = fill(run, p, 1, &next);
	runs->last = run - 1;
	runs->next = next;
	return p;
}

/*
 * Append pages; how many? When out of memory, fewer than @nr, and those not
 * added stay the caller's.
 *
 * The same as dmamem_runs_append() for each, but this is where the cost of a
 * pin above that of pin_user_pages_fast() is: a dozen instructions for a page
 * that follows no other, three for one that does.
 */
unsigned int dmamem_runs_add_pages(struct dmamem_runs *runs,
				   struct page **pages, unsigned int nr)
{
	struct page **p = pages, **end = pages + nr;
	u64 before = runs->bytes;
	unsigned long count;

	while (p < end) {
		if (*p == runs->next) {
			count = count_following(p, end, *p);
			runs->last->length += count << PAGE_SHIFT;
			runs->next += count;
			p += count;
		} else if (runs->last != runs->full || add_chunk(runs)) {
			count = min(end - p, runs->full - runs->last);
			p = add_singles(runs, p, p + count);
		} else {
			break;
		}
		runs->bytes = before + ((u64)(p - pages) << PAGE_SHIFT);
	}
	return p - pages;
}

/* The runs of a chunk: all that fit, but in the last */
unsigned int dmamem_runs_in_chunk(const struct dmamem_runs *runs,
				  const struct dmamem_runs_chunk *chunk)
{
	return chunk->next ? DMAMEM_RUNS_PER_CHUNK :
			     runs->last - chunk->runs + 1;
}

unsigned int dmamem_runs_count(const struct dmamem_runs *runs)
{
	if (!runs->chunk)
		return 0;
	return runs->nr_before + dmamem_runs_in_chunk(runs, runs->chunk);
}

static void unpin_long_run(struct page *page, u64 nr, bool dirty)
{
	unsigned int batch;

	for (; nr; nr -= batch, page += batch) {
		batch = min_t(u64, nr, UNPIN_BATCH);
		unpin_user_page_range_dirty_lock(page, batch, dirty);
		cond_resched();
	}
}

/*
 * The pages of a short run into an array, those of a long one unpinned; the
 * array's new end.
 */
static __always_inline struct page **gather(struct page **p,
					    const struct dmamem_extent *run,
					    bool dirty)
{
	struct page *page = pfn_to_page(PHYS_PFN(run->dma_addr));
	unsigned long count;

	if (likely(run->length == PAGE_SIZE)) {
		*p++ = page;
		return p;
	}
	count = PFN_DOWN(run->length);
	if (count > SHORT_RUN) {
		unpin_long_run(page, count, dirty);
		return p;
	}
	while (count--)
		*p++ = page++;
	return p;
}

/*
 * Unpin the pages of a chunk. The range unpin costs as much for a page as for a
 * huge page, so the pages of short runs are handed over as an array.
 */
static void unpin_chunk(struct dmamem_extent *run, unsigned int nr, bool dirty)
{
	struct page *pages[GATHER + 4 * SHORT_RUN], **p = pages;
	unsigned int i;

	for (; nr >= 4; nr -= 4, run += 4) {
#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			p = gather(p, run + i, dirty);
		if (p - pages >= GATHER) {
			unpin_user_pages_dirty_lock(pages, p - pages, dirty);
			p = pages;
		}
	}
	for (; nr; nr--, run++)
		p = gather(p, run, dirty);
	unpin_user_pages_dirty_lock(pages, p - pages, dirty);
	cond_resched();
}

/* Unpin all pages; @dirty: a device may have written to them */
void dmamem_runs_unpin(struct dmamem_runs *runs, bool dirty)
{
	struct dmamem_runs_chunk *chunk;

	for (chunk = runs->first; chunk; chunk = chunk->next)
		unpin_chunk(chunk->runs, dmamem_runs_in_chunk(runs, chunk),
			    dirty);
}

void dmamem_runs_free(struct dmamem_runs *runs)
{
	struct dmamem_runs_chunk *chunk, *next;

	for (chunk = runs->first; chunk; chunk = next) {
		next = chunk->next;
		kfree(chunk);
		cond_resched();
	}
}

/* What is left of the run that the cursor is in */
struct dmamem_extent dmamem_cursor_rest(const struct dmamem_cursor *cur)
{
	const struct dmamem_extent *run = &cur->chunk->runs[cur->index];

	return (struct dmamem_extent) {
		.dma_addr = run->dma_addr + cur->into,
		.length = run->length - cur->into,
	};
}

/* Go on within a run, to its end at most; false at the end of the runs */
bool dmamem_cursor_next(struct dmamem_cursor *cur, u64 bytes)
{
	if (bytes < dmamem_cursor_rest(cur).length) {
		cur->into += bytes;
		return true;
	}

	cur->into = 0;
	if (++cur->index < dmamem_runs_in_chunk(cur->runs, cur->chunk))
		return true;
	cur->index = 0;
	cur->chunk = cur->chunk->next;
	cond_resched();
	return cur->chunk;
}

/* Go to an offset, which is below the end of the runs */
void dmamem_cursor_seek(struct dmamem_cursor *cur,
			const struct dmamem_runs *runs, u64 offset)
{
	struct dmamem_runs_chunk *chunk = runs->first;
	struct dmamem_extent *run;

	while (chunk->next && chunk->next->offset <= offset) {
		chunk = chunk->next;
		cond_resched();
	}
	offset -= chunk->offset;
	for (run = chunk->runs; offset >= run->length; run++)
		offset -= run->length;

	*cur = (struct dmamem_cursor) {
		.runs = runs,
		.chunk = chunk,
		.index = run - chunk->runs,
		.into = offset,
	};
}
