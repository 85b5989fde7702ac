// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * 200,000 random calls, right and wrong in every way there is, each checked
 * against a model of what must come of it. SEED in the environment repeats a
 * run.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "selftests/lib/pin_model.h"
#include "selftests/lib/random.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define CALLS 200000
#define TIMEOUT 900
#define FILES 3
#define MAX_EXTENTS MODEL_REGION_PAGES

/*
 * Where structures lie. From @end on there is no access; what is at @staging is
 * at @read_only too, and cannot be written there.
 */
struct stage {
	unsigned char *start;
	unsigned char *end;
	unsigned char *staging;
	unsigned char *read_only;
};

/*
 * One call
 * @cmd: The command
 * @size: Bytes of its structure
 * @arg: The structure
 * @said: The size it claims to have
 * @where: Where it lies
 * @refused: The error that @cmd, @said and @where lead to before @arg is looked
 *           at, or 0
 * @mute: The answer cannot be written
 */
struct request {
	unsigned int cmd;
	uint32_t size;
	union uapi_arg arg;
	uint32_t said;
	unsigned char *where;
	int refused;
	bool mute;
};

struct fuzz {
	struct random random;
	struct stage stage;
	struct model_memory memory;
	struct model_file files[FILES];
	struct dmamem_extent *extents;
	struct dmamem_info info;
	unsigned int calls;
	unsigned int successes[DMAMEM_CMD_GUARD + 1];
	unsigned int errors[DMAMEM_CMD_GUARD + 1];
};

static uint64_t below(struct fuzz *fuzz, uint64_t n)
{
	return random_below(&fuzz->random, n);
}

static bool once_in(struct fuzz *fuzz, uint64_t n)
{
	return random_once_in(&fuzz->random, n);
}

/* Numbers that are likely to find a mistake */
static uint64_t wild(struct fuzz *fuzz)
{
	uint64_t power = UINT64_C(1) << below(fuzz, 64);

	switch (below(fuzz, 4)) {
	case 0:
		return power;
	case 1:
		return power - 1;
	case 2:
		return -power;
	default:
		return random_next(&fuzz->random);
	}
}

static uint32_t some_region(struct fuzz *fuzz, const struct model_file *file)
{
	if (once_in(fuzz, 10))
		return wild(fuzz);
	if (!file->nr)
		return below(fuzz, 4);
	return file->regions[below(fuzz, file->nr)].id;
}

/* How long the region is, or would be */
static uint64_t length_of(struct model_file *file, uint32_t id)
{
	const struct model_region *region = model_find(file, id);

	return (region ? region->nr : 1) * PAGE;
}

/* -- Structures -- */

static void make_pin(struct fuzz *fuzz, struct dmamem_pin *pin)
{
	pin->flags = below(fuzz, 2) * DMAMEM_PIN_WRITE;
	pin->addr = (uintptr_t)fuzz->memory.start +
		    below(fuzz, MODEL_PAGES) * PAGE;
	/* Short ones mostly: they have better chances */
	pin->length = 1 + below(fuzz, 1 + below(fuzz, MODEL_REGION_PAGES));
	pin->length *= PAGE;
	if (once_in(fuzz, 20))
		pin->addr += below(fuzz, PAGE);
	/* Below all mappings, or in the kernel's half */
	if (once_in(fuzz, 50))
		pin->addr = once_in(fuzz, 2) ? 0 : wild(fuzz) | 1ULL << 63;
	/* Longer than the memory, which ends in a hole */
	if (once_in(fuzz, 20))
		pin->length = wild(fuzz) | MODEL_PAGES * PAGE;
	if (once_in(fuzz, 50))
		pin->length = 0;
	/* Fields for the answer only: whatever is in them */
	if (once_in(fuzz, 4)) {
		pin->region = wild(fuzz);
		pin->cause = wild(fuzz);
		pin->nr_extents = wild(fuzz);
		pin->bad_addr = wild(fuzz);
	}
}

static void make_extents(struct fuzz *fuzz, struct model_file *file,
			 struct dmamem_extents *extents)
{
	extents->region = some_region(fuzz, file);
	extents->count = MAX_EXTENTS;
	extents->extents = (uintptr_t)fuzz->extents;
	if (once_in(fuzz, 2))
		extents->offset = below(fuzz, length_of(file, extents->region));
	if (once_in(fuzz, 10))
		extents->offset = wild(fuzz);
	if (once_in(fuzz, 3))
		extents->count = below(fuzz, MAX_EXTENTS);
	if (once_in(fuzz, 10))
		extents->count = wild(fuzz);
}

