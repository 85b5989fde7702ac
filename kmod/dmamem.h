/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMAMEM_H
#define DMAMEM_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include <linux/dmamem.h>

struct iommu_domain;
struct pci_dev;
struct pci_driver;
struct seq_file;

/*
 * What DMAMEM_PIN takes at most: a region has at most INT_MAX runs, because
 * dma_map_sgtable() counts in int. Cut to 2 MiB.
 */
#define DMAMEM_MAX_LENGTH (((u64)INT_MAX << PAGE_SHIFT) & ~((u64)SZ_2M - 1))

#define DMAMEM_MAX_GUARDS 16

/**
 * struct dmamem_device - a PCI function bound to us, and its node
 * @ref: Held by the driver while it is bound, and by the open file
 * @pdev: The function
 * @misc: The node
 * @domain: The IOMMU domain that translates for it; NULL if nothing does
 * @state: Bit DMAMEM_DEVICE_OPEN: there is one opener
 * @lock: Mapping and unmapping (read) against remove (write). Not held over
 *        pins. Taken inside the device lock of @pdev.
 * @gone: The driver is unbound; written with @lock and the device lock held
 * @stopped: When @gone: remove stopped the function
 * @mapped: Regions that have addresses
 * @mapped_lock: For @mapped
 */
struct dmamem_device {
	struct kref ref;
	struct pci_dev *pdev;
	struct miscdevice misc;
	struct iommu_domain *domain;
	unsigned long state;
	struct rw_semaphore lock;
	bool gone;
	bool stopped;
	struct list_head mapped;
	spinlock_t mapped_lock;	/* for mapped */
};

enum {
	DMAMEM_DEVICE_OPEN,
};

/**
 * struct dmamem_context - one open file
 * @mm: Memory of the process that opened; pins and their charge are for it
 * @regions: The pins, by the id that user space knows
 * @pinned: Bytes pinned, for INFO
 * @dev: What a device node is open for; NULL for /dev/dmamem
 * @lock: For @functions
 * @functions: Functions to stop before pages are released: guards, and in
 *             quarantine those that could not be stopped
 * @nr_functions: How many
 * @ward: Entry in the list of contexts in quarantine
 */
struct dmamem_context {
	struct mm_struct *mm;
	struct xarray regions;
	atomic64_t pinned;
	struct dmamem_device *dev;
	struct mutex lock;	/* for functions */
	struct pci_dev *functions[DMAMEM_MAX_GUARDS];
	unsigned int nr_functions;
	struct list_head ward;
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
 * @mapped: They have addresses of the context's device
 * @mapped_entry: Entry in its list of regions that have
 */
struct dmamem_region {
	struct kref ref;
	struct dmamem_context *ctx;
	unsigned long addr;
	unsigned long length;
	unsigned long pages;
	u32 flags;
	struct dmamem_runs runs;
	bool mapped;
	struct list_head mapped_entry;
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
		struct dmamem_verify verify;
		struct dmamem_guard guard;
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

/* main.c */
int dmamem_release(struct inode *inode, struct file *file);

/* context.c */
int dmamem_context_open(struct file *file, struct dmamem_device *dev);
void dmamem_context_close(struct dmamem_context *ctx);
void dmamem_context_free(struct dmamem_context *ctx);
void dmamem_add_function(struct dmamem_context *ctx, struct pci_dev *pdev);
void dmamem_forget_function(struct dmamem_context *ctx, struct pci_dev *pdev);
enum dmamem_cause dmamem_may_see_addresses(struct dmamem_context *ctx);
void dmamem_taint(struct dmamem_context *ctx);

/* fdinfo.c */
void dmamem_show_fdinfo(struct seq_file *m, struct file *file);

/* pci.c */
extern struct pci_driver dmamem_pci_driver;
void dmamem_device_close(struct dmamem_context *ctx, bool in_use);
void dmamem_device_put(struct dmamem_device *dev);

/* dma.c */
enum dmamem_cause dmamem_map(struct dmamem_region *region, u64 *offset);
void dmamem_unmap(struct dmamem_device *dev, struct dmamem_region *region);
void dmamem_unmap_all(struct dmamem_device *dev);

/* stop.c */
bool dmamem_stop(struct pci_dev *pdev);

/* quarantine.c */
int dmamem_quarantine_init(void);
void dmamem_quarantine_exit(void);
void dmamem_quarantine(struct dmamem_context *ctx);
void dmamem_quarantine_clear(struct pci_dev *pdev);
u64 dmamem_quarantined(void);

/* ioctl.c */
long dmamem_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int dmamem_reply(struct dmamem_call *call);

/* The commands, each in its file */
int dmamem_info(struct dmamem_call *call);
int dmamem_pin(struct dmamem_call *call);
int dmamem_unpin(struct dmamem_call *call);
int dmamem_extents(struct dmamem_call *call);
int dmamem_verify(struct dmamem_call *call);
int dmamem_guard(struct dmamem_call *call);

/* region.c */
enum dmamem_cause dmamem_region_create(struct dmamem_context *ctx,
				       const struct dmamem_pin *pin,
				       struct dmamem_region **out);
int dmamem_region_publish(struct dmamem_call *call,
			  struct dmamem_region *region);
struct dmamem_region *dmamem_region_get(struct dmamem_context *ctx, u32 id);
struct dmamem_region *dmamem_region_next(struct dmamem_context *ctx, u32 *id);
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
