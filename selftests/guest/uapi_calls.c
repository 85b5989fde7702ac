// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * How every command takes its structure: sizes, tails, the end of a mapping,
 * pointers to nowhere, unknown bits, ids that do not exist. Runs as a 32-bit
 * program too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/dmamem.h>

#include "kselftest_harness.h"
#include "selftests/lib/uapi.h"

#define NODE "/dev/dmamem"
#define PAGE 4096
#define PAGES 8
#define BYTES (PAGES * PAGE)

/*
 * Every command with a request that it understands and that changes nothing:
 * @error tells that the structure was taken and looked at.
 */
static const struct command {
	unsigned int cmd;
	uint32_t size;
	int error;
	union uapi_arg arg;
} commands[] = {
	{
		.cmd = DMAMEM_INFO,
		.size = sizeof(struct dmamem_info),
		.arg.info = {},
	},
	{
		.cmd = DMAMEM_PIN,
		.size = sizeof(struct dmamem_pin),
		.error = EFAULT,
		.arg.pin = { .length = PAGE },
	},
	{
		.cmd = DMAMEM_EXTENTS,
		.size = sizeof(struct dmamem_extents),
		.error = ENOENT,
		.arg.extents = { .region = 1, .count = 1 },
	},
	{
		.cmd = DMAMEM_UNPIN,
		.size = sizeof(struct dmamem_unpin),
		.error = ENOENT,
		.arg.unpin = { .region = 1 },
	},
	{
		.cmd = DMAMEM_VERIFY,
		.size = sizeof(struct dmamem_verify),
		.error = ENOENT,
		.arg.verify = { .region = 1, .length = PAGE },
	},
	{
		.cmd = DMAMEM_GUARD,
		.size = sizeof(struct dmamem_guard),
		.error = ENXIO,
		.arg.guard = { .domain = UINT32_MAX },
	},
};

#define COMMANDS_END (commands + sizeof(commands) / sizeof(commands[0]))

/* PAGES pages of zeros, then one without access */
static unsigned char *map_stage(void)
{
	unsigned char *memory = mmap(NULL, BYTES + PAGE, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || mprotect(memory + BYTES, PAGE, PROT_NONE))
		return MAP_FAILED;
	return memory;
}

FIXTURE(calls)
{
	int fd;
	unsigned char *memory;
	unsigned char *end;
};

FIXTURE_SETUP(calls)
{
	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->memory = map_stage();
	ASSERT_NE(MAP_FAILED, self->memory);
	self->end = self->memory + BYTES;
}

FIXTURE_TEARDOWN(calls)
{
	EXPECT_EQ(0, close(self->fd));
}

static int call(int fd, unsigned int cmd, void *arg)
{
	return ioctl(fd, cmd, arg) ? errno : 0;
}

/* The command's request at @where, said to be @size bytes */
static int call_at(int fd, const struct command *c, unsigned char *where,
		   uint32_t size)
{
	memcpy(where, &c->arg, c->size);
	memcpy(where, &size, sizeof(size));
	return call(fd, c->cmd, where);
}

static uint64_t pinned(int fd)
{
	struct dmamem_info info = { .size = sizeof(info) };

	return call(fd, DMAMEM_INFO, &info) ? UINT64_MAX : info.pinned;
}

TEST_F(calls, exact_size)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++)
		EXPECT_EQ(c->error,
			  call_at(self->fd, c, self->memory, c->size));
}

TEST_F(calls, too_short)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		for (uint32_t size = 0; size < c->size; size++)
			ASSERT_EQ(EINVAL, call_at(self->fd, c, self->memory,
						  size));
	}
}

TEST_F(calls, longer_with_zeros)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		memset(self->memory, 0, PAGE);
		for (uint32_t size = c->size + 1; size < c->size + 64; size++)
			ASSERT_EQ(c->error, call_at(self->fd, c, self->memory,
						    size));
		EXPECT_EQ(c->error, call_at(self->fd, c, self->memory, PAGE));
	}
}

TEST_F(calls, longer_with_something)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		memset(self->memory, 0, PAGE);
		for (uint32_t tail = 1; tail < 64; tail++) {
			unsigned char *last = self->memory + c->size + tail - 1;

			*last = 1;
			ASSERT_EQ(E2BIG, call_at(self->fd, c, self->memory,
						 c->size + tail));
			*last = 0;
		}
	}
}

TEST_F(calls, longer_than_anything)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		EXPECT_EQ(E2BIG, call_at(self->fd, c, self->memory, PAGE + 1));
		EXPECT_EQ(E2BIG, call_at(self->fd, c, self->memory, UINT32_MAX));
	}
}

