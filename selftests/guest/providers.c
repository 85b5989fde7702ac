// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What every provider promises, with each way of binding a device that it takes:
 * the device reaches the memory, and nothing else; forks and other processes
 * are no harm.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/dma_rig.h"
#include "selftests/lib/fds.h"
#include "selftests/lib/function.h"
#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define HUGETLB_POOL "/proc/sys/vm/nr_hugepages"
#define LEN HUGE

FIXTURE(provider)
{
	struct dma_rig rig;
	bool physical;
};

FIXTURE_VARIANT(provider)
{
	const char *driver;
	const char *asked;
	const char *is;
	enum dmamem_iova_mode mode;
	bool physical;
};

FIXTURE_VARIANT_ADD(provider, kmod_unbound)
{
	.is = "kmod",
	.physical = true,
};

FIXTURE_VARIANT_ADD(provider, kmod_uio)
{
	.driver = "uio_pci_generic",
	.is = "kmod",
	.physical = true,
};

FIXTURE_VARIANT_ADD(provider, kmod_device_node)
{
	.driver = "dmamem",
	.is = "kmod",
};

FIXTURE_VARIANT_ADD(provider, vfio)
{
	.driver = "vfio-pci",
	.is = "vfio",
};

FIXTURE_VARIANT_ADD(provider, vfio_mode_dma)
{
	.driver = "vfio-pci",
	.is = "vfio",
	.mode = DMAMEM_IOVA_DMA,
};

FIXTURE_VARIANT_ADD(provider, hugepage_unbound)
{
	.asked = "hugepage",
	.is = "hugepage",
	.physical = true,
};

FIXTURE_VARIANT_ADD(provider, hugepage_uio)
{
	.driver = "uio_pci_generic",
	.asked = "hugepage",
	.is = "hugepage",
	.physical = true,
};

FIXTURE_SETUP(provider)
{
	int ret;

	ASSERT_EQ(0, pages_write(HUGETLB_POOL, "24"));
	ret = dma_rig_open(&self->rig, variant->driver, variant->asked,
			   variant->mode);
	if (ret == -ENODEV)
		SKIP_SETUP("no edu device");
	if (ret == -ENOENT)
		SKIP_SETUP("%s does not take the device", variant->driver);
	if (ret == -EOPNOTSUPP && variant->physical) {
		ASSERT_NE(NULL, strstr(self->rig.why, "IOMMU translates"))
			TH_LOG("%s", self->rig.why);
		SKIP_SETUP("an IOMMU translates, and it is said so");
	}
	ASSERT_EQ(0, ret)
		TH_LOG("%s", self->rig.why);
	self->physical = !dma_rig_translated(&self->rig);
}

FIXTURE_TEARDOWN(provider)
{
	dma_rig_close(&self->rig);
}

static void fill(unsigned char *data, unsigned int seed)
{
	for (size_t i = 0; i < EDU_BYTES; i++)
		data[i] = i * 7 + (i >> 8) + seed;
}

TEST_F(provider, says_what_it_is_and_why)
{
	struct dmamem_context *ctx = self->rig.ctx;

	EXPECT_STREQ(variant->is, dmamem_get_provider(ctx));
	EXPECT_NE(DMAMEM_IOVA_AUTO, dmamem_get_iova_mode(ctx));
	if (variant->mode)
		EXPECT_EQ(variant->mode, dmamem_get_iova_mode(ctx));
	EXPECT_NE(0, strlen(dmamem_get_reason(ctx)));
	TH_LOG("%s", dmamem_get_reason(ctx));
}

TEST_F(provider, addresses_are_of_the_mode)
{
	uint64_t dma;
	char *mem;

	mem = dma_rig_map(&self->rig, LEN, MAP_PRIVATE);
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, dmamem_register(self->rig.ctx, mem, LEN));
	for (size_t i = 0; i < LEN; i += PAGE) {
		dma = dmamem_translate(self->rig.ctx, mem + i, NULL);
		switch (dmamem_get_iova_mode(self->rig.ctx)) {
		case DMAMEM_IOVA_PA:
			ASSERT_EQ(pages_phys(mem + i), dma);
			break;
		case DMAMEM_IOVA_VA:
			ASSERT_EQ((uintptr_t)mem + i, dma);
			break;
		default:
			ASSERT_NE((uintptr_t)mem + i, dma);
			ASSERT_NE(pages_phys(mem + i), dma);
		}
	}
	EXPECT_EQ(0, dmamem_unregister(self->rig.ctx, mem, LEN));
}