static void make_verify(struct fuzz *fuzz, struct model_file *file,
			struct dmamem_verify *verify)
{
	uint64_t length;

	verify->region = some_region(fuzz, file);
	length = length_of(file, verify->region);
	verify->offset = below(fuzz, length / PAGE) * PAGE;
	verify->length = length - verify->offset;
	if (once_in(fuzz, 10))
		verify->offset = wild(fuzz);
	if (once_in(fuzz, 10))
		verify->length = wild(fuzz);
	if (once_in(fuzz, 30))
		verify->__reserved = wild(fuzz);
}

/* A function that is not there, in one respect or another */
static void make_guard(struct fuzz *fuzz, struct dmamem_guard *guard)
{
	switch (below(fuzz, 4)) {
	case 0:
		guard->domain = wild(fuzz) | 1 << 20;
		break;
	case 1:
		guard->bus = wild(fuzz) | 1 << 8;
		break;
	case 2:
		guard->device = wild(fuzz) | 1 << 5;
		break;
	default:
		guard->function = wild(fuzz) | 1 << 3;
		break;
	}
}

static void make_arg(struct fuzz *fuzz, struct model_file *file,
		     struct request *req)
{
	switch (req->cmd) {
	case DMAMEM_INFO:
		req->size = sizeof(req->arg.info);
		break;
	case DMAMEM_PIN:
		req->size = sizeof(req->arg.pin);
		make_pin(fuzz, &req->arg.pin);
		break;
	case DMAMEM_EXTENTS:
		req->size = sizeof(req->arg.extents);
		make_extents(fuzz, file, &req->arg.extents);
		break;
	case DMAMEM_UNPIN:
		req->size = sizeof(req->arg.unpin);
		req->arg.unpin.region = some_region(fuzz, file);
		break;
	case DMAMEM_VERIFY:
		req->size = sizeof(req->arg.verify);
		make_verify(fuzz, file, &req->arg.verify);
		break;
	default:
		req->size = sizeof(req->arg.guard);
		make_guard(fuzz, &req->arg.guard);
		break;
	}
	/* The second field is everywhere the flags */
	if (once_in(fuzz, 50))
		req->arg.info.flags = wild(fuzz);
}

/* -- Sizes and places -- */

static void make_longer(struct fuzz *fuzz, struct request *req)
{
	struct stage *stage = &fuzz->stage;
	uint32_t tail = 1 + below(fuzz, PAGE - req->size);

	req->said = req->size + tail;
	memset(stage->start, 0, PAGE);
	req->where = stage->start;
	if (once_in(fuzz, 2)) {
		stage->start[req->size + below(fuzz, tail)] = 1;
		req->refused = -E2BIG;
	}
}

static void make_far_too_long(struct fuzz *fuzz, struct request *req)
{
	req->said = PAGE + 1 + below(fuzz, UINT32_MAX - PAGE);
	req->refused = -E2BIG;
}

static void make_too_short(struct fuzz *fuzz, struct request *req)
{
	req->said = below(fuzz, req->size);
	req->refused = -EINVAL;
}

/* It ends where the mapping ends, or would end behind it */
static void make_at_end(struct fuzz *fuzz, struct request *req)
{
	unsigned int there = req->size;

	if (once_in(fuzz, 2)) {
		there = below(fuzz, req->size);
		req->refused = -EFAULT;
	}
	req->where = fuzz->stage.end - there;
}

static void make_nowhere(struct fuzz *fuzz, struct request *req)
{
	uintptr_t where = wild(fuzz) | UINT64_C(1) << 63;

	if (once_in(fuzz, 2))
		where = below(fuzz, PAGE);
	req->where = (unsigned char *)where;
	req->refused = -EFAULT;
}

static void make_read_only(struct fuzz *fuzz, struct request *req)
{
	req->where = fuzz->stage.read_only;
	req->mute = true;
}

/* One bit of the number is another */
static void make_unknown(struct fuzz *fuzz, struct request *req)
{
	unsigned int cmd = req->cmd;

	do {
		req->cmd = cmd ^ UINT32_C(1) << below(fuzz, 32);
	} while (_IOC_TYPE(req->cmd) == DMAMEM_TYPE &&
		 req->cmd <= DMAMEM_GUARD && req->cmd >= DMAMEM_INFO);
	req->refused = -ENOTTY;
}

