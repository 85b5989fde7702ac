// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * SGL descriptors and segments. NVMe Base Specification 2.0, "Scatter Gather
 * List".
 *
 * The memory is walked once to count the descriptors, and a second time to
 * write them if they do not fit in the command: nothing is written before all
 * is known to be right, and a segment knows how long the next one is.
 */
#include <endian.h>
#include <errno.h>
#include <stdbool.h>

#include <dmamem/nvme.h>

#include "libdmamem/nvme_span.h"

/* Identify Controller, SGLS */
#define SGLS_SUPPORT 0x3u
#define SGLS_SUPPORT_BYTE 0x1u
#define SGLS_SUPPORT_DWORD 0x2u
#define SGLS_BIT_BUCKET 0x10000u
#define SGLS_MPTR_SGL 0x80000u

#define TYPE_DATA_BLOCK 0x00
#define TYPE_BIT_BUCKET 0x10
#define TYPE_SEGMENT 0x20
#define TYPE_LAST_SEGMENT 0x30

#define PSDT_SGL 1
#define PSDT_SGL_MPTR_SGL 2

/* Most bytes of a descriptor; what follows stays aligned */
#define MAX_LEN (UINT32_MAX - (DMAMEM_PAGE_SIZE - 1))

#define ALL_FLAGS (DMAMEM_NVME_SGL_READ | DMAMEM_NVME_SGL_METADATA)

/* Where descriptors of data go */
struct sgl_writer {
	struct dmamem_nvme_sgl_descriptor *slot;
	uint64_t room;		/* slots for data in this segment */
	uint64_t left;		/* descriptors to come */
	const struct dmamem_nvme_sgl_segment *next;
	unsigned int segment_size;
};

/* The data so far: finished descriptors, and a run that may still grow */
struct sgl_walk {
	const struct dmamem_nvme_sgl_builder *builder;
	struct sgl_writer *writer;	/* NULL: only count */
	uint64_t nr;
	uint64_t addr;
	uint64_t len;
	uint8_t type;
};

static struct dmamem_nvme_sgl_descriptor descriptor(uint64_t addr, uint64_t len,
						    uint8_t type)
{
	return (struct dmamem_nvme_sgl_descriptor){
		.addr = htole64(addr),
		.len = htole32((uint32_t)len),
		.type = type,
	};
}

/* Start the next segment, and return the descriptor that points to it */
static struct dmamem_nvme_sgl_descriptor next_segment(struct sgl_writer *writer)
{
	const struct dmamem_nvme_sgl_segment *segment = writer->next++;
	bool last = writer->left <= writer->segment_size;
	uint64_t nr = last ? writer->left : writer->segment_size;

	writer->slot = segment->descriptors;
	writer->room = last ? nr : nr - 1;
	return descriptor(segment->dma_addr,
			  nr * sizeof(struct dmamem_nvme_sgl_descriptor),
			  last ? TYPE_LAST_SEGMENT : TYPE_SEGMENT);
}

static void write_descriptor(struct sgl_writer *writer,
			     struct dmamem_nvme_sgl_descriptor data)
{
	if (!writer->room) {
		struct dmamem_nvme_sgl_descriptor *slot = writer->slot;

		*slot = next_segment(writer);
	}
	*writer->slot++ = data;
	writer->room--;
	writer->left--;
}

static uint64_t descriptors_for(uint64_t len)
{
	return len <= MAX_LEN ? 1 : (len - 1) / MAX_LEN + 1;
}

static void finish_run(struct sgl_walk *walk)
{
	uint64_t step = walk->type == TYPE_DATA_BLOCK ? MAX_LEN : 0;
	uint64_t addr = walk->addr, left = walk->len;

	if (!left)
		return;
	walk->nr += descriptors_for(left);
	if (!walk->writer)
		return;
	for (; left > MAX_LEN; left -= MAX_LEN, addr += step)
		write_descriptor(walk->writer,
				 descriptor(addr, MAX_LEN, walk->type));
	write_descriptor(walk->writer, descriptor(addr, left, walk->type));
}

static void add_run(struct sgl_walk *walk, uint64_t addr, uint64_t len,
		    uint8_t type)
{
	uint64_t end = type == TYPE_DATA_BLOCK ? walk->addr + walk->len : 0;

	if (walk->len && walk->type == type && addr == end &&
	    len <= UINT64_MAX - walk->len) {
		walk->len += len;
		return;
	}
	finish_run(walk);
	walk->addr = addr;
	walk->len = len;
	walk->type = type;
}

static int add_bucket(struct sgl_walk *walk, uint64_t len, unsigned int flags)
{
	if (!(flags & DMAMEM_NVME_SGL_READ))
		return -EINVAL;
	if (!(walk->builder->sgls & SGLS_BIT_BUCKET))
		return -EOPNOTSUPP;
	add_run(walk, 0, len, TYPE_BIT_BUCKET);
	return 0;
}

static int add_data(struct sgl_walk *walk, const struct iovec *iov)
{
	uint64_t va = (uintptr_t)iov->iov_base;
	uint64_t left = iov->iov_len;

	if ((walk->builder->sgls & SGLS_SUPPORT) == SGLS_SUPPORT_DWORD &&
	    (va | left) & 3)
		return -EINVAL;
	while (left) {
		struct nvme_span span =
			nvme_run_at(walk->builder->map, va, left);

		if (!nvme_span_registered(&span))
			return -EFAULT;
		add_run(walk, span.dma, span.len, TYPE_DATA_BLOCK);
		va += span.len;
		left -= span.len;
	}
	return 0;
}