TEST_F(provider, the_device_reaches_the_memory)
{
	unsigned char *from, *to;
	void *mem;

	ASSERT_EQ(0, dmamem_alloc(self->rig.ctx, 2 * PAGE, 0, DMAMEM_ANY_NODE,
				  &mem));
	from = mem;
	to = from + PAGE;
	fill(from, 1);
	ASSERT_EQ(0, dma_rig_copy(&self->rig, from, to));
	EXPECT_EQ(0, memcmp(from, to, EDU_BYTES));
	EXPECT_EQ(0, dmamem_free(self->rig.ctx, mem));
}

TEST_F(provider, what_was_unregistered_is_out_of_reach)
{
	unsigned char *mem;
	uint64_t dma;
	int faults;

	if (self->physical)
		SKIP(return, "nothing stands between device and memory");
	mem = dma_rig_map(&self->rig, LEN, MAP_PRIVATE);
	ASSERT_NE(NULL, mem);
	memset(mem, 0x5a, LEN);
	ASSERT_EQ(0, dmamem_register(self->rig.ctx, mem, LEN));
	dma = dmamem_translate(self->rig.ctx, mem, NULL);
	ASSERT_EQ(0, edu_write(&self->rig.edu, dma, EDU_BYTES));
	EXPECT_NE(0x5a, mem[0]);

	memset(mem, 0x5a, LEN);
	faults = dma_rig_faults(dma);
	ASSERT_EQ(0, dmamem_unregister(self->rig.ctx, mem, LEN));
	ASSERT_EQ(0, edu_write(&self->rig.edu, dma, EDU_BYTES));
	for (size_t i = 0; i < EDU_BYTES; i++)
		ASSERT_EQ(0x5a, mem[i]);
	EXPECT_EQ(0, dma_rig_wait_fault(dma, faults));
}

TEST_F(provider, only_hugetlb_is_taken_by_hugepage)
{
	bool hugepage = !strcmp(variant->is, "hugepage");
	char why[512];
	void *mem;

	mem = pages_map(PAGE);
	ASSERT_NE(NULL, mem);
	EXPECT_EQ(hugepage ? -EOPNOTSUPP : 0,
		  dmamem_register(self->rig.ctx, mem, PAGE));
	if (!hugepage)
		return;
	EXPECT_LT(0, dmamem_explain(self->rig.ctx, why, sizeof(why)));
	EXPECT_NE(NULL, strstr(why, "not hugetlbfs"));

	mem = pages_map_thp(HUGE);
	ASSERT_NE(NULL, mem);
	EXPECT_EQ(-EOPNOTSUPP, dmamem_register(self->rig.ctx, mem, HUGE));
}

TEST_F(provider, part_of_a_page_of_hugetlb)
{
	char *mem;

	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		   MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, dmamem_register(self->rig.ctx, mem + 3 * PAGE, 5 * PAGE));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->rig.ctx, mem + 2 * PAGE, NULL));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->rig.ctx, mem + 8 * PAGE, NULL));
	fill((unsigned char *)mem + 3 * PAGE, 2);
	ASSERT_EQ(0, dma_rig_copy(&self->rig, mem + 3 * PAGE, mem + 7 * PAGE));
	EXPECT_EQ(0, memcmp(mem + 3 * PAGE, mem + 7 * PAGE, EDU_BYTES));
	EXPECT_EQ(0, dmamem_unregister(self->rig.ctx, mem + 3 * PAGE,
				       5 * PAGE));
}

/* On a processor with 57 bits, who asks for it gets memory beyond 47 */
TEST_F(provider, beyond_48_bits)
{
	void *there = (void *)(UINT64_C(1) << 52);
	char why[512] = "";
	void *mem;

	mem = mmap(there, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem != there)
		SKIP(return, "addresses do not have so many bits");
	EXPECT_EQ(-EINVAL, dmamem_register(self->rig.ctx, mem, PAGE));
	dmamem_explain(self->rig.ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "beyond 48 bits"))
		TH_LOG("%s", why);
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->rig.ctx, mem, NULL));
}

TEST_F(provider, a_hole_is_refused)
{
	char *mem;

	mem = dma_rig_map(&self->rig, 2 * HUGE, MAP_PRIVATE);
	ASSERT_NE(NULL, mem);
	ASSERT_EQ(0, munmap(mem + HUGE, HUGE));
	EXPECT_EQ(-EFAULT, dmamem_register(self->rig.ctx, mem, 2 * HUGE));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->rig.ctx, mem, NULL));
	EXPECT_EQ(0, dmamem_register(self->rig.ctx, mem, HUGE));
}

/* In the child: registers nothing, and what the parent does is not seen */
static int child_of_fork(struct dma_rig *rig, unsigned char *mem, int pipe)
{
	char go;

	if (dmamem_register(rig->ctx, mem + HUGE, HUGE) != -EIO)
		return 1;
	if (read(pipe, &go, 1) != 1)
		return 2;
	return mem[0] == 1 ? 0 : 3;
}