static void make_shape(struct fuzz *fuzz, struct request *req)
{
	static void (*const shapes[])(struct fuzz *, struct request *) = {
		make_longer, make_far_too_long, make_too_short, make_at_end,
		make_nowhere, make_read_only, make_unknown,
	};

	req->said = req->size;
	req->where = fuzz->stage.start + below(fuzz, 64);
	if (once_in(fuzz, 3))
		shapes[below(fuzz, sizeof(shapes) / sizeof(*shapes))](fuzz,
								      req);
}

/* Write the structure where it is to be, as much of it as has room */
static void place(struct fuzz *fuzz, struct request *req)
{
	struct stage *stage = &fuzz->stage;
	unsigned char *where = req->where;
	size_t room = req->size;

	if (where == stage->read_only)
		where = stage->staging;
	else if (where < stage->start || where >= stage->end)
		return;
	else if (where + room > stage->end)
		room = stage->end - where;

	memcpy(where, &req->arg, room);
	memcpy(where, &req->said, room < 4 ? room : 4);
}

/* -- What must come of it -- */

static bool same(const struct fuzz *fuzz, const struct request *req,
		 const char *what, int64_t expected, int64_t seen)
{
	if (expected == seen)
		return true;
	printf("# call %u, command %#x: %s: expected %" PRId64 " (%#" PRIx64
	       "), seen %" PRId64 " (%#" PRIx64 ")\n", fuzz->calls, req->cmd,
	       what, expected, expected, seen, seen);
	return false;
}

static bool judge_info(struct fuzz *fuzz, struct model_file *file,
		       const struct request *req, int error,
		       const struct dmamem_info *info)
{
	int must = req->mute ? -EFAULT : 0;

	if (req->arg.info.flags)
		must = -EINVAL;
	if (must || error)
		return same(fuzz, req, "error", must, error);
	return same(fuzz, req, "pinned", model_pinned(file), info->pinned) &&
	       same(fuzz, req, "abi", DMAMEM_ABI, info->abi) &&
	       same(fuzz, req, "features", fuzz->info.features,
		    info->features) &&
	       same(fuzz, req, "mask", fuzz->info.dma_mask, info->dma_mask) &&
	       same(fuzz, req, "quarantined", fuzz->info.quarantined,
		    info->quarantined);
}

static int error_of(enum dmamem_cause cause)
{
	switch (cause) {
	case DMAMEM_CAUSE_NONE:
		return 0;
	case DMAMEM_CAUSE_ALIGNMENT:
	case DMAMEM_CAUSE_EMPTY:
	case DMAMEM_CAUSE_WRAP:
		return -EINVAL;
	case DMAMEM_CAUSE_TOO_LONG:
		return -EFBIG;
	default:
		return -EFAULT;
	}
}

static bool judge_new_region(struct fuzz *fuzz, struct model_file *file,
			     const struct request *req,
			     const struct dmamem_pin *pin)
{
	bool fresh = pin->region && !model_find(file, pin->region);
	const struct model_region *region =
		model_add(file, &fuzz->memory, pin);
	struct dmamem_extent extents[MAX_EXTENTS];

	for (unsigned int i = 0; i < region->nr; i++) {
		if (!same(fuzz, req, "page present", 1, !!region->phys[i]))
			return false;
	}
	return same(fuzz, req, "a new id", 1, fresh) &&
	       same(fuzz, req, "cause", DMAMEM_CAUSE_NONE, pin->cause) &&
	       same(fuzz, req, "bad_addr", 0, pin->bad_addr) &&
	       same(fuzz, req, "nr_extents", model_extents(region, 0, extents),
		    pin->nr_extents);
}

/* A PIN that cannot answer has pinned nothing */
static bool judge_mute_pin(struct fuzz *fuzz, const struct model_file *file,
			   const struct request *req, int must, int error)
{
	struct dmamem_info info = {};

	return same(fuzz, req, "error", must ? must : -EFAULT, error) &&
	       same(fuzz, req, "INFO", 0, uapi_info(file->fd, &info)) &&
	       same(fuzz, req, "pinned", model_pinned(file), info.pinned);
}

static bool judge_pin(struct fuzz *fuzz, struct model_file *file,
		      const struct request *req, int error,
		      const struct dmamem_pin *pin)
{
	struct dmamem_pin expected = req->arg.pin;
	enum dmamem_cause cause;
	int must;

	if (expected.flags & ~DMAMEM_PIN_WRITE)
		return same(fuzz, req, "error", -EINVAL, error);
	cause = model_pin(&fuzz->memory, &expected, fuzz->info.max_length);
	must = error_of(cause);
	if (req->mute)
		return judge_mute_pin(fuzz, file, req, must, error);
	if (!same(fuzz, req, "error", must, error))
		return false;
	if (!error)
		return judge_new_region(fuzz, file, req, pin);
	return same(fuzz, req, "cause", cause, pin->cause) &&
	       same(fuzz, req, "bad_addr", expected.bad_addr, pin->bad_addr) &&
	       same(fuzz, req, "pages_done", expected.pages_done,
		    pin->pages_done);
}

