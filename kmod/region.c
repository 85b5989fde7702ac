// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a region: charged, filled by PIN, published under an id, taken
 * out of the table by UNPIN or close, and released with its last reference.
 */
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>

#include "dmamem.h"
#include "trace.h"

static struct workqueue_struct *release_queue;

int dmamem_region_init(void)
{
	/* Memory may be what the system waits for */
	release_queue = alloc_workqueue("dmamem", WQ_UNBOUND | WQ_MEM_RECLAIM,
					0);
	return release_queue ? 0 : -ENOMEM;
}

void dmamem_region_exit(void)
{
	destroy_workqueue(release_queue);
}

/* As account_locked_vm(), which cannot be killed */
static enum dmamem_cause charge(struct mm_struct *mm, unsigned long pages)
{
	int ret;

	if (mmap_write_lock_killable(mm))
		return DMAMEM_CAUSE_SIGNAL;
	ret = __account_locked_vm(mm, pages, true, current,
				  capable(CAP_IPC_LOCK));
	mmap_write_unlock(mm);
	return ret ? DMAMEM_CAUSE_MEMLOCK : DMAMEM_CAUSE_NONE;
}

/* An empty region for what is to be pinned, charged to the owner */
enum dmamem_cause dmamem_region_create(struct dmamem_context *ctx,
				       const struct dmamem_pin *pin,
				       struct dmamem_region **out)
{
	struct dmamem_region *region;
	enum dmamem_cause cause;

	region = kzalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return DMAMEM_CAUSE_NO_MEMORY;

	cause = charge(ctx->mm, pin->length >> PAGE_SHIFT);
	if (cause) {
		kfree(region);
		return cause;
	}

	kref_init(&region->ref);
	region->ctx = ctx;
	region->addr = pin->addr;
	region->length = pin->length;
	region->flags = pin->flags;
	atomic64_add(region->length, &ctx->pinned);
	*out = region;
	return DMAMEM_CAUSE_NONE;
}

static void region_release(struct kref *ref)
{
	struct dmamem_region *region =
		container_of(ref, struct dmamem_region, ref);
	struct dmamem_context *ctx = region->ctx;

	if (ctx->dev)
		dmamem_unmap(ctx->dev, region);
	trace_dmamem_unpin(region->addr, region->length,
			   dmamem_runs_count(dmamem_region_addresses(region)));
	dmamem_runs_unpin(&region->runs, region->flags & DMAMEM_PIN_WRITE);
	dmamem_runs_free(&region->runs);
	dmamem_runs_free(&region->dma);
	account_locked_vm(ctx->mm, region->length >> PAGE_SHIFT, false);
	atomic64_sub(region->length, &ctx->pinned);
	kfree(region);
}

void dmamem_region_put(struct dmamem_region *region)
{
	kref_put(&region->ref, region_release);
}

/*
 * Release a region that nobody has been told of. To give back gigabytes takes a
 * good part of the time that it takes to pin them, too long for a task that has
 * to die: unless it is little, a worker does it. Who need not die waits for that,
 * and so does the last close.
 */
void dmamem_region_discard(struct dmamem_region *region)
{
	struct dmamem_context *ctx = region->ctx;

	if (region->runs.bytes <= SZ_8M) {
		dmamem_region_put(region);
		return;
	}
	atomic_inc(&ctx->nr_discarded);
	llist_add(&region->discarded_entry, &ctx->discarded);
	queue_work(release_queue, &ctx->release);
	wait_var_event_killable(&ctx->nr_discarded,
				!atomic_read(&ctx->nr_discarded));
}

void dmamem_release_discarded(struct work_struct *work)
{
	struct dmamem_context *ctx =
		container_of(work, struct dmamem_context, release);
	struct dmamem_region *region, *next;

	llist_for_each_entry_safe(region, next, llist_del_all(&ctx->discarded),
				  discarded_entry) {
		dmamem_region_put(region);
		if (atomic_dec_and_test(&ctx->nr_discarded))
			wake_up_var(&ctx->nr_discarded);
	}
}

/*
 * Tell the caller of a region, by a reply that is complete but for the id, and
 * let it be used. The table takes over the reference; on failure it is dropped.
 *
 * The id is reserved first and the region stored under it last: until the
 * caller has been told, no other thread can find it, and a reply that cannot
 * be written undoes the pin without a race.
 */
int dmamem_region_publish(struct dmamem_call *call,
			  struct dmamem_region *region)
{
	struct xarray *regions = &call->ctx->regions;
	u32 id;
	int ret;

	ret = xa_alloc(regions, &id, NULL, xa_limit_31b, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto discard;

	call->arg.pin.region = id;
	ret = dmamem_reply(call);
	if (ret)
		goto erase;

	/* Cannot fail: the place is there */
	xa_store(regions, id, region, GFP_KERNEL_ACCOUNT);
	return 0;

erase:
	xa_erase(regions, id);
discard:
	dmamem_region_discard(region);
	return ret;
}

/* What a device must use, or had to before it went, to reach the region */
const struct dmamem_runs *
dmamem_region_addresses(const struct dmamem_region *region)
{
	return region->dma.first ? &region->dma : &region->runs;
}

/* Look a region up; the caller puts it */
struct dmamem_region *dmamem_region_get(struct dmamem_context *ctx, u32 id)
{
	struct dmamem_region *region;

	xa_lock(&ctx->regions);
	region = xa_load(&ctx->regions, id);
	if (region)
		kref_get(&region->ref);
	xa_unlock(&ctx->regions);
	return region;
}

/*
 * Take a region out of the table, with the table's reference. An id that is
 * only reserved stays so: a PIN is about to store its region there.
 */
struct dmamem_region *dmamem_region_take(struct dmamem_context *ctx, u32 id)
{
	struct dmamem_region *region;

	xa_lock(&ctx->regions);
	region = xa_load(&ctx->regions, id);
	if (region)
		__xa_erase(&ctx->regions, id);
	xa_unlock(&ctx->regions);
	return region;
}
