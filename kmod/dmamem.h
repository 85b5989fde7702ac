/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DMAMEM_H
#define DMAMEM_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include <linux/dmamem.h>

struct dmamem_part;
struct iommu_domain;
struct notifier_block;
struct pci_dev;
struct pci_driver;
struct seq_file;

/*
 * What DMAMEM_PIN takes at most: a region has at most INT_MAX runs, because
 * dma_map_sgtable() counts in int. In whole units of 2 MiB.
 */
#define DMAMEM_MAX_LENGTH (((u64)INT_MAX << PAGE_SHIFT) & ~((u64)SZ_2M - 1))

#define DMAMEM_MAX_GUARDS 16

/**
 * struct dmamem_device - a PCI function bound to us, and its node
 * @ref: Held by the driver while it is bound, and by the open file
 * @pdev: The function
 * @name: Of the node: a domain has up to 8 digits
 * @misc: The node
 * @domain: The IOMMU domain that translates for it; NULL if nothing does
 * @open: Bit 0: there is an opener
 * @lock: Mapping and unmapping (read) against remove (write). Not held over
 *        pins. Taken inside the device lock of @pdev.
 * @gone: The driver is unbound; written with @lock and the device lock held
 * @removed: When @gone: remove has tried to stop the function
 * @stopped: and has stopped it
 * @mapped: Regions that have addresses
 * @mapped_lock: For @mapped
 */
struct dmamem_device {
	struct kref ref;
	struct pci_dev *pdev;
	char name[32];
	struct miscdevice misc;
	struct iommu_domain *domain;
	unsigned long open;
	struct rw_semaphore lock;
	bool gone;
	struct completion removed;
	bool stopped;
	struct list_head mapped;
	spinlock_t mapped_lock;	/* for mapped */
};

/**
 * struct dmamem_context - one open file
 * @mm: Memory of the process that opened; pins and their charge are for it
 * @regions: The pins, by the id that user space knows
 * @pinned: Bytes pinned, for INFO
 * @discarded: Regions that are given back before anybody was told of them
 * @nr_discarded: How many, those included that are being given back
 * @release: The work that does it
 * @dev: What a device node is open for; NULL for /dev/dmamem
 * @lock: For @functions, while the file is open
 * @functions: Functions to stop before pages are released: guards, and in
 *             quarantine those that could not be stopped
 * @nr_functions: How many
 * @ward: Entry in the list of contexts in quarantine
 */
struct dmamem_context {
	struct mm_struct *mm;
	struct xarray regions;
	atomic64_t pinned;
	struct llist_head discarded;
	atomic_t nr_discarded;
	struct work_struct release;
	struct dmamem_device *dev;
	struct mutex lock;	/* for functions */
	struct pci_dev *functions[DMAMEM_MAX_GUARDS];
	unsigned int nr_functions;
	struct list_head ward;
};

/**
 * struct dmamem_runs_chunk - a page of runs
 * @next: The next page
 * @offset: Bytes in the runs of the pages before
 * @runs: The runs, as EXTENTS copies them out
 */
struct dmamem_runs_chunk {
	struct dmamem_runs_chunk *next;
	u64 offset;
#define DMAMEM_RUNS_PER_CHUNK 255
	struct dmamem_extent runs[DMAMEM_RUNS_PER_CHUNK];
};

/**
 * struct dmamem_runs - addresses as runs of consecutive ones; at first all 0
 * @first: The first page of runs
 * @chunk: The last
 * @last: The last run, or the place before the first of a new page
 * @full: What @last is when @chunk is full
 * @next: The page that extends the last run
 * @nr_before: Runs in the pages before @chunk
 * @bytes: In all runs
 */
struct dmamem_runs {
	struct dmamem_runs_chunk *first;
	struct dmamem_runs_chunk *chunk;
	struct dmamem_extent *last;
	struct dmamem_extent *full;
	struct page *next;
	unsigned int nr_before;
	u64 bytes;
};

/**
 * struct dmamem_cursor - a place in runs
 * @runs: The runs
 * @chunk: Where it is: the page, NULL at the end
 * @index: the run in the page
 * @into: and bytes into the run
 */
struct dmamem_cursor {
	const struct dmamem_runs *runs;
	struct dmamem_runs_chunk *chunk;
	unsigned int index;
	u64 into;
};

/**
 * struct dmamem_region - one successful PIN
 * @ref: Held by the context's table or its list of regions to give back, and by
 *       each command that looks at the region: UNPIN must not pull the pages
 *       from under EXTENTS
 * @ctx: The owner; outlives the region
 * @addr: User address of the first byte
 * @length: In bytes
 * @flags: enum dmamem_pin_flags
 * @runs: The pages, by their physical address
 * @dma: The same, as the context's device sees them, if there is one
 * @parts: The same, mapped for the device; it has access while there are any
 * @mapped_entry: Entry in its list of regions that it has access to
 * @discarded_entry: Entry in the context's list of regions to give back
 */
