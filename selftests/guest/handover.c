// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A program is killed, and its next start goes on with the same memory at the
 * same DMA addresses. Where an IOMMU's addresses are the program's own, mapping
 * the file at the same place does it, in any container.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include <dmamem/handover.h>

#include "selftests/lib/dma_rig.h"
#include "selftests/lib/fds.h"
#include "selftests/lib/function.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define LEN HUGE
#define FROM 3
#define TO 200

/* What the first process says of its memory */
struct handover {
	int ret;
	uint64_t addr;
	uint64_t region;
	uint64_t len;
	uint64_t dma[LEN / PAGE];
};

FIXTURE(handover)
{
	struct edu edu;
	struct handover said;
	int module_fd;
	int memory_fd;
	long pinned;
	pid_t child;
	struct dmamem_context *ctx;
	unsigned char *mem;
};

FIXTURE_VARIANT(handover)
{
	const char *driver;
};

FIXTURE_VARIANT_ADD(handover, unbound) { .driver = NULL };
FIXTURE_VARIANT_ADD(handover, device_node) { .driver = "dmamem" };

static int describe(struct dmamem_context *ctx, unsigned char *mem,
		    struct handover *said)
{
	uint64_t offset;

	for (size_t i = 0; i < LEN / PAGE; i++)
		said->dma[i] = dmamem_translate(ctx, mem + i * PAGE, NULL);
	said->addr = (uintptr_t)mem;
	return dmamem_get_region(ctx, mem, &said->region, &offset, &said->len);
}

static int open_for(const char *bdf, enum dmamem_iova_mode mode,
		    struct dmamem_context **ctx)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = bdf,
		.iova_mode = mode,
	};

	return dmamem_open(&options, ctx);
}

/* In the child: make memory, hand it over, and wait to be killed */
static void first_start(int socket, const char *bdf)
{
	struct dmamem_context *ctx = NULL;
	struct handover said = { 0 };
	int fds[2] = { 0, 0 };
	uint64_t offset;
	void *mem;

	said.ret = open_for(bdf, DMAMEM_IOVA_AUTO, &ctx);
	if (!said.ret)
		said.ret = dmamem_alloc(ctx, LEN, DMAMEM_ALLOC_SHARED,
					DMAMEM_ANY_NODE, &mem);
	if (!said.ret) {
		memset((char *)mem + FROM * PAGE, 0x5b, PAGE);
		said.ret = dmamem_get_file(ctx, mem, &fds[1], &offset);
	}
	if (!said.ret)
		said.ret = describe(ctx, mem, &said);
	if (!said.ret)
		fds[0] = dmamem_module_fd(ctx);
	if (!fds_send(socket, fds, 2, &said, sizeof(said)))
		pause();
	_exit(1);
}

/* The child's death is over when this returns */
static int receive(FIXTURE_DATA(handover) *self)
{
	int sockets[2], fds[2], ret;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets))
		return -errno;
	self->child = fork();
	if (!self->child)
		first_start(sockets[1], self->edu.bdf);
	ret = fds_receive(sockets[0], fds, 2, &self->said, sizeof(self->said));
	kill(self->child, SIGKILL);
	waitpid(self->child, NULL, 0);
	close(sockets[0]);
	close(sockets[1]);
	if (ret)
		return ret;
	self->module_fd = fds[0];
	self->memory_fd = fds[1];
	return self->said.ret;
}

static int open_handed_over(FIXTURE_DATA(handover) *self)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.flags = DMAMEM_OPEN_MODULE_FD,
		.module_fd = self->module_fd,
	};

	return dmamem_open(&options, &self->ctx);
}

FIXTURE_SETUP(handover)
{
	int ret = edu_bind(&self->edu, variant->driver);

	if (ret)
		SKIP_SETUP("no edu device, or no such driver");
	self->pinned = pages_pinned();
	self->ctx = NULL;
	ret = receive(self);
	if (ret == -EOPNOTSUPP && !variant->driver)
		SKIP_SETUP("an IOMMU translates");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, open_handed_over(self));
	self->mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->memory_fd, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->mem);
}

FIXTURE_TEARDOWN(handover)
{
	if (!self->ctx)
		return;
	EXPECT_EQ(0, dmamem_close(self->ctx));
	EXPECT_EQ(self->pinned, pages_pinned());
}

TEST_F(handover, the_next_start_has_the_same_addresses)
{
	ASSERT_LT(self->pinned, pages_pinned());
	ASSERT_EQ(0, dmamem_adopt(self->ctx, self->mem, self->said.len,
				  self->said.region));
	for (size_t i = 0; i < LEN / PAGE; i++)
		ASSERT_EQ(self->said.dma[i],
			  dmamem_translate(self->ctx, self->mem + i * PAGE,
					   NULL));
	EXPECT_EQ(0x5b, self->mem[FROM * PAGE]);
	EXPECT_EQ(0, dmamem_unregister(self->ctx, self->mem, LEN));
	EXPECT_EQ(-ENOENT, dmamem_adopt(self->ctx, self->mem, self->said.len,
					self->said.region));
}