/*
 * Private memory, then a fork: pinned pages stay with the parent, so that the
 * device sees what the parent writes. Pages that are not pinned do not.
 */
TEST_F(provider, fork_leaves_pinned_pages_to_the_parent)
{
	bool pinned = strcmp(variant->is, "hugepage");
	unsigned char *mem;
	int pipes[2], status;
	pid_t child;

	mem = dma_rig_map(&self->rig, 2 * HUGE, MAP_PRIVATE);
	ASSERT_NE(NULL, mem);
	memset(mem, 1, 2 * HUGE);
	ASSERT_EQ(0, dmamem_register(self->rig.ctx, mem, HUGE));
	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(child_of_fork(&self->rig, mem, pipes[0]));

	fill(mem, 3);
	ASSERT_EQ(0, dma_rig_copy(&self->rig, mem, mem + PAGE));
	EXPECT_EQ(pinned, !memcmp(mem, mem + PAGE, EDU_BYTES));
	EXPECT_EQ(1, write(pipes[1], "", 1));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

/* Memory of the library's own is shared where it is not pinned */
TEST_F(provider, fork_does_not_move_allocated_memory)
{
	unsigned char *mem;
	void *addr;
	pid_t child;

	ASSERT_EQ(0, dmamem_alloc(self->rig.ctx, 2 * PAGE, 0, DMAMEM_ANY_NODE,
				  &addr));
	mem = addr;
	child = fork();
	ASSERT_LE(0, child);
	if (!child) {
		pause();
		_exit(0);
	}
	fill(mem, 4);
	ASSERT_EQ(0, dma_rig_copy(&self->rig, mem, mem + PAGE));
	EXPECT_EQ(0, memcmp(mem, mem + PAGE, EDU_BYTES));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Its parent dies, and it has the parent's files and mappings */
static void outlive(struct dma_rig *rig, unsigned char *mem, pid_t parent,
		    int out)
{
	char ret;

	/* A child of whoever takes in orphans, then */
	while (getppid() == parent)
		usleep(1000);
	fill(mem, 6);
	ret = dma_rig_copy(rig, mem, mem + PAGE) ||
	      memcmp(mem, mem + PAGE, EDU_BYTES);
	_exit(write(out, &ret, 1) != 1);
}

static void open_and_leave(const char *driver, const char *provider,
			   enum dmamem_iova_mode mode, int out)
{
	pid_t child, parent = getpid();
	struct dma_rig rig;
	unsigned char *mem;

	if (dma_rig_open(&rig, driver, provider, mode))
		_exit(1);
	mem = dma_rig_map(&rig, LEN, MAP_SHARED);
	if (!mem || dmamem_register(rig.ctx, mem, LEN))
		_exit(2);
	child = fork();
	if (!child)
		outlive(&rig, mem, parent, out);
	_exit(child < 0);
}

/* The last file of a process that ends is not closed when its pipe is */
static int wait_and_vouch(const char *bdf)
{
	int ret = -ENOENT;

	for (int tries = 0; ret && tries < 500; tries++) {
		ret = function_vouch(bdf);
		if (ret)
			usleep(10000);
	}
	return ret;
}

TEST_F(provider, fork_keeps_what_the_parent_leaves_behind)
{
	char wrong = 1, bdf[16];
	int pipes[2], status;
	pid_t child;

	memcpy(bdf, self->rig.edu.bdf, sizeof(bdf));
	dma_rig_close(&self->rig);
	ASSERT_EQ(0, pipe(pipes));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		open_and_leave(variant->driver, variant->asked, variant->mode,
			       pipes[1]);
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(pipes[1]);
	EXPECT_EQ(1, read(pipes[0], &wrong, 1));
	EXPECT_EQ(0, wrong);
	/* Until the grandchild is gone, with its copies of the files */
	EXPECT_EQ(0, read(pipes[0], &wrong, 1));
	/* Nobody unregistered, and this device cannot be reset */
	if (variant->driver && !strcmp(variant->driver, "dmamem"))
		EXPECT_EQ(0, wait_and_vouch(bdf));
}

/* What another process has made, as vhost-user hands over a guest's memory */
static int child_with_memory(int socket, bool hugetlb)
{
	unsigned char *mem;
	char go;
	int fd;

	fd = memfd_create("guest", hugetlb ? MFD_HUGETLB : 0);
	if (fd < 0 || ftruncate(fd, LEN))
		return 1;
	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return 2;
	fill(mem, 5);
	if (fds_send(socket, &fd, 1, "", 1) || read(socket, &go, 1) != 1)
		return 3;
	return memcmp(mem, mem + PAGE, EDU_BYTES) ? 4 : 0;
}

TEST_F(provider, memory_of_another_process)
{
	bool hugetlb = !strcmp(variant->is, "hugepage");
	int sockets[2], fd, status;
	unsigned char *mem;
	pid_t child;
	char byte;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(child_with_memory(sockets[1], hugetlb));
	ASSERT_EQ(0, fds_receive(sockets[0], &fd, 1, &byte, 1));
	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, dmamem_register(self->rig.ctx, mem, LEN));
	ASSERT_EQ(0, dma_rig_copy(&self->rig, mem, mem + PAGE));
	EXPECT_EQ(1, write(sockets[0], "", 1));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

static int child_registers(int fd, const uint64_t *dma)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.node = "/dev/dmamem",
	};
	struct dmamem_context *ctx;
	char *mem;

	mem = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED || dmamem_open(&options, &ctx) ||
	    dmamem_register(ctx, mem, LEN))
		return 1;
	for (size_t i = 0; i < LEN / PAGE; i++)
		if (dmamem_translate(ctx, mem + i * PAGE, NULL) != dma[i])
			return 2;
	return 0;
}

