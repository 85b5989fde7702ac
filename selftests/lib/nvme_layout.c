// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <stdio.h>

#include <dmamem/memory.h>

#include "libdmamem/map_private.h"
#include "selftests/lib/nvme_layout.h"
#include "selftests/lib/nvme_model.h"

static uint64_t random_run(struct random *random, const struct nvme_layout *layout,
			   size_t page)
{
	uint64_t run = random_below(random, UINT64_C(1) << 44);

	if (random_once_in(random, 16))
		return DMAMEM_NO_ADDRESS;
	if (page && random_once_in(random, 4) &&
	    layout->dma[page - 1] != DMAMEM_NO_ADDRESS)
		return layout->dma[page - 1] + PAGE_BYTES;
	return run - run % layout->unit;
}

static size_t random_run_pages(struct random *random,
			       const struct nvme_layout *layout)
{
	size_t units = 1;

	if (!random_once_in(random, 3))
		units += random_below(random, 8);
	if (random_once_in(random, 8))
		units += random_below(random, 1024);
	return units * (layout->unit / PAGE_BYTES);
}

void nvme_layout_random(struct random *random, struct nvme_layout *layout)
{
	size_t page = 0, left = 0;
	uint64_t dma = 0;

	layout->unit = PAGE_BYTES << random_below(random, 7);
	layout->nr_pages = 1 + random_below(random, NVME_LAYOUT_PAGES);
	layout->va = random_below(random, UINT64_C(1) << 47);
	layout->va -= layout->va % (random_once_in(random, 2) ? PAGE_BYTES :
				    layout->unit);
	if (random_once_in(random, 16))
		layout->va = (UINT64_C(1) << 48) -
			     layout->nr_pages * PAGE_BYTES;

	for (page = 0; page < layout->nr_pages; page++, left--) {
		if (!left) {
			dma = random_run(random, layout, page);
			left = random_run_pages(random, layout);
		}
		layout->dma[page] = dma;
		if (dma != DMAMEM_NO_ADDRESS)
			dma += PAGE_BYTES;
	}
}

/* Pages of a segment: often few, sometimes many */
static uint64_t random_pages(struct random *random)
{
	switch (random_below(random, 16)) {
	case 0:
		return random_below(random, NVME_LAYOUT_PAGES);
	case 1 ... 4:
		return random_below(random, 40);
	default:
		return random_below(random, 5);
	}
}

/* A mistake, once in a while */
static uint64_t slip(struct random *random, uint64_t size)
{
	return random_once_in(random, 100) ? random_below(random, size) : 0;
}

static struct iovec random_segment(struct random *random,
				   const struct nvme_layout *layout,
				   uint64_t size, bool first, bool last)
{
	uint64_t va = random_below(random, layout->nr_pages) * PAGE_BYTES;
	uint64_t len = (1 + random_pages(random)) * size;

	va = layout->va + va - va % size + slip(random, size);
	if (first && random_once_in(random, 2)) {
		uint64_t offset = random_below(random, size / 4) * 4;

		va += offset;
		len -= offset;
	}
	if (last && random_once_in(random, 2))
		len -= random_below(random, len < size ? len : size);
	len += slip(random, size);

	/* most stay within the memory, as far as they can */
	if (!random_once_in(random, 50) &&
	    va + len > layout->va + layout->nr_pages * PAGE_BYTES)
		len = layout->va + layout->nr_pages * PAGE_BYTES - va;
	if (random_once_in(random, 20))
		len = 0;
	return (struct iovec){ (void *)(uintptr_t)va, len };
}

void nvme_transfer_random(struct random *random,
			  const struct nvme_layout *layout,
			  struct nvme_transfer *transfer)
{
	uint64_t size;

	transfer->metadata = false;
	transfer->mps_shift = 12;
	if (random_once_in(random, 3))
		transfer->mps_shift += random_below(random, 7);
	size = UINT64_C(1) << transfer->mps_shift;

	transfer->nr_lists = NVME_MODEL_LISTS;
	if (random_once_in(random, 8))
		transfer->nr_lists = random_below(random, 4);

	transfer->nr_iov = 1;
	if (random_once_in(random, 2))
		transfer->nr_iov = random_below(random, 6);
	if (random_once_in(random, 16))
		transfer->nr_iov = random_below(random, NVME_TRANSFER_IOV);
	for (unsigned int i = 0; i < transfer->nr_iov; i++)
		transfer->iov[i] = random_segment(random, layout, size, !i,
						  i == transfer->nr_iov - 1);
}

void nvme_transfer_print(const struct nvme_layout *layout,
			 const struct nvme_transfer *transfer)
{
	fprintf(stderr, "# layout at %#lx of %zu pages, MPS %u, %u lists\n",
		layout->va, layout->nr_pages, 1 << transfer->mps_shift,
		transfer->nr_lists);
	for (unsigned int i = 0; i < transfer->nr_iov; i++)
		fprintf(stderr, "# iov[%u] = %#lx, %#lx bytes\n", i,
			(uintptr_t)transfer->iov[i].iov_base,
			transfer->iov[i].iov_len);
}

static void move_to(struct iovec *iov, uintptr_t va)
{
	iov->iov_base = (void *)va;
}

void nvme_transfer_loosen(struct random *random,
			  struct nvme_transfer *transfer)
{
	uintptr_t end = 0;

	transfer->metadata = random_once_in(random, 4);
	for (unsigned int i = 0; i < transfer->nr_iov; i++) {
		struct iovec *iov = &transfer->iov[i];
		uintptr_t va = (uintptr_t)iov->iov_base;

		/* not those that are out of their mind: they would be split */
		if (random_once_in(random, 8) && iov->iov_len < GIB_SIZE / 16) {
			iov->iov_base = DMAMEM_NVME_BIT_BUCKET;
			continue;
		}
		if (end && random_once_in(random, 4)) {
			move_to(iov, end);
		} else if (random_once_in(random, 4)) {
			uint64_t cut = random_below(random, iov->iov_len + 1);

			move_to(iov, va + cut);
			iov->iov_len -= cut;
		}
		end = (uintptr_t)iov->iov_base + iov->iov_len;
	}
}