TEST_F(handover, the_device_goes_on_with_it)
{
	struct dma_rig rig = { .edu = self->edu, .ctx = self->ctx };

	ASSERT_EQ(0, dma_rig_map_device(self->ctx, &rig.edu));
	ASSERT_EQ(0, dmamem_adopt(self->ctx, self->mem, self->said.len,
				  self->said.region));
	ASSERT_EQ(0, dma_rig_copy(&rig, self->mem + FROM * PAGE,
				  self->mem + TO * PAGE));
	EXPECT_EQ(0, memcmp(self->mem + FROM * PAGE, self->mem + TO * PAGE,
			    EDU_BYTES));
	EXPECT_EQ(0x5b, self->mem[TO * PAGE]);
}

TEST_F(handover, what_is_wrong_is_refused)
{
	char why[512] = "";

	EXPECT_EQ(-EINVAL, dmamem_adopt(self->ctx, self->mem, LEN - PAGE,
					self->said.region));
	EXPECT_EQ(-EINVAL, dmamem_adopt(self->ctx, self->mem, LEN + PAGE,
					self->said.region));
	EXPECT_EQ(-ENOENT, dmamem_adopt(self->ctx, self->mem, LEN, 0x7fff));
	dmamem_explain(self->ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "no such region"));
	EXPECT_EQ(0, dmamem_adopt(self->ctx, self->mem, LEN,
				  self->said.region));
}

TEST_F(handover, pins_are_for_the_process_that_opened)
{
	char *page = pages_map(PAGE), why[512] = "";
	void *mem;

	ASSERT_NE(NULL, page);
	EXPECT_EQ(-EIO, dmamem_register(self->ctx, page, PAGE));
	dmamem_explain(self->ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "another process opened"));
	EXPECT_EQ(-EIO, dmamem_alloc(self->ctx, PAGE, 0, DMAMEM_ANY_NODE,
				     &mem));
	EXPECT_EQ(0, dmamem_adopt(self->ctx, self->mem, LEN,
				  self->said.region));
}

/*
 * Another device, another process, another container; the same file, and the
 * same place
 */
static void in_another_container(int socket, const char *bdf)
{
	struct dma_rig rig = { 0 };
	struct handover said;
	int fd, ret;
	char *mem;

	snprintf(rig.edu.bdf, sizeof(rig.edu.bdf), "%s", bdf);
	ret = fds_receive(socket, &fd, 1, &said, sizeof(said));
	if (ret)
		_exit(1);
	mem = mmap((void *)(uintptr_t)said.addr, LEN, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	if (mem == MAP_FAILED || open_for(bdf, DMAMEM_IOVA_VA, &rig.ctx) ||
	    dmamem_register(rig.ctx, mem, LEN) ||
	    dma_rig_map_device(rig.ctx, &rig.edu))
		_exit(2);
	for (size_t i = 0; i < LEN / PAGE; i++)
		if (dmamem_translate(rig.ctx, mem + i * PAGE, NULL) !=
		    said.dma[i])
			_exit(3);
	ret = dma_rig_copy(&rig, mem + FROM * PAGE, mem + TO * PAGE);
	_exit(ret ? 4 : 0);
}

#define SECOND "0000:00:06.0"

TEST(vfio_has_the_same_addresses_at_the_same_place)
{
	struct handover said = { 0 };
	struct dma_rig rig = { 0 };
	int sockets[2], fd, ret, status;
	unsigned char *mem;
	uint64_t offset;
	pid_t child;
	void *addr;

	if (access("/sys/bus/pci/devices/" SECOND, F_OK))
		SKIP(return, "no second edu device");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets));
	child = fork();
	if (!child)
		in_another_container(sockets[1], SECOND);
	ret = dma_rig_open(&rig, "vfio-pci", "vfio", DMAMEM_IOVA_VA);
	if (ret == -ENOENT || ret == -EOPNOTSUPP) {
		kill(child, SIGKILL);
		SKIP(return, "no VFIO, no IOMMU, or a narrow one");
	}
	ASSERT_EQ(0, ret)
		TH_LOG("%s", rig.why);
	ASSERT_EQ(0, function_bind(SECOND, "vfio-pci"));
	ASSERT_EQ(0, dmamem_alloc(rig.ctx, LEN, DMAMEM_ALLOC_SHARED,
				  DMAMEM_ANY_NODE, &addr));
	mem = addr;
	memset(mem + FROM * PAGE, 0x6c, PAGE);
	said.addr = (uintptr_t)mem;
	for (size_t i = 0; i < LEN / PAGE; i++)
		said.dma[i] = dmamem_translate(rig.ctx, mem + i * PAGE, NULL);
	ASSERT_EQ(0, dmamem_get_file(rig.ctx, mem, &fd, &offset));
	ASSERT_EQ(0, fds_send(sockets[0], &fd, 1, &said, sizeof(said)));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x6c, mem[TO * PAGE]);
	EXPECT_EQ(-EOPNOTSUPP, dmamem_module_fd(rig.ctx));
	dma_rig_close(&rig);
}

TEST_HARNESS_MAIN
