// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/lib/pin_model.h"

#define MODEL_BYTES (MODEL_PAGES * PAGE)

static void *address(const struct model_memory *memory, unsigned int page)
{
	return memory->start + page * PAGE;
}

static int map_page(struct model_memory *memory, unsigned int nr,
		    enum model_kind kind, int protection)
{
	struct model_page *page = &memory->pages[nr];
	int flags = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS;
	int fd = -1;

	if (kind == MODEL_SHARED) {
		flags = MAP_FIXED | MAP_SHARED;
		fd = memory->file;
	}
	if (mmap(address(memory, nr), PAGE, protection, flags, fd,
		 fd < 0 ? 0 : nr * PAGE) == MAP_FAILED)
		return -errno;

	page->kind = kind;
	page->protection = protection;
	page->identity = kind == MODEL_SHARED ? page->file_identity :
						++memory->identities;
	return 0;
}

static int unmap_page(struct model_memory *memory, unsigned int nr)
{
	if (munmap(address(memory, nr), PAGE))
		return -errno;
	memory->pages[nr].kind = MODEL_HOLE;
	memory->pages[nr].identity = 0;
	return 0;
}

/*
 * Whether a page of a shared mapping under PROT_NONE is still there, only a
 * fault could tell, and there can be none: the contract does not say.
 */
static int random_protection(struct random *random, enum model_kind kind)
{
	int protection = PROT_READ | PROT_WRITE;

	if (random_once_in(random, 4))
		protection = PROT_READ;
	else if (kind == MODEL_PRIVATE && random_once_in(random, 8))
		protection = PROT_NONE;
	return protection;
}

static int map_randomly(struct model_memory *memory, struct random *random,
			unsigned int nr)
{
	enum model_kind kind = MODEL_PRIVATE;

	if (random_once_in(random, 3))
		kind = MODEL_SHARED;
	return map_page(memory, nr, kind, random_protection(random, kind));
}

int model_map(struct model_memory *memory, struct random *random)
{
	int ret = 0;

	*memory = (struct model_memory){};
	memory->file = memfd_create("model", MFD_CLOEXEC);
	if (memory->file < 0 || ftruncate(memory->file, MODEL_BYTES))
		return -errno;
	memory->start = mmap(NULL, MODEL_BYTES, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->start == MAP_FAILED)
		return -errno;

	for (unsigned int i = 0; !ret && i < MODEL_PAGES; i++) {
		memory->pages[i].file_identity = ++memory->identities;
		if (i == MODEL_PAGES - 1 || random_once_in(random, 50))
			ret = unmap_page(memory, i);
		else
			ret = map_randomly(memory, random, i);
	}
	return ret;
}

void model_unmap(struct model_memory *memory)
{
	munmap(memory->start, MODEL_BYTES);
	close(memory->file);
}

/* Private memory is lost, shared memory comes back from the file */
static int drop_page(struct model_memory *memory, unsigned int nr)
{
	struct model_page *page = &memory->pages[nr];

	if (madvise(address(memory, nr), PAGE, MADV_DONTNEED))
		return -errno;
	if (page->kind == MODEL_PRIVATE)
		page->identity = ++memory->identities;
	return 0;
}

static int punch_page(struct model_memory *memory, unsigned int nr)
{
	struct model_page *page = &memory->pages[nr];

	if (fallocate(memory->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      nr * PAGE, PAGE))
		return -errno;
	page->file_identity = ++memory->identities;
	if (page->kind == MODEL_SHARED)
		page->identity = page->file_identity;
	return 0;
}

static int protect_page(struct model_memory *memory, struct random *random,
			unsigned int nr)
{
	struct model_page *page = &memory->pages[nr];
	int protection = random_protection(random, page->kind);

	if (mprotect(address(memory, nr), PAGE, protection))
		return -errno;
	page->protection = protection;
	return 0;
}

static void touch_page(struct model_memory *memory, unsigned int nr)
{
	volatile unsigned char *byte = address(memory, nr);

	if (memory->pages[nr].protection & PROT_WRITE)
		++*byte;
	else if (memory->pages[nr].protection & PROT_READ)
		(void)*byte;
}

