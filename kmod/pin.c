// SPDX-License-Identifier: GPL-2.0
/*
 * PIN and UNPIN.
 *
 * No lock is held over the pin itself: user memory can block it for as long as
 * the owner of a userfaultfd or of a FUSE file likes.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "dmamem.h"
#include "trace.h"

/* Pages a batch, 8 MiB: pin_user_pages_fast() has interrupts off meanwhile */
#define PIN_BATCH 2048UL

static enum dmamem_cause check_range(const struct dmamem_pin *pin)
{
	u64 last;

	if (!PAGE_ALIGNED(pin->addr) || !PAGE_ALIGNED(pin->length))
		return DMAMEM_CAUSE_ALIGNMENT;
	if (!pin->length)
		return DMAMEM_CAUSE_EMPTY;
	if (check_add_overflow(pin->addr, pin->length - 1, &last) ||
	    last > ULONG_MAX || pin->length > ULONG_MAX)
		return DMAMEM_CAUSE_WRAP;
	if (pin->length > DMAMEM_MAX_LENGTH)
		return DMAMEM_CAUSE_TOO_LONG;
	return DMAMEM_CAUSE_NONE;
}

static enum dmamem_cause pin_batch(struct dmamem_region *region,
				   unsigned long addr, unsigned long end,
				   unsigned int gup_flags, struct page **pages)
{
	unsigned int nr = min((end - addr) >> PAGE_SHIFT, PIN_BATCH);
	unsigned int added;
	long got;

	got = dmamem_pin_user_pages(addr, nr, gup_flags, pages);
	if (got <= 0)
		return dmamem_cause_of_gup(got);

	added = dmamem_runs_add_pages(&region->runs, pages, got);
	if (added < got) {
		unpin_user_pages(pages + added, got - added);
		return DMAMEM_CAUSE_NO_MEMORY;
	}
	cond_resched();
	return fatal_signal_pending(current) ? DMAMEM_CAUSE_SIGNAL :
					       DMAMEM_CAUSE_NONE;
}

/* Pin a region mapping by mapping, as each permits */
static enum dmamem_cause pin_pages(struct dmamem_region *region,
				   struct page **pages)
{
	unsigned long addr = region->addr, end = addr + region->length;
	struct dmamem_span span = { .end = addr };
	enum dmamem_cause cause;

	for (; addr != end; addr = region->addr + region->runs.bytes) {
		if (addr == span.end) {
			cause = dmamem_span_at(addr, region->flags, &span);
			if (cause)
				return cause;
		}
		cause = pin_batch(region, addr, min(end, span.end),
				  span.gup_flags, pages);
		if (cause)
			return cause;
	}
	return DMAMEM_CAUSE_NONE;
}

static enum dmamem_cause pin_region(struct dmamem_region *region)
{
	unsigned long nr = min(region->length >> PAGE_SHIFT, PIN_BATCH);
	struct page **pages = kvmalloc_array(nr, sizeof(*pages),
					     GFP_KERNEL_ACCOUNT);
	enum dmamem_cause cause;

	if (!pages)
		return DMAMEM_CAUSE_NO_MEMORY;
	cause = pin_pages(region, pages);
	kvfree(pages);
	return cause;
}

/* The limit may have been met by others meanwhile: good enough to explain */
static void explain_memlock(struct dmamem_pin *pin)
{
	pin->memlock_needed = pin->length;
	pin->memlock_limit = rlimit(RLIMIT_MEMLOCK);
	pin->memlock_used = READ_ONCE(current->mm->locked_vm) << PAGE_SHIFT;
}

static enum dmamem_cause create_region(struct dmamem_call *call,
				       struct dmamem_region **out)
{
	struct dmamem_pin *pin = &call->arg.pin;
	struct dmamem_region *region;
	enum dmamem_cause cause;
	u64 bad;

	cause = dmamem_region_create(call->ctx, pin, &region);
	if (cause == DMAMEM_CAUSE_MEMLOCK)
		explain_memlock(pin);
	if (cause)
		return cause;

	cause = pin_region(region);
	bad = region->runs.bytes;
	if (!cause && call->ctx->dev)
		cause = dmamem_map(region, &bad);
	if (cause) {
		pin->pages_done = PFN_DOWN(region->runs.bytes);
		pin->bad_addr = pin->addr + bad;
		dmamem_region_discard(region);
		return cause;
	}
	*out = region;
	return DMAMEM_CAUSE_NONE;
}

static enum dmamem_cause check_caller(struct dmamem_context *ctx)
{
	if (current->mm != ctx->mm)
		return DMAMEM_CAUSE_OWNER;
	return dmamem_may_see_addresses(ctx);
}

static int pin_failed(struct dmamem_call *call, enum dmamem_cause cause)
{
	struct dmamem_pin *pin = &call->arg.pin;

	pin->cause = cause;
	trace_dmamem_pin(pin, pin->pages_done);
	/* Nothing to undo: if the explanation is lost, the error is not */
	dmamem_reply(call);
	return dmamem_cause_error(cause);
}

int dmamem_pin(struct dmamem_call *call)
{
	struct dmamem_pin *pin = &call->arg.pin;
	struct dmamem_region *region;
	enum dmamem_cause cause;

	*pin = (struct dmamem_pin) {
		.size = pin->size,
		.flags = pin->flags,
		.addr = pin->addr,
		.length = pin->length,
		.bad_addr = pin->addr,
	};

	cause = check_caller(call->ctx);
	if (!cause)
		cause = check_range(pin);
	if (!cause)
		cause = create_region(call, &region);
	if (cause)
		return pin_failed(call, cause);

	pin->bad_addr = 0;
	pin->nr_extents = dmamem_runs_count(dmamem_region_addresses(region));
	dmamem_taint(call->ctx);
	trace_dmamem_pin(pin, PFN_DOWN(pin->length));
	return dmamem_region_publish(call, region);
}

int dmamem_unpin(struct dmamem_call *call)
{
	const struct dmamem_unpin *unpin = &call->arg.unpin;
	struct dmamem_region *region;

	if (unpin->__reserved)
		return -EINVAL;

	region = dmamem_region_take(call->ctx, unpin->region);
	if (!region)
		return -ENOENT;
	/* Another command may still look at it: it is released later, then */
	if (call->ctx->dev)
		dmamem_unmap(call->ctx->dev, region);
	dmamem_region_put(region);
	return 0;
}