/* The command has a place for one data block, and none for a bit bucket */
static bool in_command(const struct sgl_walk *walk, uint64_t nr)
{
	return nr <= 1 && walk->type == TYPE_DATA_BLOCK;
}

/* Segments that it takes to hold this many descriptors of data */
static uint64_t segments_for(const struct dmamem_nvme_sgl_builder *builder,
			     uint64_t nr)
{
	uint64_t gain = builder->segment_size - 1;

	return nr <= 2 ? 1 : (nr - 2) / gain + 1;
}

static int check_room(const struct sgl_walk *walk)
{
	const struct dmamem_nvme_sgl_builder *builder = walk->builder;
	uint64_t nr = walk->nr + descriptors_for(walk->len);
	uint64_t nr_segments;

	if (in_command(walk, nr))
		return 0;
	if (!builder->nr_segments)
		return -E2BIG;
	if (builder->segment_size < 2)
		return -EINVAL;
	nr_segments = segments_for(builder, nr);
	if (nr_segments > builder->nr_segments)
		return -E2BIG;
	if (builder->max_descriptors &&
	    nr + nr_segments > builder->max_descriptors)
		return -EMSGSIZE;
	return 0;
}

static int walk_iov(struct sgl_walk *walk, const struct iovec *iov,
		    unsigned int nr_iov, unsigned int flags, unsigned int *bad)
{
	int err;

	for (unsigned int i = 0; i < nr_iov; i++) {
		if (!iov[i].iov_len)
			continue;
		*bad = i;
		if (iov[i].iov_base == DMAMEM_NVME_BIT_BUCKET)
			err = add_bucket(walk, iov[i].iov_len, flags);
		else
			err = add_data(walk, &iov[i]);
		if (!err)
			err = check_room(walk);
		if (err)
			return err;
	}
	finish_run(walk);
	return 0;
}

static int check_builder(const struct dmamem_nvme_sgl_builder *builder,
			 unsigned int flags)
{
	if (flags & ~ALL_FLAGS)
		return -EINVAL;
	if (!(builder->sgls & SGLS_SUPPORT))
		return -EOPNOTSUPP;
	if (flags & DMAMEM_NVME_SGL_METADATA &&
	    !(builder->sgls & SGLS_MPTR_SGL))
		return -EOPNOTSUPP;
	return 0;
}

static void write_segments(const struct dmamem_nvme_sgl_builder *builder,
			   const struct iovec *iov, unsigned int nr_iov,
			   unsigned int flags, struct dmamem_nvme_sgl *sgl)
{
	struct sgl_writer writer = {
		.left = sgl->nr_descriptors,
		.next = builder->segments,
		.segment_size = builder->segment_size,
	};
	struct sgl_walk walk = { .builder = builder, .writer = &writer };
	unsigned int bad;

	sgl->sgl1 = next_segment(&writer);
	/* It has been walked before: it cannot fail */
	(void)walk_iov(&walk, iov, nr_iov, flags, &bad);
	sgl->nr_segments = writer.next - builder->segments;
}

/* Whatever it is, and what is wrong with it */
static __attribute__((noinline)) int
build_any(const struct dmamem_nvme_sgl_builder *builder,
	  const struct iovec *iov, unsigned int nr_iov, unsigned int flags,
	  struct dmamem_nvme_sgl *sgl, unsigned int *bad_iov)
{
	struct sgl_walk walk = { .builder = builder };
	unsigned int bad = 0;
	int err;

	err = check_builder(builder, flags);
	if (!err)
		err = walk_iov(&walk, iov, nr_iov, flags, &bad);
	if (err) {
		if (bad_iov)
			*bad_iov = bad;
		return err;
	}

	*sgl = (struct dmamem_nvme_sgl){
		.sgl1 = descriptor(walk.addr, walk.len, walk.type),
		.nr_descriptors = walk.nr,
		.psdt = flags & DMAMEM_NVME_SGL_METADATA ? PSDT_SGL_MPTR_SGL :
							   PSDT_SGL,
	};
	if (!in_command(&walk, walk.nr))
		write_segments(builder, iov, nr_iov, flags, sgl);
	return 0;
}

/* Is it one segment within one chunk, for a command of data alone? */
static inline bool in_one_chunk(const struct dmamem_nvme_sgl_builder *builder,
				const struct iovec *iov, unsigned int nr_iov,
				unsigned int flags)
{
	uint64_t va, last;

	if (nr_iov != 1 || flags & ~DMAMEM_NVME_SGL_READ ||
	    (builder->sgls & SGLS_SUPPORT) != SGLS_SUPPORT_BYTE)
		return false;
	va = (uintptr_t)iov->iov_base;
	last = va + iov->iov_len - 1;
	return va < ADDRESS_END &&
	       ((va ^ last) | (iov->iov_len - 1)) < CHUNK_SIZE;
}

int dmamem_nvme_sgl_build(const struct dmamem_nvme_sgl_builder *builder,
			  const struct iovec *iov, unsigned int nr_iov,
			  unsigned int flags, struct dmamem_nvme_sgl *sgl,
			  unsigned int *bad_iov)
{
	struct nvme_place place;

	if (likely(in_one_chunk(builder, iov, nr_iov, flags))) {
		place = nvme_place_of(builder->map, (uintptr_t)iov->iov_base);
		if (likely(place.in_run)) {
			*sgl = (struct dmamem_nvme_sgl){
				.sgl1 = descriptor(place.dma, iov->iov_len,
						   TYPE_DATA_BLOCK),
				.nr_descriptors = 1,
				.psdt = PSDT_SGL,
			};
			return 0;
		}
	}
	return build_any(builder, iov, nr_iov, flags, sgl, bad_iov);
}
