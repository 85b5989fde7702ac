// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/nvme_model.h"
#include "selftests/lib/referee.h"

#define POISON UINT64_C(0xdeadbeefcafef00d)

/* List pages are apart from the memory and from each other */
#define LIST_DMA (UINT64_C(1) << 60)
#define LIST_STRIDE (UINT64_C(1) << 28)

/* So are leaves: no two pages of a block are neighbours */
#define BLOCK_PAGES (CHUNK_SIZE / PAGE_BYTES)
#define BLOCK_DMA (UINT64_C(1) << 61)
#define BLOCK_STRIDE (UINT64_C(1) << 30)

static bool fill_map(struct nvme_model *model)
{
	for (size_t i = 0; i < model->nr_pages; i++) {
		uint64_t va = model->va + i * DMAMEM_PAGE_SIZE;

		if (model->dma[i] != DMAMEM_NO_ADDRESS &&
		    dmamem_map_set(model->map, va, DMAMEM_PAGE_SIZE,
				   model->dma[i]))
			return false;
	}
	return true;
}

static bool make_lists(struct nvme_model *model)
{
	for (unsigned int i = 0; i < NVME_MODEL_LISTS; i++) {
		struct dmamem_nvme_list_page *list = &model->lists[i];

		list->entries = aligned_alloc(model->list_size,
					      model->list_size);
		if (!list->entries)
			return false;
		list->dma_addr = LIST_DMA +
				 (i * 7 % NVME_MODEL_LISTS) * LIST_STRIDE;
	}
	return true;
}

static uint64_t leaf_page_dma(unsigned int block, uint64_t page)
{
	return BLOCK_DMA + block * BLOCK_STRIDE +
	       page * 37 % BLOCK_PAGES * 2 * PAGE_BYTES;
}

/* Called by the map */
static int add_block(void *arg, void *mem, size_t len)
{
	struct dmamem_run runs[BLOCK_PAGES];
	struct nvme_model *model = arg;
	unsigned int block = model->nr_blocks;

	if (block == NVME_MODEL_BLOCKS || len != CHUNK_SIZE)
		return -ENOSPC;
	for (uint64_t i = 0; i < BLOCK_PAGES; i++)
		runs[i] = (struct dmamem_run){ leaf_page_dma(block, i),
					       PAGE_BYTES };
	model->blocks[model->nr_blocks++] = mem;
	return dmamem_map_set_runs_locked(model->map, (uintptr_t)mem, len,
					  runs);
}

static int make_map(struct nvme_model *model, enum nvme_model_leaves leaves)
{
	struct dmamem_map_config config = { .arg = model };

	if (leaves != NVME_MODEL_LEAVES_PRIVATE)
		config.leaves_added = add_block;
	config.resident = leaves == NVME_MODEL_LEAVES_EVERYWHERE;
	return dmamem_map_create_config(DMAMEM_MAP_LINEAR, DMAMEM_NO_ADDRESS,
					&config, &model->map);
}

bool nvme_model_create(struct nvme_model *model, uint64_t va,
		       const uint64_t *dma, size_t nr_pages, size_t list_size,
		       enum nvme_model_leaves leaves)
{
	*model = (struct nvme_model){
		.va = va,
		.nr_pages = nr_pages,
		.dma = dma,
		.list_size = list_size,
	};
	if (make_map(model, leaves))
		return false;
	if (fill_map(model) && make_lists(model))
		return true;
	nvme_model_destroy(model);
	return false;
}

void nvme_model_destroy(struct nvme_model *model)
{
	for (unsigned int i = 0; i < NVME_MODEL_LISTS; i++)
		free(model->lists[i].entries);
	dmamem_map_free(model->map);
}

uint64_t nvme_model_dma(const struct nvme_model *model, uint64_t va)
{
	uint64_t page = (va - model->va) / DMAMEM_PAGE_SIZE;

	if (va < model->va || page >= model->nr_pages ||
	    model->dma[page] == DMAMEM_NO_ADDRESS)
		return DMAMEM_NO_ADDRESS;
	return model->dma[page] + va % DMAMEM_PAGE_SIZE;
}