/* What lies behind the caller's structure is not ours to write */
TEST_F(calls, nothing_written_behind)
{
	unsigned char expected[64];

	memset(expected, 0xa5, sizeof(expected));
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		memset(self->memory, 0, PAGE);
		memset(self->memory + c->size, 0xa5, sizeof(expected));
		ASSERT_EQ(c->error, call_at(self->fd, c, self->memory, c->size));
		EXPECT_EQ(0, memcmp(self->memory + c->size, expected,
				    sizeof(expected)));
	}
}

TEST_F(calls, end_of_mapping)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		EXPECT_EQ(c->error, call_at(self->fd, c, self->end - c->size,
					    c->size));
		/* The tail is not there */
		EXPECT_EQ(EFAULT, call_at(self->fd, c, self->end - c->size,
					  c->size + 1));
		EXPECT_EQ(EFAULT, call_at(self->fd, c, self->end - c->size,
					  PAGE));
	}
}

/* The size says more than there is: byte by byte */
TEST_F(calls, across_end_of_mapping)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		for (uint32_t there = 0; there < c->size; there++) {
			unsigned char *where = self->end - there;

			memcpy(where, &c->arg, there);
			memcpy(where, &c->size, there < 4 ? there : 4);
			ASSERT_EQ(EFAULT, call(self->fd, c->cmd, where));
		}
	}
}

TEST_F(calls, unaligned_structure)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		for (unsigned int i = 1; i < 8; i++)
			EXPECT_EQ(c->error, call_at(self->fd, c,
						    self->memory + i, c->size));
	}
}

TEST_F(calls, bad_pointers)
{
	const uintptr_t pointers[] = {
		0, 1, PAGE - 1, (uintptr_t)self->end, UINTPTR_MAX,
		UINTPTR_MAX - 3, UINTPTR_MAX - PAGE + 1,
		/* The kernel's half, and the hole before it */
		(uintptr_t)UINT64_C(0xffff888000000000),
		(uintptr_t)UINT64_C(0xffffffff81000000),
		(uintptr_t)UINT64_C(0x8000000000000000),
		(uintptr_t)UINT64_C(0x00007ffffffff000),
	};

	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		for (size_t i = 0; i < sizeof(pointers) / sizeof(*pointers); i++)
			EXPECT_EQ(EFAULT, call(self->fd, c->cmd,
					       (void *)pointers[i]));
	}
}

TEST_F(calls, no_access)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		ASSERT_EQ(0, mprotect(self->memory, PAGE,
				      PROT_READ | PROT_WRITE));
		memcpy(self->memory, &c->arg, c->size);
		ASSERT_EQ(0, mprotect(self->memory, PAGE, PROT_NONE));
		EXPECT_EQ(EFAULT, call(self->fd, c->cmd, self->memory));
	}
}

/* The answer cannot be written: then the pin must not be there either */
TEST_F(calls, read_only_structure)
{
	struct dmamem_info *info = (void *)self->memory;
	struct dmamem_pin *pin = (void *)(self->memory + PAGE / 2);

	*info = (struct dmamem_info) { .size = sizeof(*info) };
	*pin = (struct dmamem_pin) {
		.size = sizeof(*pin),
		.flags = DMAMEM_PIN_WRITE,
		.addr = (uintptr_t)self->memory + PAGE,
		.length = PAGE,
	};
	ASSERT_EQ(0, mprotect(self->memory, PAGE, PROT_READ));
	EXPECT_EQ(EFAULT, call(self->fd, DMAMEM_INFO, info));
	EXPECT_EQ(EFAULT, call(self->fd, DMAMEM_PIN, pin));
	EXPECT_EQ(0, pinned(self->fd));
}

TEST_F(calls, unknown_commands)
{
	struct dmamem_info info = { .size = sizeof(info) };

	for (unsigned int nr = DMAMEM_CMD_GUARD + 1; nr < 256; nr++)
		ASSERT_EQ(ENOTTY, call(self->fd, _IO(DMAMEM_TYPE, nr), &info));
	for (unsigned int nr = 0; nr < 256; nr++)
		ASSERT_EQ(ENOTTY, call(self->fd, _IO(DMAMEM_TYPE + 1, nr),
				       &info));
	/* The command number holds neither direction nor size */
	for (unsigned int nr = 0; nr <= DMAMEM_CMD_GUARD; nr++) {
		ASSERT_EQ(ENOTTY, call(self->fd, _IOC(0, DMAMEM_TYPE, nr, 8),
				       &info));
		for (unsigned int way = 1; way < 4; way++)
			ASSERT_EQ(ENOTTY, call(self->fd, _IOC(way, DMAMEM_TYPE,
							      nr, 0), &info));
	}
}