static int extents_error(const struct request *req,
			 const struct model_region *region)
{
	const struct dmamem_extents *arg = &req->arg.extents;

	if (arg->flags || !arg->count)
		return -EINVAL;
	if (!region)
		return -ENOENT;
	if (arg->offset >= region->nr * PAGE)
		return -EINVAL;
	return req->mute ? -EFAULT : 0;
}

static bool judge_extents(struct fuzz *fuzz, struct model_file *file,
			  const struct request *req, int error,
			  const struct dmamem_extents *answer)
{
	const struct dmamem_extents *arg = &req->arg.extents;
	const struct model_region *region = model_find(file, arg->region);
	int must = extents_error(req, region);
	struct dmamem_extent extents[MAX_EXTENTS];
	uint64_t offset = arg->offset;
	unsigned int nr;

	if (must || error)
		return same(fuzz, req, "error", must, error);

	nr = model_extents(region, arg->offset, extents);
	if (nr > arg->count)
		nr = arg->count;
	for (unsigned int i = 0; i < nr; i++) {
		const struct dmamem_extent *seen = &fuzz->extents[i];

		if (!same(fuzz, req, "address", extents[i].dma_addr,
			  seen->dma_addr) ||
		    !same(fuzz, req, "length", extents[i].length, seen->length))
			return false;
		offset += extents[i].length;
	}
	return same(fuzz, req, "count", nr, answer->count) &&
	       same(fuzz, req, "offset", offset, answer->offset);
}

static bool judge_unpin(struct fuzz *fuzz, struct model_file *file,
			const struct request *req, int error)
{
	const struct dmamem_unpin *arg = &req->arg.unpin;
	struct model_region *region = model_find(file, arg->region);
	int must = region ? 0 : -ENOENT;

	if (arg->flags || arg->__reserved)
		must = -EINVAL;
	if (!must)
		model_remove(file, region);
	return same(fuzz, req, "error", must, error);
}

static int verify_error(const struct dmamem_verify *arg,
			const struct model_region *region)
{
	uint64_t end = arg->offset + arg->length;

	if (arg->flags || arg->__reserved || !arg->length ||
	    arg->offset % PAGE || arg->length % PAGE || end < arg->offset)
		return -EINVAL;
	if (!region)
		return -ENOENT;
	return end > region->nr * PAGE ? -EINVAL : 0;
}

static bool judge_verify(struct fuzz *fuzz, struct model_file *file,
			 const struct request *req, int error,
			 const struct dmamem_verify *answer)
{
	const struct dmamem_verify *arg = &req->arg.verify;
	const struct model_region *region = model_find(file, arg->region);
	int must = verify_error(arg, region);
	uint64_t end = arg->offset + arg->length;
	uint64_t stale;

	if (must || req->mute)
		return same(fuzz, req, "error", must ? must : -EFAULT, error);
	stale = model_stale(&fuzz->memory, region, arg->offset, end);
	return same(fuzz, req, "error", stale == end ? 0 : -ESTALE, error) &&
	       same(fuzz, req, "offset", stale, answer->offset);
}

static bool judge_guard(struct fuzz *fuzz, const struct request *req, int error)
{
	int must = req->arg.guard.flags ? -EINVAL : -ENXIO;

	return same(fuzz, req, "error", must, error);
}

static bool judge(struct fuzz *fuzz, struct model_file *file,
		  const struct request *req, int error, const void *answer)
{
	if (req->refused)
		return same(fuzz, req, "refusal", req->refused, error);
	switch (req->cmd) {
	case DMAMEM_INFO:
		return judge_info(fuzz, file, req, error, answer);
	case DMAMEM_PIN:
		return judge_pin(fuzz, file, req, error, answer);
	case DMAMEM_EXTENTS:
		return judge_extents(fuzz, file, req, error, answer);
	case DMAMEM_UNPIN:
		return judge_unpin(fuzz, file, req, error);
	case DMAMEM_VERIFY:
		return judge_verify(fuzz, file, req, error, answer);
	default:
		return judge_guard(fuzz, req, error);
	}
}