void nvme_model_poison(const struct nvme_model *model)
{
	for (unsigned int i = 0; i < NVME_MODEL_LISTS; i++)
		for (size_t j = 0; j < model->list_size / 8; j++)
			model->lists[i].entries[j] = POISON;
}

bool nvme_model_poisoned(const struct nvme_model *model, unsigned int first)
{
	for (unsigned int i = first; i < NVME_MODEL_LISTS; i++)
		for (size_t j = 0; j < model->list_size / 8; j++)
			if (model->lists[i].entries[j] != POISON)
				return false;
	return true;
}

static uint64_t error_bit(int err)
{
	return UINT64_C(1) << err;
}

/* What a boundary off a controller page is called */
static uint64_t boundary(uint64_t va, uint64_t size)
{
	return error_bit(va % size ? EINVAL : ERANGE);
}

/* The part of a segment that is in one page of the host; it may wrap */
static uint64_t step(uint64_t va, uint64_t end)
{
	uint64_t left = DMAMEM_PAGE_SIZE - va % DMAMEM_PAGE_SIZE;

	return left < end - va ? left : end - va;
}

/* Everything that is wrong with the inside of a segment; counts entries */
static uint64_t judge_inside(const struct nvme_model *model, uint64_t size,
			     const struct iovec *iov, uint64_t *nr_entries)
{
	uint64_t start = (uintptr_t)iov->iov_base;
	uint64_t end = start + iov->iov_len;
	uint64_t errors = 0, due = 0;

	for (uint64_t va = start; va != end; va += step(va, end)) {
		uint64_t dma = nvme_model_dma(model, va);

		if (dma == DMAMEM_NO_ADDRESS)
			return errors | error_bit(EFAULT);
		if (va != start && dma != due && (dma % size || due % size))
			errors |= error_bit(ERANGE);
		if (!*nr_entries || !(dma % size))
			(*nr_entries)++;
		due = dma + step(va, end);
	}
	return errors;
}

static uint64_t judge_segment(const struct nvme_model *model, uint64_t size,
			      const struct iovec *iov, bool first, bool last,
			      uint64_t *nr_entries)
{
	uint64_t start = (uintptr_t)iov->iov_base;
	uint64_t end = start + iov->iov_len;
	uint64_t errors = judge_inside(model, size, iov, nr_entries);
	uint64_t head = nvme_model_dma(model, start);
	uint64_t tail = nvme_model_dma(model, end - 1);

	if (first && start % 4)
		errors |= error_bit(EINVAL);
	if (!first && head != DMAMEM_NO_ADDRESS && head % size)
		errors |= boundary(start, size);
	if (!last && tail != DMAMEM_NO_ADDRESS && (tail + 1) % size)
		errors |= boundary(end, size);
	return errors;
}

static bool all_registered(const struct nvme_model *model, uint64_t start,
			   uint64_t end)
{
	for (uint64_t va = start; va != end; va += step(va, end))
		if (nvme_model_dma(model, va) == DMAMEM_NO_ADDRESS)
			return false;
	return true;
}

bool nvme_model_resident(const struct nvme_model *model, unsigned int mps_shift,
			 const struct iovec *iov, unsigned int nr_iov)
{
	uint64_t start = 0, end = 0;

	for (unsigned int i = 0; i < nr_iov; i++) {
		uint64_t va = (uintptr_t)iov[i].iov_base;

		if (!iov[i].iov_len)
			continue;
		if (!end)
			start = va;
		else if (va != end || end % PAGE_BYTES)
			return false;
		end = va + iov[i].iov_len;
	}
	return mps_shift == 12 && model->nr_blocks && end > start &&
	       !(start % 4) && start / CHUNK_SIZE == (end - 1) / CHUNK_SIZE &&
	       all_registered(model, start, end) &&
	       dmamem_map_leaf(model->map, start);
}

