// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Where nothing translates, a run of more than one huge page takes huge pages
 * that follow each other in physical memory. The kernel hands them out in no
 * order: take more, sort them, and map those that belong together in theirs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libdmamem/alloc_gather.h"
#include "libdmamem/alloc_room.h"

/* Where few are wanted, it takes more to find them side by side */
#define MORE ((size_t)64 << 20)

static int compare(const void *a, const void *b)
{
	const struct dmamem_gather_page *x = a, *y = b;

	return x->value < y->value ? -1 : x->value > y->value;
}

static bool fits(const struct dmamem_gather_page *first, size_t want,
		 const struct dmamem_fitness *fitness)
{
	const struct dmamem_run run = { first->value, want * CHUNK_SIZE };
	char why[DMAMEM_EXPLANATION_SIZE];

	return !dmamem_fitness_check(fitness, &run, 0, why);
}

const struct dmamem_gather_page *
dmamem_gather_choose(struct dmamem_gather_page *pages, size_t nr, size_t want,
		     const struct dmamem_fitness *fitness)
{
	size_t first = 0;

	qsort(pages, nr, sizeof(*pages), compare);
	for (size_t i = 0; i < nr; i++) {
		if (i > first && pages[i].value != pages[i - 1].value +
		    CHUNK_SIZE)
			first = i;
		if (i - first + 1 < want)
			continue;
		if (fits(&pages[first], want, fitness))
			return &pages[first];
		first++;
	}
	return NULL;
}

/* Those of the chunks that are one run by themselves, from a run of several */
static size_t add_run(struct dmamem_gather_page *pages, uint64_t offset,
		      const struct dmamem_run *run)
{
	uint64_t skip = -offset & (CHUNK_SIZE - 1);
	size_t nr = 0;

	for (; skip + CHUNK_SIZE <= run->len; skip += CHUNK_SIZE)
		pages[nr++] = (struct dmamem_gather_page){
			.value = run->value + skip,
			.index = (offset + skip) / CHUNK_SIZE,
		};
	return nr;
}

static int read_pages(struct dmamem_context *ctx, uint64_t region, uint64_t len,
		      struct dmamem_gather_page *pages, size_t *nr)
{
	struct dmamem_provider *provider = ctx->provider;
	uint64_t at, offset = 0;
	int ret;

	*nr = 0;
	while (offset < len) {
		at = offset;
		ret = provider->ops->runs(provider, region, &offset, ctx->runs,
					  DMAMEM_RUNS);
		if (ret)
			return ret;
		for (size_t i = 0; at < offset; at += ctx->runs[i++].len)
			*nr += add_run(pages + *nr, at, &ctx->runs[i]);
	}
	return 0;
}

/* Pinned for as long as it takes to look */
static int look(struct dmamem_context *ctx, const struct dmamem_mapping *mapping,
		struct dmamem_gather_page *pages, size_t *nr)
{
	struct dmamem_provider *provider = ctx->provider;
	uint64_t region;
	int ret;

	ret = pthread_mutex_lock(&ctx->lock);
	if (ret)
		return dmamem_fail(ctx, -ret, "alloc from a notify callback");
	provider->explanation[0] = '\0';
	ret = provider->ops->pin(provider, (uintptr_t)mapping->addr,
				 mapping->len, &region);
	if (!ret) {
		ret = read_pages(ctx, region, mapping->len, pages, nr);
		provider->ops->unpin(provider, region);
	}
	if (ret)
		dmamem_fail(ctx, ret, "cannot tell which runs there are: %s",
			    dmamem_provider_words(ctx, strerrordesc_np(-ret)));
	pthread_mutex_unlock(&ctx->lock);
	return ret;
}

/* What is left behind is marked: other threads may map something there */
static int move_pages(const struct dmamem_mapping *from,
		      const struct dmamem_gather_page *pages, size_t nr,
		      char *to, bool *moved)
{
	size_t i;
	char *page, *at;

	for (i = 0; i < nr; i++) {
		at = to + i * CHUNK_SIZE;
		page = from->addr + pages[i].index * CHUNK_SIZE;
		if (mremap(page, CHUNK_SIZE, CHUNK_SIZE,
			   MREMAP_MAYMOVE | MREMAP_FIXED, at) != at)
			break;
		moved[pages[i].index] = true;
	}
	if (i == nr)
		return 0;
	/* All but where it failed: the kernel may have unmapped that already */
	munmap(to, i * CHUNK_SIZE);
	munmap(to + (i + 1) * CHUNK_SIZE, (nr - i - 1) * CHUNK_SIZE);
	return -ENOBUFS;
}

