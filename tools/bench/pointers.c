// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Data pointers of one transfer, again and again.
 */
#include "tools/bench/pointers.h"

#define PAGE 4096
#define KIB(n) ((uint64_t)(n) << 10)

const struct pointers_case pointers_cases[] = {
	{ "built-4k", "PRP 4 KiB", 512, KIB(4), 1, false, false },
	{ "built-8k", "PRP 8 KiB", 512, KIB(8), 1, false, false },
	{ "built-128k", "PRP 128 KiB, built", 512, KIB(128), 1, false, false },
	{ "built-1m", "PRP 1 MiB, built", 512, KIB(1024), 1, false, false },
	{ "built-2012k", "PRP 2012 KiB, built", 512, KIB(2012), 1, false,
	  false },
	{ "built-iov32", "PRP 32 segments of 4 KiB", 512, KIB(4),
	  POINTERS_MAX_IOV, false, false },
	{ "leaf-4k", "PRP 4 KiB of a leaf", 1, KIB(4), 1, false, false },
	{ "leaf-8k", "PRP 8 KiB of a leaf", 1, KIB(8), 1, false, false },
	{ "leaf-iov32", "PRP 32 segments of 4 KiB of a leaf", 1, KIB(4),
	  POINTERS_MAX_IOV, false, false },
	{ "resident-128k", "PRP 128 KiB, resident", 1, KIB(128), 1, false,
	  true },
	{ "resident-1m", "PRP 1 MiB, resident", 1, KIB(1024), 1, false, true },
	{ "resident-2012k", "PRP 2012 KiB, resident", 1, KIB(2012), 1, false,
	  true },
	{ "sgl-1m", "SGL 1 MiB", 512, KIB(1024), 1, true, false },
};

const unsigned int nr_pointers_cases =
	sizeof(pointers_cases) / sizeof(pointers_cases[0]);

/* The list pages need no memory that a device can see: no device looks */
void pointers_prepare(struct pointers *pointers,
		      const struct pointers_case *what,
		      const struct dmamem_map *map, void *memory)
{
	static uint64_t page[PAGE / 8] __attribute__((aligned(PAGE)));
	static const struct dmamem_nvme_list_page list = { page, PAGE };

	*pointers = (struct pointers){
		.what = what,
		.prps = {
			.map = map,
			.mps_shift = 12,
			.nr_pages = 1,
			.pages = &list,
		},
		.sgls = { .map = map, .sgls = 1 },
	};
	/* Segments with gaps between them */
	for (unsigned int i = 0; i < what->nr_iov; i++)
		pointers->iov[i] = (struct iovec){
			(char *)memory + (size_t)3 * PAGE * i, what->len,
		};
}

static int build_one(struct pointers *pointers)
{
	if (pointers->what->sgl)
		return dmamem_nvme_sgl_build(&pointers->sgls, pointers->iov,
					     pointers->what->nr_iov, 0,
					     &pointers->sgl, NULL);
	return dmamem_nvme_prp_build(&pointers->prps, pointers->iov,
				     pointers->what->nr_iov, &pointers->prp,
				     NULL);
}

int pointers_build(struct pointers *pointers, unsigned int nr)
{
	int ret = 0;

	for (unsigned int i = 0; !ret && i < nr; i++)
		ret = build_one(pointers);
	return ret;
}
