/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The runs of consecutive addresses that registered memory consists of, and
 * pictures of them.
 */
#ifndef DMAMEM_TOOLS_RUNS_H
#define DMAMEM_TOOLS_RUNS_H

#include <stdint.h>
#include <stdio.h>

#include <dmamem/alloc.h>
#include <dmamem/dmamem.h>

/**
 * struct run - a run
 * @offset: of its first byte in the memory
 * @length: bytes
 * @dma_addr: its DMA address
 */
struct run {
	uint64_t offset;
	uint64_t length;
	uint64_t dma_addr;
};

/**
 * struct runs - all of them, in the order of the memory, without gaps
 * @nr: how many
 * @size: bytes in all
 * @runs: the runs
 */
struct runs {
	size_t nr;
	uint64_t size;
	struct run *runs;
};

/**
 * runs_collect() - ask for the runs of memory
 * @ctx: where it is registered
 * @addr: its first byte
 * @size: bytes, all of them registered
 * @runs: filled in, to be given to runs_free()
 *
 * Return: 0 or -ENOMEM.
 */
int runs_collect(const struct dmamem_context *ctx, const void *addr,
		 uint64_t size, struct runs *runs);

/* Free what runs_collect() made */
void runs_free(struct runs *runs);

/**
 * runs_class() - how long a run is, as struct dmamem_histogram has it
 * @length: bytes, 4 KiB or more
 *
 * Return: index into @runs of that structure.
 */
unsigned int runs_class(uint64_t length);

/**
 * runs_bytes() - how much memory is in runs of a class
 * @runs: the runs
 * @bytes: DMAMEM_RUN_CLASSES sums
 */
void runs_bytes(const struct runs *runs, uint64_t bytes[DMAMEM_RUN_CLASSES]);

/**
 * struct runs_cell - a part of the memory as one cell of a picture shows it
 * @starts: runs that begin in it
 * @longest: bytes of the longest run that it has a part of
 */
struct runs_cell {
	uint64_t starts;
	uint64_t longest;
};

/**
 * runs_cells() - cut the memory into cells
 * @runs: the runs
 * @cell_size: bytes of a cell; the last one may be shorter
 * @cells: as many as it takes
 */
void runs_cells(const struct runs *runs, uint64_t cell_size,
		struct runs_cell *cells);

/**
 * runs_cell_size() - a power of two of bytes, so that cells are not too many
 * @size: of the memory
 * @max_cells: so many at most
 *
 * Return: 4 KiB or more.
 */
uint64_t runs_cell_size(uint64_t size, size_t max_cells);

/* Text of an offset in a picture: "1280 KiB" */
#define RUNS_OFFSET 32

/**
 * runs_offset() - where a row of a picture begins, in words
 * @text: where they go
 * @offset: a multiple of @row_size
 * @row_size: bytes of a row, a power of two: gives the unit
 *
 * Return: @text.
 */
const char *runs_offset(char text[RUNS_OFFSET], uint64_t offset,
			uint64_t row_size);

/* How many runs of which length, and how much of the memory they are */
void runs_print_histogram(FILE *stream, const struct runs *runs,
			  const struct dmamem_histogram *histogram);

/**
 * runs_print_map() - where runs begin and end, in characters
 * @stream: where to
 * @runs: the runs
 *
 * Return: 0 or -ENOMEM.
 */
int runs_print_map(FILE *stream, const struct runs *runs);

/**
 * struct runs_caption - what a picture says about itself
 * @title: the memory: "64 MiB of 4 KiB pages"
 * @addresses: where the addresses are from
 */
struct runs_caption {
	const char *title;
	const char *addresses;
};

/**
 * runs_write_svg() - a map and a histogram as a picture
 * @stream: where to
 * @runs: the runs
 * @histogram: of the same memory
 * @caption: what to say about it
 *
 * Return: 0 or -ENOMEM; whether it could be written the stream tells.
 */
int runs_write_svg(FILE *stream, const struct runs *runs,
		   const struct dmamem_histogram *histogram,
		   const struct runs_caption *caption);

#endif