static int take_run(struct dmamem_context *ctx,
		    const struct dmamem_mapping *plenty,
		    struct dmamem_gather_page *pages, bool *moved,
		    struct dmamem_mapping *mapping)
{
	size_t nr = 0, want = mapping->len / CHUNK_SIZE;
	const struct dmamem_gather_page *first;
	int ret;

	ret = look(ctx, plenty, pages, &nr);
	if (ret)
		return ret;
	first = dmamem_gather_choose(pages, nr, want, &ctx->provider->fitness);
	if (!first)
		return dmamem_fail(ctx, -ENOBUFS,
				   "of %zu huge pages no %zu follow each other: memory is fragmented; an IOMMU, or a hugetlb page of 1 GiB (hugepagesz=1G hugepages=1), would do",
				   nr, want);
	mapping->addr = dmamem_mapping_reserve(mapping->len, CHUNK_SIZE);
	if (!mapping->addr)
		return dmamem_fail(ctx, -ENOBUFS, "no address space");
	ret = move_pages(plenty, first, want, mapping->addr, moved);
	if (ret)
		dmamem_fail(ctx, ret, "the kernel does not move huge pages");
	return ret;
}

static void free_rest(const struct dmamem_mapping *plenty, const bool *moved)
{
	for (size_t i = 0; i < plenty->len / CHUNK_SIZE; i++)
		if (!moved[i])
			munmap(plenty->addr + i * CHUNK_SIZE, CHUNK_SIZE);
}

static int gather_from(struct dmamem_context *ctx,
		       const struct dmamem_mapping *plenty,
		       struct dmamem_mapping *mapping)
{
	size_t nr = plenty->len / CHUNK_SIZE;
	struct dmamem_gather_page *pages;
	bool *moved;
	int ret;

	/* One request for both: the flags come after the pages */
	pages = calloc(nr, sizeof(*pages) + sizeof(*moved));
	if (!pages) {
		dmamem_mapping_free(plenty);
		return dmamem_fail(ctx, -ENOMEM, "out of memory");
	}
	moved = (bool *)(pages + nr);
	ret = take_run(ctx, plenty, pages, moved, mapping);
	free_rest(plenty, moved);
	free(pages);
	return ret;
}

/* Half of what there is stays for everybody else. Hugetlb pages are set aside */
static bool create_plenty(const struct dmamem_backing *backing, size_t len,
			  struct dmamem_mapping *plenty)
{
	return (backing->hugetlb_size ||
		dmamem_room("/", backing->node) / 2 > len) &&
	       !dmamem_mapping_create(backing, len, plenty);
}

int dmamem_gather(struct dmamem_context *ctx,
		  const struct dmamem_backing *backing, size_t size,
		  struct dmamem_mapping *mapping)
{
	char words[DMAMEM_EXPLANATION_SIZE];
	struct dmamem_mapping plenty, found = { .fd = -1 };
	bool tried = false;
	size_t more;
	int ret;

	found.len = (size + CHUNK_SIZE - 1) & ~(CHUNK_SIZE - 1);
	/* Less and less more than is needed, if it cannot be had or pinned */
	for (more = found.len + MORE; more; more = more * 3 / 4 & ~(CHUNK_SIZE - 1)) {
		if (!create_plenty(backing, found.len + more, &plenty))
			continue;
		tried = true;
		ret = gather_from(ctx, &plenty, &found);
		if (!ret)
			*mapping = found;
		if (ret != -ENOMEM)
			return ret;
	}
	if (!tried)
		return dmamem_fail(ctx, -ENOBUFS,
				   "%zu bytes are not one run, and there is too little memory to choose from",
				   size);
	/* Other kinds of memory may still do */
	dmamem_explain(ctx, words, sizeof(words));
	return dmamem_fail(ctx, -ENOBUFS, "%s", words);
}