int model_disturb(struct model_memory *memory, struct random *random)
{
	/* The last page stays a hole: nothing may be pinned beyond it */
	unsigned int nr = random_below(random, MODEL_PAGES - 1);
	unsigned int what = random_below(random, 10);

	if (what == 0)
		return punch_page(memory, nr);
	if (memory->pages[nr].kind == MODEL_HOLE)
		return map_randomly(memory, random, nr);
	switch (what) {
	case 1:
		if (random_once_in(random, 4))
			return unmap_page(memory, nr);
		return 0;
	case 2:
		return map_randomly(memory, random, nr);
	case 3:
		return drop_page(memory, nr);
	case 4:
	case 5:
		return protect_page(memory, random, nr);
	default:
		touch_page(memory, nr);
		return 0;
	}
}

static enum dmamem_cause pin_page(const struct model_page *page, uint32_t flags)
{
	if (page->kind == MODEL_HOLE)
		return DMAMEM_CAUSE_UNMAPPED;
	if (!(page->protection & PROT_READ))
		return DMAMEM_CAUSE_NO_ACCESS;
	if ((flags & DMAMEM_PIN_WRITE) && !(page->protection & PROT_WRITE))
		return DMAMEM_CAUSE_READ_ONLY;
	return DMAMEM_CAUSE_NONE;
}

enum dmamem_cause model_pin(const struct model_memory *memory,
			    struct dmamem_pin *pin, uint64_t max_length)
{
	enum dmamem_cause cause = DMAMEM_CAUSE_NONE;
	uint64_t first, nr;

	pin->bad_addr = pin->addr;
	pin->pages_done = 0;
	if (pin->addr % PAGE || pin->length % PAGE)
		return DMAMEM_CAUSE_ALIGNMENT;
	if (!pin->length)
		return DMAMEM_CAUSE_EMPTY;
	if (pin->addr + (pin->length - 1) < pin->addr)
		return DMAMEM_CAUSE_WRAP;
	if (pin->length > max_length)
		return DMAMEM_CAUSE_TOO_LONG;

	first = (pin->addr - (uintptr_t)memory->start) / PAGE;
	if (first >= MODEL_PAGES)
		return DMAMEM_CAUSE_UNMAPPED;
	nr = pin->length / PAGE;
	for (uint64_t i = 0; !cause && i < nr; i++) {
		cause = pin_page(&memory->pages[first + i], pin->flags);
		pin->pages_done = i;
		pin->bad_addr = pin->addr + i * PAGE;
	}
	return cause;
}

struct model_region *model_add(struct model_file *file,
			       const struct model_memory *memory,
			       const struct dmamem_pin *pin)
{
	struct model_region *region = &file->regions[file->nr++];

	region->id = pin->region;
	region->first = (pin->addr - (uintptr_t)memory->start) / PAGE;
	region->nr = pin->length / PAGE;
	for (unsigned int i = 0; i < region->nr; i++)
		region->identities[i] =
			memory->pages[region->first + i].identity;
	pages_phys_of(address(memory, region->first), region->nr,
		      region->phys);
	return region;
}

struct model_region *model_find(struct model_file *file, uint32_t id)
{
	for (unsigned int i = 0; i < file->nr; i++) {
		if (file->regions[i].id == id)
			return &file->regions[i];
	}
	return NULL;
}

void model_remove(struct model_file *file, struct model_region *region)
{
	*region = file->regions[--file->nr];
}

uint64_t model_pinned(const struct model_file *file)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < file->nr; i++)
		sum += file->regions[i].nr * PAGE;
	return sum;
}

unsigned int model_extents(const struct model_region *region, uint64_t offset,
			   struct dmamem_extent *extents)
{
	uint64_t into = offset % PAGE;
	unsigned int nr = 0;

	for (unsigned int i = offset / PAGE; i < region->nr; i++) {
		if (nr && extents[nr - 1].dma_addr + extents[nr - 1].length ==
				  region->phys[i]) {
			extents[nr - 1].length += PAGE;
		} else {
			extents[nr].dma_addr = region->phys[i] + into;
			extents[nr++].length = PAGE - into;
		}
		into = 0;
	}
	return nr;
}

uint64_t model_stale(const struct model_memory *memory,
		     const struct model_region *region, uint64_t offset,
		     uint64_t end)
{
	for (; offset < end; offset += PAGE) {
		unsigned int i = offset / PAGE;

		if (memory->pages[region->first + i].identity !=
		    region->identities[i])
			break;
	}
	return offset;
}
