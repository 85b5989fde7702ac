/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMAMEM_H
#define DMAMEM_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/xarray.h>

#include <linux/dmamem.h>

/*
 * What DMAMEM_PIN takes at most: a region has at most INT_MAX runs, because
 * dma_map_sgtable() counts in int. Cut to 2 MiB.
 */
#define DMAMEM_MAX_LENGTH (((u64)INT_MAX << PAGE_SHIFT) & ~((u64)SZ_2M - 1))

/**
 * struct dmamem_context - one open file
 * @mm: Memory of the process that opened; pins and their charge are for it
 * @regions: The pins, by the id that user space knows
 * @pinned: Bytes pinned, for INFO
 */
struct dmamem_context {
	struct mm_struct *mm;
	struct xarray regions;
	atomic64_t pinned;
};

/**
 * struct dmamem_runs - pinned pages as runs of physically consecutive ones
 * @sgt: A chained scatterlist, one entry a run
 * @last: The entry that the next page may extend
 * @room: Entries not yet used behind @last
 */
struct dmamem_runs {
	struct sg_table sgt;
	struct scatterlist *last;
	unsigned int room;
};

/**
 * struct dmamem_region - one successful PIN
 * @ref: Held by the context, and by each command that looks at the region:
 *       UNPIN must not pull the pages from under EXTENTS
 * @ctx: The owner; outlives the region
 * @addr: User address of the first byte
 * @length: In bytes
 * @pages: Pages pinned so far; all, once the region is published
 * @flags: enum dmamem_pin_flags
 * @runs: The pages
 */
struct dmamem_region {
	struct kref ref;
	struct dmamem_context *ctx;
	unsigned long addr;
	unsigned long length;
	unsigned long pages;
	u32 flags;
	struct dmamem_runs runs;
};

/**
 * struct dmamem_call - one ioctl
 * @ctx: The file
 * @user: Where the caller's structure is
 * @user_size: Its size, as the caller knows it
 * @size: Its size, as we know it
 * @arg: Our copy of it
 */
struct dmamem_call {
	struct dmamem_context *ctx;
	void __user *user;
	u32 user_size;
	u32 size;
	union {
		struct dmamem_info info;
		struct dmamem_pin pin;
		struct dmamem_extents extents;
		struct dmamem_unpin unpin;
	} arg;
};

/**
 * struct dmamem_span - how the range up to the end of a mapping is pinned
 * @end: End of the mapping
 * @gup_flags: For pin_user_pages_fast()
 */
struct dmamem_span {
	unsigned long end;
	unsigned int gup_flags;
};

/* context.c */
int dmamem_context_open(struct file *file);
int dmamem_context_release(struct file *file);
enum dmamem_cause dmamem_may_see_physical(void);
void dmamem_taint(void);

/* ioctl.c */
long dmamem_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int dmamem_reply(struct dmamem_call *call);

/* info.c, pin.c, extents.c: the commands */
int dmamem_info(struct dmamem_call *call);
int dmamem_pin(struct dmamem_call *call);
int dmamem_unpin(struct dmamem_call *call);
int dmamem_extents(struct dmamem_call *call);

/* region.c */
enum dmamem_cause dmamem_region_create(struct dmamem_context *ctx,
				       const struct dmamem_pin *pin,
				       struct dmamem_region **out);
int dmamem_region_publish(struct dmamem_call *call,
			  struct dmamem_region *region);
struct dmamem_region *dmamem_region_get(struct dmamem_context *ctx, u32 id);
struct dmamem_region *dmamem_region_take(struct dmamem_context *ctx, u32 id);
void dmamem_region_put(struct dmamem_region *region);

/* span.c */
enum dmamem_cause dmamem_span_at(unsigned long addr, u32 flags,
				 struct dmamem_span *span);

/* cause.c */
int dmamem_cause_error(enum dmamem_cause cause);
enum dmamem_cause dmamem_cause_of_gup(long error);

/* runs.c */
unsigned int dmamem_runs_add(struct dmamem_runs *runs, struct page **pages,
			     unsigned int nr);
void dmamem_runs_finish(struct dmamem_runs *runs);
void dmamem_runs_release(struct dmamem_runs *runs, bool dirty);

/*
 * sg_next() without the end check and without a call: it is used between
 * user_access_begin() and user_access_end(), where calls are not allowed. The
 * caller counts.
 */
static inline struct scatterlist *dmamem_next_run(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

#endif
