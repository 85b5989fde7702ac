// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Mapping memory so that a pin meets few, long runs: aligned, with its pages
 * there, and those as large as the kernel will make them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libdmamem/alloc.h"
#include "libdmamem/run.h"

/* Since Linux 6.1; the C library may be older */
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define MAX_NODES 1024
#define LONG_BITS (8 * sizeof(long))

static int hugetlb_flags(const struct dmamem_backing *backing)
{
	return __builtin_ctzll(backing->hugetlb_size) << MAP_HUGE_SHIFT;
}

static int set_size(int fd, size_t len)
{
	if (ftruncate(fd, len) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return -ENOMEM;
	return 0;
}

/* Nobody who maps it can take the pages away */
static int create_file(const struct dmamem_backing *backing, size_t len)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd, ret;

	if (backing->hugetlb_size)
		flags |= MFD_HUGETLB | (unsigned int)hugetlb_flags(backing);
	fd = memfd_create("dmamem", flags);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : -ENOMEM;
	ret = set_size(fd, len);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

/* Address space that starts at a multiple of @align, with nothing behind it */
char *dmamem_mapping_reserve(size_t len, size_t align)
{
	size_t before, all = len + align;
	char *mem;

	if (all < len)
		return NULL;
	mem = mmap(NULL, all, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)mem & (align - 1);
	if (before)
		munmap(mem, before);
	munmap(mem + before + len, align - before);
	return mem + before;
}

/* Shared hugetlb memory: a private page is another one after fork() */
static int map_flags(const struct dmamem_backing *backing, int fd)
{
	int flags = fd < 0 ? MAP_ANONYMOUS : 0;

	flags |= fd >= 0 || backing->hugetlb_size ? MAP_SHARED : MAP_PRIVATE;
	if (backing->hugetlb_size && fd < 0)
		flags |= MAP_HUGETLB | hugetlb_flags(backing);
	return flags;
}

static int bind_node(const struct dmamem_mapping *mapping, int node)
{
	unsigned long mask[MAX_NODES / LONG_BITS] = { 0 };

	if (node == DMAMEM_ANY_NODE)
		return 0;
	mask[node / LONG_BITS] = 1UL << node % LONG_BITS;
	if (!syscall(SYS_mbind, mapping->addr, mapping->len, MPOL_BIND, mask,
		     MAX_NODES, 0))
		return 0;
	/* A kernel without NUMA has node 0 and nothing to choose */
	if (errno == ENOSYS && !node)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? -EINVAL : -ENOMEM;
}

/*
 * MADV_HUGEPAGE has the kernel fault huge pages in, where it is configured to
 * listen; MADV_COLLAPSE makes huge pages of small ones in any case. Both are
 * done as far as they go.
 */
static int shape(const struct dmamem_mapping *mapping,
		 const struct dmamem_backing *backing)
{
	size_t huge = mapping->len & ~(CHUNK_SIZE - 1);

	if (huge && !backing->hugetlb_size)
		madvise(mapping->addr, huge, MADV_HUGEPAGE);
	if (madvise(mapping->addr, mapping->len, MADV_POPULATE_WRITE))
		return -ENOMEM;
	if (huge && !backing->hugetlb_size)
		madvise(mapping->addr, huge, MADV_COLLAPSE);
	return 0;
}

/* Hugetlb memory is aligned by itself, and may well not be there */
static int map_memory(struct dmamem_mapping *mapping,
		      const struct dmamem_backing *backing, size_t align)
{
	int flags = map_flags(backing, mapping->fd);
	char *mem = NULL;

	if (!backing->hugetlb_size) {
		mem = dmamem_mapping_reserve(mapping->len, align);
		if (!mem)
			return -ENOMEM;
		flags |= MAP_FIXED;
	}
	mem = mmap(mem, mapping->len, PROT_READ | PROT_WRITE, flags,
		   mapping->fd, 0);
	/*
	 * What was reserved is not unmapped: the kernel may have done so before
	 * it failed, and another thread may have mapped something there.
	 */
	if (mem == MAP_FAILED)
		return -ENOMEM;
	mapping->addr = mem;
	return 0;
}

static int fill(const struct dmamem_mapping *mapping,
		const struct dmamem_backing *backing)
{
	int ret = bind_node(mapping, backing->node);

	return ret ? ret : shape(mapping, backing);
}

static void close_file(const struct dmamem_mapping *mapping)
{
	if (mapping->fd >= 0)
		close(mapping->fd);
}

int dmamem_mapping_create(const struct dmamem_backing *backing, size_t size,
			  struct dmamem_mapping *mapping)
{
	struct dmamem_mapping new = { .fd = -1 };
	size_t unit = sysconf(_SC_PAGESIZE), align;
	int ret;

	if (backing->hugetlb_size)
		unit = backing->hugetlb_size;
	if (backing->chunks && unit < CHUNK_SIZE)
		unit = CHUNK_SIZE;
	align = unit < CHUNK_SIZE && size >= CHUNK_SIZE ? CHUNK_SIZE : unit;
	new.len = (size + unit - 1) & ~(unit - 1);
	if (!new.len)
		return -ENOMEM;
	if (backing->shared) {
		new.fd = create_file(backing, new.len);
		if (new.fd < 0)
			return new.fd;
	}
	ret = map_memory(&new, backing, align);
	if (ret) {
		close_file(&new);
		return ret;
	}
	ret = fill(&new, backing);
	if (ret) {
		dmamem_mapping_free(&new);
		return ret;
	}
	*mapping = new;
	return 0;
}

void dmamem_mapping_free(const struct dmamem_mapping *mapping)
{
	munmap(mapping->addr, mapping->len);
	close_file(mapping);
}