TEST_F(calls, unknown_flags)
{
	for (const struct command *c = commands; c < COMMANDS_END; c++) {
		/* GUARD has none: what stands there is tested below */
		for (unsigned int bit = c->cmd == DMAMEM_PIN; bit < 32; bit++) {
			struct command wrong = *c;

			wrong.arg.info.flags = UINT32_C(1) << bit;
			ASSERT_EQ(EINVAL, call_at(self->fd, &wrong,
						  self->memory, c->size));
		}
	}
}

TEST_F(calls, reserved_fields)
{
	for (unsigned int bit = 0; bit < 32; bit++) {
		struct dmamem_unpin unpin = {
			.size = sizeof(unpin),
			.__reserved = UINT32_C(1) << bit,
		};
		struct dmamem_verify verify = {
			.size = sizeof(verify),
			.length = PAGE,
			.__reserved = UINT32_C(1) << bit,
		};

		ASSERT_EQ(EINVAL, call(self->fd, DMAMEM_UNPIN, &unpin));
		ASSERT_EQ(EINVAL, call(self->fd, DMAMEM_VERIFY, &verify));
	}
}

TEST_F(calls, wild_functions)
{
	const struct dmamem_guard guards[] = {
		{ .domain = UINT32_MAX },
		{ .domain = 0x10000 },
		{ .bus = 256 },
		{ .bus = UINT32_MAX },
		{ .bus = 255, .device = 31, .function = 7 },
		{ .device = 32 },
		{ .device = UINT32_MAX },
		{ .function = 8 },
		{ .function = UINT32_MAX },
	};

	for (size_t i = 0; i < sizeof(guards) / sizeof(guards[0]); i++) {
		struct dmamem_guard guard = guards[i];

		guard.size = sizeof(guard);
		EXPECT_EQ(ENXIO, call(self->fd, DMAMEM_GUARD, &guard));
	}
}

/* Regions: one exists, and everything around it does not */
FIXTURE(region)
{
	int fd;
	unsigned char *memory;
	unsigned char *end;
	uint32_t id;
	uint64_t nr_extents;
	struct dmamem_extent extents[PAGES];
};

static int unpin(int fd, uint32_t id)
{
	struct dmamem_unpin unpin = { .size = sizeof(unpin), .region = id };

	return call(fd, DMAMEM_UNPIN, &unpin);
}

static int verify(int fd, uint32_t id, uint64_t *offset, uint64_t length)
{
	struct dmamem_verify verify = {
		.size = sizeof(verify),
		.region = id,
		.offset = *offset,
		.length = length,
	};
	int error = call(fd, DMAMEM_VERIFY, &verify);

	*offset = verify.offset;
	return error;
}

static int extents(int fd, uint32_t id, uint64_t *offset, uint32_t *count,
		   const void *array)
{
	struct dmamem_extents extents = {
		.size = sizeof(extents),
		.region = id,
		.offset = *offset,
		.count = *count,
		.extents = (uintptr_t)array,
	};
	int error = call(fd, DMAMEM_EXTENTS, &extents);

	*offset = extents.offset;
	*count = extents.count;
	return error;
}

FIXTURE_SETUP(region)
{
	struct dmamem_pin pin = {
		.size = sizeof(pin),
		.flags = DMAMEM_PIN_WRITE,
		.length = BYTES,
	};

	if (access(NODE, F_OK))
		SKIP(return, "no " NODE);
	self->fd = open(NODE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->memory = map_stage();
	ASSERT_NE(MAP_FAILED, self->memory);
	self->end = self->memory + BYTES;

	pin.addr = (uintptr_t)self->memory;
	ASSERT_EQ(0, call(self->fd, DMAMEM_PIN, &pin));
	ASSERT_NE(0, pin.region);
	ASSERT_EQ(DMAMEM_CAUSE_NONE, pin.cause);
	ASSERT_LE(1, pin.nr_extents);
	ASSERT_GE(PAGES, pin.nr_extents);
	self->id = pin.region;
	self->nr_extents = pin.nr_extents;
}

FIXTURE_TEARDOWN(region)
{
	EXPECT_EQ(BYTES, pinned(self->fd));
	EXPECT_EQ(0, unpin(self->fd, self->id));
	EXPECT_EQ(ENOENT, unpin(self->fd, self->id));
	EXPECT_EQ(0, pinned(self->fd));
	EXPECT_EQ(0, close(self->fd));
}

TEST_F(region, whole_life)
{
	uint64_t offset = 0, sum = 0;
	uint32_t count = PAGES;

	ASSERT_EQ(0, extents(self->fd, self->id, &offset, &count,
			     self->extents));
	EXPECT_EQ(BYTES, offset);
	EXPECT_EQ(self->nr_extents, count);
	for (uint32_t i = 0; i < count; i++) {
		EXPECT_EQ(0, self->extents[i].dma_addr % PAGE);
		EXPECT_NE(0, self->extents[i].length);
		sum += self->extents[i].length;
	}
	EXPECT_EQ(BYTES, sum);

	offset = 0;
	EXPECT_EQ(0, verify(self->fd, self->id, &offset, BYTES));
	EXPECT_EQ(BYTES, offset);
}

TEST_F(region, wild_ids)
{
	const uint32_t ids[] = {
		0, self->id + 1, self->id + 64, INT32_MAX,
		UINT32_C(1) << 31, (UINT32_C(1) << 31) + self->id, UINT32_MAX,
	};
	uint64_t offset = 0;
	uint32_t count = 1;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		EXPECT_EQ(ENOENT, extents(self->fd, ids[i], &offset, &count,
					  self->extents));
		EXPECT_EQ(ENOENT, verify(self->fd, ids[i], &offset, PAGE));
		EXPECT_EQ(ENOENT, unpin(self->fd, ids[i]));
	}
}