struct dmamem_region {
	struct kref ref;
	struct dmamem_context *ctx;
	unsigned long addr;
	unsigned long length;
	u32 flags;
	struct dmamem_runs runs;
	struct dmamem_runs dma;
	struct dmamem_part *parts;
	struct list_head mapped_entry;
	struct llist_node discarded_entry;
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
 * struct dmamem_span - how a mapping is pinned
 * @end: Its end
 * @gup_flags: For pin_user_pages_fast()
 */
struct dmamem_span {
	unsigned long end;
	unsigned int gup_flags;
};

/* context.c */
int dmamem_context_open(struct file *file, struct dmamem_device *dev);
int dmamem_context_close(struct inode *inode, struct file *file);
void dmamem_context_free(struct dmamem_context *ctx);
void dmamem_add_function(struct dmamem_context *ctx, struct pci_dev *pdev);
void dmamem_forget_function(struct dmamem_context *ctx, struct pci_dev *pdev);
enum dmamem_cause dmamem_may_see_addresses(struct dmamem_context *ctx);
void dmamem_taint(struct dmamem_context *ctx);

/* pci.c */
extern struct pci_driver dmamem_pci_driver;
void dmamem_device_close(struct dmamem_context *ctx, bool in_use);
bool dmamem_device_is_confined(struct dmamem_device *dev);
void dmamem_device_release(struct dmamem_device *dev);

/* dma.c */
enum dmamem_cause dmamem_map(struct dmamem_region *region, u64 *offset);
void dmamem_unmap(struct dmamem_device *dev, struct dmamem_region *region);
void dmamem_unmap_all(struct dmamem_device *dev);

/* stop.c */
bool dmamem_trylock(struct pci_dev *pdev);
bool dmamem_stop(struct pci_dev *pdev);
bool dmamem_stop_locked(struct pci_dev *pdev);

/* quarantine.c */
extern struct notifier_block dmamem_removal;
void dmamem_quarantine(struct dmamem_context *ctx);
void dmamem_quarantine_clear(struct pci_dev *pdev);
bool dmamem_quarantine_holds(struct pci_dev *pdev);
u64 dmamem_quarantined(void);

/* ioctl.c */
long dmamem_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int dmamem_reply(struct dmamem_call *call);

/* info.c */
void dmamem_show_fdinfo(struct seq_file *m, struct file *file);

/* The commands */
int dmamem_info(struct dmamem_call *call);
int dmamem_pin(struct dmamem_call *call);
int dmamem_unpin(struct dmamem_call *call);
int dmamem_extents(struct dmamem_call *call);
int dmamem_verify(struct dmamem_call *call);
int dmamem_guard(struct dmamem_call *call);

/* region.c */
int dmamem_region_init(void);
void dmamem_region_exit(void);
enum dmamem_cause dmamem_region_create(struct dmamem_context *ctx,
				       const struct dmamem_pin *pin,
				       struct dmamem_region **out);
int dmamem_region_publish(struct dmamem_call *call,
			  struct dmamem_region *region);
const struct dmamem_runs *
dmamem_region_addresses(const struct dmamem_region *region);
struct dmamem_region *dmamem_region_get(struct dmamem_context *ctx, u32 id);
struct dmamem_region *dmamem_region_take(struct dmamem_context *ctx, u32 id);
void dmamem_region_put(struct dmamem_region *region);
void dmamem_region_discard(struct dmamem_region *region);
void dmamem_release_discarded(struct work_struct *work);

/* span.c */
enum dmamem_cause dmamem_span_at(unsigned long addr, u32 flags,
				 struct dmamem_span *span);

/* cause.c */
int dmamem_cause_error(enum dmamem_cause cause);
enum dmamem_cause dmamem_cause_of_gup(long error);

/* runs.c */
int dmamem_runs_append(struct dmamem_runs *runs, u64 addr, u64 bytes);
unsigned int dmamem_runs_add_pages(struct dmamem_runs *runs,
				   struct page **pages, unsigned int nr);
unsigned int dmamem_runs_in_chunk(const struct dmamem_runs *runs,
				  const struct dmamem_runs_chunk *chunk);
unsigned int dmamem_runs_count(const struct dmamem_runs *runs);
void dmamem_runs_unpin(struct dmamem_runs *runs, bool dirty);
void dmamem_runs_free(struct dmamem_runs *runs);
struct dmamem_extent dmamem_cursor_rest(const struct dmamem_cursor *cur);
bool dmamem_cursor_next(struct dmamem_cursor *cur, u64 bytes);
void dmamem_cursor_seek(struct dmamem_cursor *cur,
			const struct dmamem_runs *runs, u64 offset);

#endif
