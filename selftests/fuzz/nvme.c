// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * libFuzzer target: PRPs and SGLs of any segments in any memory are what the
 * model says and the referee reads, or an error that the model finds too.
 *
 * The input is a header, runs of memory, and segments.
 */
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#include "selftests/lib/nvme_judge.h"
#include "selftests/lib/nvme_layout.h"
#include "selftests/lib/nvme_model.h"

#define PAGE DMAMEM_PAGE_SIZE
#define BASE UINT64_C(0x123fe00000)
#define MAX_PAGES 1200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct header {
	uint8_t leaves;
	uint8_t mps_shift;
	uint8_t nr_lists;
	uint8_t nr_runs;
	uint16_t first_page;
	uint8_t segment_size;
	uint8_t metadata;
};

struct run {
	uint16_t nr_pages;
	uint16_t dma_page;	/* 0: a hole */
};

struct segment {
	uint16_t page;
	uint16_t offset;
	uint32_t len;		/* the highest: a bit bucket */
};

struct input {
	const uint8_t *data;
	size_t size;
};

static bool take(struct input *input, void *part, size_t size)
{
	if (input->size < size)
		return false;
	memcpy(part, input->data, size);
	input->data += size;
	input->size -= size;
	return true;
}

static void take_layout(struct input *input, const struct header *header,
			struct nvme_layout *layout)
{
	struct run run;

	layout->va = BASE + header->first_page % 1024 * PAGE;
	layout->nr_pages = 0;
	for (unsigned int i = 0; i < header->nr_runs; i++) {
		if (!take(input, &run, sizeof(run)))
			return;
		for (size_t page = 0; page < run.nr_pages; page++) {
			if (layout->nr_pages == MAX_PAGES)
				return;
			layout->dma[layout->nr_pages++] = run.dma_page ?
				(run.dma_page + page) * PAGE :
				DMAMEM_NO_ADDRESS;
		}
	}
}

static void take_transfer(struct input *input, const struct header *header,
			  const struct nvme_layout *layout, bool buckets,
			  struct nvme_transfer *transfer)
{
	struct segment segment;

	transfer->mps_shift = 12 + header->mps_shift % 7;
	transfer->metadata = header->metadata & 1;
	transfer->nr_lists = header->nr_lists % (NVME_MODEL_LISTS + 1);
	transfer->nr_iov = 0;
	while (transfer->nr_iov < NVME_TRANSFER_IOV &&
	       take(input, &segment, sizeof(segment))) {
		struct iovec *iov = &transfer->iov[transfer->nr_iov++];

		iov->iov_base = (void *)(layout->va + segment.page * PAGE +
					 segment.offset);
		iov->iov_len = segment.len >> 8;
		if (buckets && segment.len >> 24 == 0xff)
			iov->iov_base = DMAMEM_NVME_BIT_BUCKET;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nvme_layout layout;
	struct input input = { data, size };
	struct nvme_transfer transfer;
	enum nvme_outcome outcome;
	struct nvme_model model;
	struct header header;
	bool sgl;

	if (!take(&input, &header, sizeof(header)))
		return 0;
	sgl = header.segment_size >= 2;
	take_layout(&input, &header, &layout);
	take_transfer(&input, &header, &layout, sgl, &transfer);
	if (!nvme_model_create(&model, layout.va, layout.dma, layout.nr_pages,
			       1 << transfer.mps_shift,
			       header.leaves % 3))
		return 0;
	outcome = sgl ? nvme_judge_sgl(&model, &transfer, header.segment_size) :
			nvme_judge_prp(&model, &transfer);
	if (outcome == NVME_WRONG)
		abort();
	nvme_model_destroy(&model);
	return 0;
}