TEST_F(region, extents_to_nowhere)
{
	const uintptr_t arrays[] = {
		0, 1, (uintptr_t)self->end, UINTPTR_MAX, UINTPTR_MAX - 15,
		(uintptr_t)self->end - sizeof(struct dmamem_extent) + 1,
		(uintptr_t)UINT64_C(0xffff888000000000),
	};

	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		uint64_t offset = PAGE;
		uint32_t count = 1;

		EXPECT_EQ(EFAULT, extents(self->fd, self->id, &offset, &count,
					  (void *)arrays[i]));
		EXPECT_EQ(PAGE, offset);
		EXPECT_EQ(1, count);
	}
}

/* Whatever @count promises, only what there is to say is written */
TEST_F(region, extents_at_end_of_mapping)
{
	size_t size = self->nr_extents * sizeof(struct dmamem_extent);
	uint64_t offset = 0;
	uint32_t count = UINT32_MAX;

	EXPECT_EQ(0, extents(self->fd, self->id, &offset, &count,
			     self->end - size));
	EXPECT_EQ(self->nr_extents, count);
	EXPECT_EQ(BYTES, offset);
}

TEST_F(region, extents_offset_and_count)
{
	const uint64_t offsets[] = {
		BYTES, BYTES + 1, UINT64_MAX,
		UINT64_C(1) << 63, UINT64_C(1) << 32,
	};
	uint64_t offset;
	uint32_t count;

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		offset = offsets[i];
		count = 1;
		EXPECT_EQ(EINVAL, extents(self->fd, self->id, &offset, &count,
					  self->extents));
	}
	offset = 0;
	count = 0;
	EXPECT_EQ(EINVAL, extents(self->fd, self->id, &offset, &count,
				  self->extents));
}

TEST_F(region, extents_from_any_byte)
{
	for (uint64_t from = 0; from < BYTES; from += 509) {
		uint64_t offset = from, sum = 0;
		uint32_t count = PAGES;

		ASSERT_EQ(0, extents(self->fd, self->id, &offset, &count,
				     self->extents));
		ASSERT_EQ(BYTES, offset);
		ASSERT_EQ(from % PAGE, self->extents[0].dma_addr % PAGE);
		for (uint32_t i = 0; i < count; i++)
			sum += self->extents[i].length;
		ASSERT_EQ(BYTES - from, sum);
	}
}

TEST_F(region, verify_ranges)
{
	const struct {
		uint64_t offset, length;
	} ranges[] = {
		{ 0, 0 }, { 0, 1 }, { 1, PAGE }, { 0, BYTES + PAGE },
		{ BYTES, PAGE }, { PAGE, BYTES },
		{ 0, -(uint64_t)PAGE }, { PAGE, -(uint64_t)PAGE },
		{ -(uint64_t)PAGE, PAGE }, { -(uint64_t)PAGE, PAGE + PAGE },
		{ 0, UINT64_MAX }, { UINT64_MAX, PAGE },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		uint64_t offset = ranges[i].offset;

		EXPECT_EQ(EINVAL, verify(self->fd, self->id, &offset,
					 ranges[i].length));
	}
}

/* A second pin of the same memory is another region */
TEST_F(region, pinned_twice)
{
	struct dmamem_pin pin = {
		.size = sizeof(pin),
		.addr = (uintptr_t)self->memory,
		.length = PAGE,
	};

	ASSERT_EQ(0, call(self->fd, DMAMEM_PIN, &pin));
	EXPECT_NE(self->id, pin.region);
	EXPECT_EQ(BYTES + PAGE, pinned(self->fd));
	EXPECT_EQ(0, unpin(self->fd, pin.region));
}

/* Nothing else can be done with the file */
TEST_F(region, no_other_operations)
{
	char byte = 0;

	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->fd,
				   0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_HARNESS_MAIN