/* -- One call -- */

static unsigned int some_command(struct fuzz *fuzz,
				 const struct model_file *file)
{
	unsigned int cmd = DMAMEM_INFO + below(fuzz, DMAMEM_CMD_GUARD + 1);

	if (cmd == DMAMEM_PIN && file->nr == MODEL_REGIONS)
		return DMAMEM_UNPIN;
	/* Let there be regions to ask about */
	if (cmd == DMAMEM_UNPIN && file->nr < MODEL_REGIONS / 2)
		return DMAMEM_PIN;
	return cmd;
}

static bool one_call(struct fuzz *fuzz)
{
	struct model_file *file = &fuzz->files[below(fuzz, FILES)];
	struct request req = { .cmd = some_command(fuzz, file) };
	unsigned char answer[sizeof(req.arg)];
	unsigned int nr = _IOC_NR(req.cmd);
	int error = 0;

	make_arg(fuzz, file, &req);
	make_shape(fuzz, &req);
	place(fuzz, &req);
	if (ioctl(file->fd, req.cmd, req.where))
		error = -errno;
	if (!req.refused)
		memcpy(answer, req.where, req.size);

	fuzz->calls++;
	if (error)
		fuzz->errors[nr]++;
	else
		fuzz->successes[nr]++;
	return judge(fuzz, file, &req, error, answer);
}

static int reopen(struct model_file *file)
{
	if (close(file->fd))
		return -errno;
	file->nr = 0;
	file->fd = uapi_open(NULL);
	return file->fd < 0 ? file->fd : 0;
}

/* -- The test -- */

FIXTURE(fuzz)
{
	struct fuzz fuzz;
	long pinned_before;
};

static int make_stage(struct stage *stage)
{
	int fd = memfd_create("stage", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, PAGE))
		return -errno;
	stage->staging = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, 0);
	stage->read_only = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	stage->start = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	close(fd);
	if (stage->staging == MAP_FAILED || stage->read_only == MAP_FAILED ||
	    stage->start == MAP_FAILED)
		return -ENOMEM;
	stage->end = stage->start + 2 * PAGE;
	return mprotect(stage->end, PAGE, PROT_NONE) ? -errno : 0;
}

FIXTURE_SETUP(fuzz)
{
	struct fuzz *fuzz = &self->fuzz;

	if (access("/dev/dmamem", F_OK))
		SKIP(return, "no /dev/dmamem");
	self->pinned_before = pages_pinned();
	random_init(&fuzz->random);
	ASSERT_EQ(0, make_stage(&fuzz->stage));
	fuzz->extents = pages_map(PAGE);
	ASSERT_NE(NULL, fuzz->extents);
	/* The last to be mapped: its holes must stay holes */
	ASSERT_EQ(0, model_map(&fuzz->memory, &fuzz->random));
	for (int i = 0; i < FILES; i++) {
		fuzz->files[i].fd = uapi_open(NULL);
		ASSERT_LE(0, fuzz->files[i].fd);
	}
	ASSERT_EQ(0, uapi_info(fuzz->files[0].fd, &fuzz->info));
}

FIXTURE_TEARDOWN(fuzz)
{
	for (int i = 0; i < FILES; i++)
		EXPECT_EQ(0, close(self->fuzz.files[i].fd));
	EXPECT_EQ(self->pinned_before, pages_pinned());
	EXPECT_EQ(0, pages_count("/proc/self/status", "VmLck:"));
}

TEST_F_TIMEOUT(fuzz, calls, TIMEOUT)
{
	struct fuzz *fuzz = &self->fuzz;

	while (fuzz->calls < CALLS) {
		ASSERT_TRUE(one_call(fuzz));
		if (once_in(fuzz, 10))
			ASSERT_EQ(0, model_disturb(&fuzz->memory,
						   &fuzz->random));
		if (once_in(fuzz, 1000))
			ASSERT_EQ(0, reopen(&fuzz->files[below(fuzz, FILES)]));
	}
	for (int nr = 0; nr <= DMAMEM_CMD_GUARD; nr++) {
		TH_LOG("command %d: %u succeeded, %u failed", nr,
		       fuzz->successes[nr], fuzz->errors[nr]);
		/* No function is there to be guarded */
		if (nr != DMAMEM_CMD_GUARD)
			EXPECT_LT(CALLS / 100, fuzz->successes[nr]);
		EXPECT_LT(CALLS / 100, fuzz->errors[nr]);
	}
}

TEST_HARNESS_MAIN
