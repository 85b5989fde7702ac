/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Data pointers of one transfer, again and again: what is measured of PRP lists
 * and SGLs.
 */
#ifndef TOOLS_BENCH_POINTERS_H
#define TOOLS_BENCH_POINTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <dmamem/nvme.h>

#define POINTERS_MAX_IOV 32
/* Bytes of memory that a case needs, consecutive for the process */
#define POINTERS_SIZE (16 * DMAMEM_CHUNK_SIZE)

/**
 * struct pointers_case - a transfer
 * @name: for scripts
 * @words: for people
 * @run_pages: pages of the memory that are consecutive; 1: there are leaves
 * @len: bytes of a segment
 * @nr_iov: segments, with gaps between them
 * @sgl: by SGL
 * @resident: the lists are in the map, if it keeps them there
 */
struct pointers_case {
	const char *name;
	const char *words;
	uint64_t run_pages;
	uint64_t len;
	unsigned int nr_iov;
	bool sgl;
	bool resident;
};

extern const struct pointers_case pointers_cases[];
extern const unsigned int nr_pointers_cases;

/* A case, ready to be built */
struct pointers {
	const struct pointers_case *what;
	struct dmamem_nvme_prp_builder prps;
	struct dmamem_nvme_sgl_builder sgls;
	struct dmamem_nvme_prp prp;
	struct dmamem_nvme_sgl sgl;
	struct iovec iov[POINTERS_MAX_IOV];
};

/**
 * pointers_prepare() - make a case ready
 * @pointers: filled in
 * @what: the case
 * @map: what the memory's addresses are in
 * @memory: POINTERS_SIZE bytes, aligned to 2 MiB; they need not exist
 */
void pointers_prepare(struct pointers *pointers,
		      const struct pointers_case *what,
		      const struct dmamem_map *map, void *memory);

/**
 * pointers_build() - build it, so often
 * @pointers: from pointers_prepare()
 * @nr: how often
 *
 * Return: 0, or an error of the builder.
 */
int pointers_build(struct pointers *pointers, unsigned int nr);

#endif