struct nvme_expected
nvme_model_expect_prp(const struct nvme_model *model, unsigned int mps_shift,
		      unsigned int nr_lists, const struct iovec *iov,
		      unsigned int nr_iov)
{
	uint64_t size = UINT64_C(1) << mps_shift;
	bool resident = nvme_model_resident(model, mps_shift, iov, nr_iov);
	struct nvme_expected expected = { 0 };
	bool first = true;

	while (nr_iov && !iov[nr_iov - 1].iov_len)
		nr_iov--;
	for (unsigned int i = 0; i < nr_iov; i++) {
		if (!iov[i].iov_len)
			continue;
		expected.bad_iov = i;
		expected.errors = judge_segment(model, size, &iov[i], first,
						i == nr_iov - 1,
						&expected.nr_entries);
		if (expected.nr_entries > 2 + nr_lists * (size / 8 - 1) &&
		    !resident)
			expected.errors |= error_bit(E2BIG);
		if (expected.errors)
			break;
		first = false;
	}
	return expected;
}

/* Descriptors so far: @end is where the last one ends, 0 in a bit bucket */
struct sgl_count {
	uint64_t nr;
	uint64_t end;
	bool bucket;
};

static uint64_t count_data(const struct nvme_model *model,
			   const struct iovec *iov, struct sgl_count *count)
{
	uint64_t start = (uintptr_t)iov->iov_base;
	uint64_t end = start + iov->iov_len;

	for (uint64_t va = start; va != end; va += step(va, end)) {
		uint64_t dma = nvme_model_dma(model, va);

		if (dma == DMAMEM_NO_ADDRESS)
			return error_bit(EFAULT);
		if (!count->nr || count->bucket || dma != count->end)
			count->nr++;
		count->bucket = false;
		count->end = dma + step(va, end);
	}
	return 0;
}

static uint64_t count_segment(const struct nvme_model *model,
			      const struct iovec *iov, struct sgl_count *count)
{
	if (iov->iov_base != DMAMEM_NVME_BIT_BUCKET)
		return count_data(model, iov, count);
	if (!count->nr || !count->bucket)
		count->nr++;
	count->bucket = true;
	return 0;
}

/*
 * Every segment but the last gives one place to a pointer. One data block, or
 * nothing at all, is in the command.
 */
static uint64_t count_segments(const struct sgl_count *count,
			       unsigned int segment_size)
{
	uint64_t nr = 1;

	if (!count->nr || (count->nr == 1 && !count->bucket))
		return 0;
	while (nr * (segment_size - 1) + 1 < count->nr)
		nr++;
	return nr;
}

struct nvme_expected
nvme_model_expect_sgl(const struct nvme_model *model, unsigned int nr_segments,
		      unsigned int segment_size, const struct iovec *iov,
		      unsigned int nr_iov)
{
	struct nvme_expected expected = { 0 };
	struct sgl_count count = { 0 };

	for (unsigned int i = 0; i < nr_iov && !expected.errors; i++) {
		if (!iov[i].iov_len)
			continue;
		expected.bad_iov = i;
		expected.errors = count_segment(model, &iov[i], &count);
		expected.nr_segments = count_segments(&count, segment_size);
		if (expected.nr_segments > nr_segments)
			expected.errors |= error_bit(E2BIG);
	}
	expected.nr_entries = count.nr;
	return expected;
}

/* Where in the segments the controller has got to */
struct cursor {
	const struct nvme_model *model;
	const struct iovec *iov;
	unsigned int nr_iov;
	uint64_t done;		/* of the first segment */
	bool wrong;
};

static bool read_leaf(const struct nvme_model *model, uint64_t dma, void *buf,
		      uint64_t len)
{
	uint64_t offset = dma % PAGE_BYTES;

	for (unsigned int i = 0; i < model->nr_blocks; i++) {
		for (uint64_t page = 0; page < BLOCK_PAGES; page++) {
			if (leaf_page_dma(i, page) != dma - offset)
				continue;
			memcpy(buf, model->blocks[i] + page * PAGE_BYTES +
			       offset, len);
			return true;
		}
	}
	return false;
}

