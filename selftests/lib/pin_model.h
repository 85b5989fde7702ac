/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * A model of what PIN, EXTENTS, VERIFY and UNPIN must answer, and the memory
 * they are asked about: pages that are private or shared, of any protection, or
 * not there, and that are unmapped and mapped, dropped and protected at random.
 */
#ifndef DMAMEM_SELFTESTS_PIN_MODEL_H
#define DMAMEM_SELFTESTS_PIN_MODEL_H

#include <stdint.h>

#include <linux/dmamem.h>

#include "selftests/lib/random.h"
#include "tools/memory/pages.h"

#define MODEL_PAGES 512
#define MODEL_REGION_PAGES 32
#define MODEL_REGIONS 64

enum model_kind {
	MODEL_HOLE,
	MODEL_PRIVATE,
	MODEL_SHARED,
};

/*
 * One page of the memory. @identity changes when the address comes to mean
 * another page; 0 stands for none.
 */
struct model_page {
	enum model_kind kind;
	int protection;
	uint64_t identity;
	uint64_t file_identity;
};

struct model_memory {
	unsigned char *start;
	int file;
	uint64_t identities;
	struct model_page pages[MODEL_PAGES];
};

struct model_region {
	uint32_t id;
	unsigned int first;
	unsigned int nr;
	uint64_t identities[MODEL_REGION_PAGES];
	uint64_t phys[MODEL_REGION_PAGES];
};

/* An open file and what is pinned through it */
struct model_file {
	int fd;
	unsigned int nr;
	struct model_region regions[MODEL_REGIONS];
};

/* 0 or -errno */
int model_map(struct model_memory *memory, struct random *random);
void model_unmap(struct model_memory *memory);

/* Do something to a page, as a process may with memory that is pinned */
int model_disturb(struct model_memory *memory, struct random *random);

/*
 * What must come of a PIN by a privileged caller: the cause, and in @pin what
 * goes with it. Of addresses, only those of the memory are mapped.
 */
enum dmamem_cause model_pin(const struct model_memory *memory,
			    struct dmamem_pin *pin, uint64_t max_length);

/* It has succeeded: remember the region */
struct model_region *model_add(struct model_file *file,
			       const struct model_memory *memory,
			       const struct dmamem_pin *pin);

/* The region of that id, or NULL */
struct model_region *model_find(struct model_file *file, uint32_t id);

void model_remove(struct model_file *file, struct model_region *region);

/* Bytes pinned through a file */
uint64_t model_pinned(const struct model_file *file);

/* The extents of a region from @offset on, where addresses are physical */
unsigned int model_extents(const struct model_region *region, uint64_t offset,
			   struct dmamem_extent *extents);

/* The first offset from @offset to @end that is stale, or @end */
uint64_t model_stale(const struct model_memory *memory,
		     const struct model_region *region, uint64_t offset,
		     uint64_t end);

#endif
