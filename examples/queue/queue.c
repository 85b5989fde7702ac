// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The memory of an NVMe queue pair, and two read commands for ordinary
 * memory, as the controller would get them:
 *
 *	queue [PCI address of the controller, as 0000:00:04.0]
 *
 * Nothing is sent to any controller: tools/nvme is a whole driver.
 */
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/alloc.h>
#include <dmamem/memory.h>
#include <dmamem/nvme.h>

#define LEN (16 * DMAMEM_PAGE_SIZE)
#define NR_ENTRIES 256
#define OPCODE_READ 0x02
#define BLOCK_SHIFT 9

/* NVMe Base Specification 2.0, "Submission Queue Entry" */
struct command {
	uint8_t opcode;
	uint8_t flags;
	uint16_t id;
	uint32_t nsid;
	uint64_t reserved;
	uint64_t metadata;
	uint64_t prp1;
	uint64_t prp2;
	uint32_t cdw10[6];
};

/* NVMe Base Specification 2.0, "Completion Queue Entry" */
struct completion {
	uint32_t dw[4];
};

struct queue_pair {
	struct command *sq;
	struct completion *cq;
	struct dmamem_nvme_list_page list;
	unsigned int tail;
};

/* Queues and the list page: consecutive for the controller, and zero */
static int create_queues(struct dmamem_context *ctx, struct queue_pair *queues)
{
	const size_t sq_size = NR_ENTRIES * sizeof(struct command);
	const size_t cq_size = NR_ENTRIES * sizeof(struct completion);
	void *memory;
	int ret;

	ret = dmamem_alloc(ctx, sq_size + cq_size + DMAMEM_PAGE_SIZE,
			   DMAMEM_ALLOC_CONTIGUOUS, DMAMEM_ANY_NODE, &memory);
	if (ret)
		return ret;
	queues->sq = memory;
	queues->cq = (struct completion *)(queues->sq + NR_ENTRIES);
	queues->list.entries = (uint64_t *)(queues->cq + NR_ENTRIES);
	queues->list.dma_addr = dmamem_translate(ctx, queues->list.entries,
						 NULL);
	queues->tail = 0;
	printf("Submission queue at 0x%010" PRIx64 "\n"
	       "Completion queue at 0x%010" PRIx64 "\n",
	       dmamem_translate(ctx, queues->sq, NULL),
	       dmamem_translate(ctx, queues->cq, NULL));
	return 0;
}

static void print_prp(const struct dmamem_nvme_prp *prp, const uint64_t *list)
{
	printf("%" PRIu32 " PRP entries: PRP1 0x%010" PRIx64
	       ", PRP2 0x%010" PRIx64 "\n", prp->nr_entries, prp->prp1,
	       prp->prp2);
	if (!prp->nr_pages) {
		printf("  PRP2 points into the map: no list was written\n");
		return;
	}
	for (uint32_t i = 0; i + 1 < prp->nr_entries; i++)
		printf("  list: 0x%010" PRIx64 "\n", (uint64_t)le64toh(list[i]));
}

/* Write a command for memory that is registered to the queue */
static int queue_read(struct dmamem_context *ctx, struct queue_pair *queues,
		      const struct iovec *iov, unsigned int nr_iov, size_t len)
{
	const struct dmamem_nvme_prp_builder builder = {
		.map = dmamem_dma_map(ctx),
		.mps_shift = DMAMEM_PAGE_SHIFT,
		.nr_pages = 1,
		.pages = &queues->list,
	};
	struct command *command = &queues->sq[queues->tail];
	struct dmamem_nvme_prp prp;
	int ret;

	ret = dmamem_nvme_prp_build(&builder, iov, nr_iov, &prp, NULL);
	if (ret)
		return ret;
	memset(command, 0, sizeof(*command));
	command->opcode = OPCODE_READ;
	command->nsid = htole32(1);
	command->prp1 = htole64(prp.prp1);
	command->prp2 = htole64(prp.prp2);
	command->cdw10[2] = htole32((len >> BLOCK_SHIFT) - 1);
	queues->tail = (queues->tail + 1) % NR_ENTRIES;
	print_prp(&prp, queues->list.entries);
	return 0;
}

static int use(struct dmamem_context *ctx, char *buffer)
{
	/* Neither a start nor an end has to be that of a page ... */
	const struct iovec whole = { buffer + 1024, 10 * DMAMEM_PAGE_SIZE };
	/* ... but where there are several segments, those between them */
	const struct iovec parts[2] = {
		{ buffer + 5 * DMAMEM_PAGE_SIZE, 3 * DMAMEM_PAGE_SIZE },
		{ buffer, 2 * DMAMEM_PAGE_SIZE },
	};
	struct queue_pair queues;
	int ret;

	ret = create_queues(ctx, &queues);
	if (!ret)
		ret = dmamem_register(ctx, buffer, LEN);
	if (!ret)
		ret = queue_read(ctx, &queues, &whole, 1, whole.iov_len);
	if (!ret)
		ret = queue_read(ctx, &queues, parts, 2,
				 parts[0].iov_len + parts[1].iov_len);
	return ret;
}

int main(int argc, char **argv)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = argc > 1 ? argv[1] : NULL,
	};
	struct dmamem_context *ctx;
	char *buffer;
	int ret;

	buffer = aligned_alloc(DMAMEM_PAGE_SIZE, LEN);
	if (!buffer)
		return 1;
	ret = dmamem_open(&options, &ctx);
	if (!ret) {
		ret = use(ctx, buffer);
		/* Unregisters and frees what is left */
		dmamem_close(ctx);
	}
	if (ret)
		fprintf(stderr, "queue: %s\n", strerror(-ret));
	free(buffer);
	return ret ? 1 : 0;
}