static bool read_memory(void *arg, uint64_t dma, void *buf, uint64_t len)
{
	const struct cursor *cursor = arg;
	const struct nvme_model *model = cursor->model;

	if (dma >= BLOCK_DMA)
		return read_leaf(model, dma, buf, len);
	for (unsigned int i = 0; i < NVME_MODEL_LISTS; i++) {
		uint64_t offset = dma - model->lists[i].dma_addr;

		if (offset < model->list_size &&
		    len <= model->list_size - offset) {
			memcpy(buf, (char *)model->lists[i].entries + offset,
			       len);
			return true;
		}
	}
	return false;
}

static void skip_finished(struct cursor *cursor)
{
	while (cursor->nr_iov && cursor->done == cursor->iov->iov_len) {
		cursor->iov++;
		cursor->nr_iov--;
		cursor->done = 0;
	}
}

static void compare_data(void *arg, uint64_t dma, uint64_t len)
{
	struct cursor *cursor = arg;

	while (len) {
		uint64_t va, end, now;

		skip_finished(cursor);
		if (!cursor->nr_iov ||
		    cursor->iov->iov_base == DMAMEM_NVME_BIT_BUCKET) {
			cursor->wrong = true;
			return;
		}
		va = (uintptr_t)cursor->iov->iov_base + cursor->done;
		end = va + cursor->iov->iov_len - cursor->done;
		now = step(va, end);
		if (now > len)
			now = len;
		if (nvme_model_dma(cursor->model, va) != dma)
			cursor->wrong = true;
		cursor->done += now;
		dma += now;
		len -= now;
	}
}

static void compare_discard(void *arg, uint64_t len)
{
	struct cursor *cursor = arg;

	while (len) {
		uint64_t now;

		skip_finished(cursor);
		if (!cursor->nr_iov ||
		    cursor->iov->iov_base != DMAMEM_NVME_BIT_BUCKET) {
			cursor->wrong = true;
			return;
		}
		now = cursor->iov->iov_len - cursor->done;
		if (now > len)
			now = len;
		cursor->done += now;
		len -= now;
	}
}

static uint64_t total(const struct iovec *iov, unsigned int nr_iov)
{
	uint64_t len = 0;

	for (unsigned int i = 0; i < nr_iov; i++)
		len += iov[i].iov_len;
	return len;
}

bool nvme_model_check_prp(const struct nvme_model *model,
			  unsigned int mps_shift, const struct iovec *iov,
			  unsigned int nr_iov,
			  const struct dmamem_nvme_prp *prp)
{
	struct cursor cursor = {
		.model = model,
		.iov = iov,
		.nr_iov = nr_iov,
	};
	struct referee referee = {
		.read = read_memory,
		.data = compare_data,
		.arg = &cursor,
	};

	if (referee_prp(&referee, mps_shift, prp->prp1, prp->prp2,
			total(iov, nr_iov)))
		return false;
	skip_finished(&cursor);
	return !cursor.wrong && !cursor.nr_iov;
}

void nvme_model_segments(const struct nvme_model *model,
			 struct dmamem_nvme_sgl_segment segments[])
{
	for (unsigned int i = 0; i < NVME_MODEL_LISTS; i++) {
		segments[i].descriptors = (void *)model->lists[i].entries;
		segments[i].dma_addr = model->lists[i].dma_addr;
	}
}

bool nvme_model_check_sgl(const struct nvme_model *model,
			  const struct iovec *iov, unsigned int nr_iov,
			  const struct dmamem_nvme_sgl *sgl)
{
	struct cursor cursor = {
		.model = model,
		.iov = iov,
		.nr_iov = nr_iov,
	};
	struct referee referee = {
		.read = read_memory,
		.data = compare_data,
		.discard = compare_discard,
		.arg = &cursor,
	};

	if (referee_sgl(&referee, &sgl->sgl1, total(iov, nr_iov)))
		return false;
	skip_finished(&cursor);
	return !cursor.wrong && !cursor.nr_iov;
}
