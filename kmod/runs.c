// SPDX-License-Identifier: GPL-2.0
/*
 * Pinned pages as runs of physically consecutive ones.
 *
 * A chained scatterlist that is filled as pages come, as that of
 * sg_alloc_append_table_from_pages(), which costs 40 instructions a page where
 * the pin itself costs 10 (huge pages). Memory grows with runs, not with pages.
 */
#include <linux/gfp.h>
#include <linux/sched.h>

#include "dmamem.h"

#define RUNS_PER_CHUNK (SG_MAX_SINGLE_ALLOC - 1)

/* The length of a scatterlist entry is an unsigned int */
#define RUN_MAX_BYTES SZ_2G

/* Pages to release between two looks at the scheduler */
#define RELEASE_BATCH 1024

static bool page_follows(struct page *first, unsigned int i, struct page *page)
{
	if (IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || IS_ENABLED(CONFIG_FLATMEM))
		return page == first + i;
	return page_to_pfn(page) == page_to_pfn(first) + i;
}

static unsigned int run_pages(struct page **pages, unsigned int nr)
{
	struct page *first = pages[0];
	unsigned int i;

	for (i = 1; i < nr && page_follows(first, i, pages[i]); i++)
		;
	return i;
}

/* The link to the next chunk, if there is one, is the last entry of a chunk */
static struct scatterlist *next_chunk(struct scatterlist *chunk)
{
	struct scatterlist *link = chunk + RUNS_PER_CHUNK;

	return sg_is_chain(link) ? sg_chain_ptr(link) : NULL;
}

/* A chunk to go on in, linked from the entry behind the last run */
static struct scatterlist *add_chunk(struct dmamem_runs *runs)
{
	struct scatterlist *chunk;

	chunk = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!chunk)
		return NULL;

	chunk[RUNS_PER_CHUNK].page_link = 0;
	if (runs->last)
		sg_chain(runs->last + 1, 1, chunk);
	else
		runs->sgt.sgl = chunk;
	runs->room = RUNS_PER_CHUNK;
	return chunk;
}

static bool extend_last(struct dmamem_runs *runs, struct page *page,
			unsigned int bytes)
{
	struct scatterlist *last = runs->last;

	if (!last || page_to_phys(page) != sg_phys(last) + last->length ||
	    last->length + bytes > RUN_MAX_BYTES)
		return false;
	last->length += bytes;
	return true;
}

static int add_run(struct dmamem_runs *runs, struct page *page,
		   unsigned int bytes)
{
	struct scatterlist *sg;

	if (extend_last(runs, page, bytes))
		return 0;

	sg = runs->room ? runs->last + 1 : add_chunk(runs);
	if (!sg)
		return -ENOMEM;

	*sg = (struct scatterlist){};
	sg_set_page(sg, page, bytes, 0);
	runs->last = sg;
	runs->room--;
	runs->sgt.orig_nents++;
	return 0;
}

/**
 * dmamem_runs_add - append pages
 * @runs: The runs; zeroed before the first call
 * @pages: The pages, pinned
 * @nr: How many
 *
 * Return: pages added; fewer than @nr when out of memory. Those not added stay
 * the caller's.
 */
unsigned int dmamem_runs_add(struct dmamem_runs *runs, struct page **pages,
			     unsigned int nr)
{
	unsigned int done, run;

	for (done = 0; done < nr; done += run) {
		run = run_pages(pages + done, nr - done);
		if (add_run(runs, pages[done], run << PAGE_SHIFT))
			break;
	}
	return done;
}

/**
 * dmamem_runs_finish - no more pages follow: make a valid scatterlist of it
 * @runs: The runs, at least one
 */
void dmamem_runs_finish(struct dmamem_runs *runs)
{
	sg_mark_end(runs->last);
	runs->sgt.nents = runs->sgt.orig_nents;
}

static void unpin_run(struct scatterlist *sg, bool dirty)
{
	unsigned int nr = sg->length >> PAGE_SHIFT;
	struct page *page = sg_page(sg);
	unsigned int batch;

	for (; nr; nr -= batch, page += batch) {
		batch = min_t(unsigned int, nr, RELEASE_BATCH);
		unpin_user_page_range_dirty_lock(page, batch, dirty);
		cond_resched();
	}
}

/**
 * dmamem_runs_release - unpin all pages and free the list
 * @runs: The runs, finished or not; may be empty
 * @dirty: A device may have written to them
 */
void dmamem_runs_release(struct dmamem_runs *runs, bool dirty)
{
	unsigned int i, left = runs->sgt.orig_nents;
	struct scatterlist *chunk, *next;

	for (chunk = runs->sgt.sgl; chunk; chunk = next) {
		for (i = 0; left && i < RUNS_PER_CHUNK; i++, left--)
			unpin_run(chunk + i, dirty);
		next = next_chunk(chunk);
		free_page((unsigned long)chunk);
	}
}
