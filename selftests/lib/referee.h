/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The referee: reads an NVMe data pointer the way a controller would, and says
 * which memory it means or which rule it breaks.
 *
 * Written from the NVMe Base Specification 2.0 alone ("Physical Region Page
 * Entry and List", "Scatter Gather List"), not from the code that it judges.
 * Where the specification lets a controller choose whether to notice a
 * mistake, the referee notices.
 */
#ifndef DMAMEM_SELFTESTS_REFEREE_H
#define DMAMEM_SELFTESTS_REFEREE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * enum referee_verdict - what is wrong with a data pointer
 * @REFEREE_OK: nothing
 * @REFEREE_UNREADABLE: a list or segment is where nothing can be read
 * @REFEREE_PRP_ALIGNMENT: PRP1 is not on a dword, or a list pointer in PRP2
 *                         not on a qword
 * @REFEREE_PRP_OFFSET: an entry that must point to the start of a page does not
 * @REFEREE_PRP_RESERVED: PRP1 or PRP2 is not needed and not zero
 * @REFEREE_SGL_TYPE: a descriptor type or sub type that may not be used here
 * @REFEREE_SGL_RESERVED: a reserved field is not zero
 * @REFEREE_SGL_SEGMENT: a segment is misaligned, empty or not made of whole
 *                       descriptors
 * @REFEREE_SGL_CHAIN: a segment pointer that is not the last of its segment, a
 *                     last segment that goes on, or another one that does not
 * @REFEREE_SGL_LENGTH: the descriptors are not exactly as long as the transfer
 */
enum referee_verdict {
	REFEREE_OK,
	REFEREE_UNREADABLE,
	REFEREE_PRP_ALIGNMENT,
	REFEREE_PRP_OFFSET,
	REFEREE_PRP_RESERVED,
	REFEREE_SGL_TYPE,
	REFEREE_SGL_RESERVED,
	REFEREE_SGL_SEGMENT,
	REFEREE_SGL_CHAIN,
	REFEREE_SGL_LENGTH,
};

/**
 * struct referee - the world as the controller sees it
 * @read: read memory by DMA address; false where there is none
 * @data: called for each piece of the transfer, in order
 * @discard: called for each bit bucket, in order; NULL: none may come
 * @arg: passed to all
 */
struct referee {
	bool (*read)(void *arg, uint64_t dma, void *buf, uint64_t len);
	void (*data)(void *arg, uint64_t dma, uint64_t len);
	void (*discard)(void *arg, uint64_t len);
	void *arg;
};

/**
 * referee_prp() - judge a data pointer made of PRPs
 * @referee: the controller's world
 * @mps_shift: log2 of the memory page size
 * @prp1: PRP Entry 1
 * @prp2: PRP Entry 2
 * @len: bytes that the command transfers
 *
 * Return: the first thing that is wrong; pieces before it have been reported.
 */
enum referee_verdict referee_prp(const struct referee *referee,
				 unsigned int mps_shift, uint64_t prp1,
				 uint64_t prp2, uint64_t len);

/**
 * referee_sgl() - judge a data pointer made of SGL descriptors
 * @referee: the controller's world
 * @descriptor: the 16 bytes in the command
 * @len: bytes that the command transfers
 *
 * Return: the first thing that is wrong; pieces before it have been reported.
 */
enum referee_verdict referee_sgl(const struct referee *referee,
				 const void *descriptor, uint64_t len);

#endif