TEST_F(provider, shared_memory_has_the_same_addresses_elsewhere)
{
	static uint64_t dma[LEN / PAGE];
	uint64_t offset;
	int fd, status;
	pid_t child;
	void *mem;

	if (!self->physical)
		SKIP(return, "addresses are of this context");
	ASSERT_EQ(0, dmamem_alloc(self->rig.ctx, LEN, DMAMEM_ALLOC_SHARED,
				  DMAMEM_ANY_NODE, &mem));
	for (size_t i = 0; i < LEN / PAGE; i++)
		dma[i] = dmamem_translate(self->rig.ctx,
					  (char *)mem + i * PAGE, NULL);
	ASSERT_EQ(0, dmamem_get_file(self->rig.ctx, mem, &fd, &offset));
	child = fork();
	ASSERT_LE(0, child);
	if (!child)
		_exit(child_registers(fd, dma));
	EXPECT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(provider, contiguous_allocations)
{
	static const size_t sizes[] = { PAGE, 16 * PAGE, HUGE };
	struct dmamem_histogram histogram;
	void *mem;

	for (size_t n = 0; n < ARRAY_SIZE(sizes); n++) {
		ASSERT_EQ(0, dmamem_alloc(self->rig.ctx, sizes[n],
					  DMAMEM_ALLOC_CONTIGUOUS,
					  DMAMEM_ANY_NODE, &mem));
		ASSERT_EQ(0, dmamem_get_histogram(self->rig.ctx, mem,
						  &histogram));
		EXPECT_EQ(1, histogram.nr_runs);
		EXPECT_LE(sizes[n], histogram.longest);
		EXPECT_EQ(0, dmamem_free(self->rig.ctx, mem));
	}
}

TEST_F(provider, hugetlb_allocations)
{
	long free = pages_count("/proc/meminfo", "HugePages_Free:");
	struct dmamem_histogram histogram;
	void *mem;

	ASSERT_EQ(0, dmamem_alloc(self->rig.ctx, HUGE + 1, DMAMEM_ALLOC_HUGE_2M,
				  DMAMEM_ANY_NODE, &mem));
	EXPECT_EQ(free - 2, pages_count("/proc/meminfo", "HugePages_Free:"));
	ASSERT_EQ(0, dmamem_get_histogram(self->rig.ctx, mem, &histogram));
	EXPECT_LE(HUGE, histogram.longest);
	EXPECT_EQ(0, dmamem_free(self->rig.ctx, mem));
	EXPECT_EQ(free, pages_count("/proc/meminfo", "HugePages_Free:"));
	EXPECT_EQ(-ENOMEM, dmamem_alloc(self->rig.ctx, 1000 * HUGE,
					DMAMEM_ALLOC_HUGE_2M, DMAMEM_ANY_NODE,
					&mem));
}

TEST_F(provider, allocations_on_a_node)
{
	const struct dmamem_map *nodes;
	void *mem;

	if (access("/sys/devices/system/node/node1", F_OK))
		SKIP(return, "only one NUMA node");
	ASSERT_EQ(0, dmamem_numa_map(self->rig.ctx, &nodes));
	for (int node = 0; node < 2; node++) {
		ASSERT_EQ(0, dmamem_alloc(self->rig.ctx, LEN, 0, node, &mem));
		for (size_t i = 0; i < LEN; i += PAGE)
			ASSERT_EQ(node, dmamem_map_translate(nodes,
							     (uintptr_t)mem + i,
							     NULL));
		EXPECT_EQ(0, dmamem_free(self->rig.ctx, mem));
	}
	EXPECT_EQ(-EINVAL, dmamem_alloc(self->rig.ctx, LEN, 0, 7, &mem));
}

TEST_HARNESS_MAIN
