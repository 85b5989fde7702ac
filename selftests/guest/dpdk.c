// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * DPDK on ordinary memory: small pages, pinned by dmamem and made known to DPDK
 * as external memory with our addresses, are the mbuf pool of two e1000 ports
 * that talk to each other. DPDK itself needs a single 2 MiB huge page for its own
 * structures.
 *
 * Also an example: what a program does is in open_memory() and create_pool().
 */
#include "kselftest_harness.h"

#if __has_include(<rte_eal.h>)

/* External buffers in a pool are not part of its stable interface yet */
#define ALLOW_EXPERIMENTAL_API

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include <dmamem/memory.h>

#include "selftests/lib/function.h"
#include "tools/memory/pages.h"

#define FIRST "0000:00:07.0"
#define SECOND "0000:00:08.0"
#define NR_PAGES 512
#define LEN (NR_PAGES * PAGE)
#define NR_PACKETS 64
#define PACKET_BYTES 1024
#define NR_DESCRIPTORS 64
#define HEADER_BYTES 14

struct memory {
	struct dmamem_context *ctx;
	char *addr;
	rte_iova_t iovas[NR_PAGES];
};

static int start_dpdk(void)
{
	char *args[9] = {
		"dpdk", "--iova-mode=pa", "-m", "2", "--in-memory",
		"--no-telemetry", "-l", "0", "--log-level=error",
	};

	if (pages_write("/proc/sys/vm/nr_hugepages", "1") ||
	    setenv("RUNTIME_DIRECTORY", "/tmp", 0))
		return -1;
	return rte_eal_init(ARRAY_SIZE(args), args);
}

/* Pinned, and known to DPDK with the addresses that the device must use */
static int open_memory(struct memory *memory)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = FIRST,
	};
	int ret;

	ret = dmamem_open(&options, &memory->ctx);
	if (ret)
		return ret;
	memory->addr = pages_map(LEN);
	if (!memory->addr)
		return -ENOMEM;
	ret = dmamem_register(memory->ctx, memory->addr, LEN);
	if (ret)
		return ret;
	for (size_t i = 0; i < NR_PAGES; i++)
		memory->iovas[i] = dmamem_translate(memory->ctx,
						    memory->addr + i * PAGE,
						    NULL);
	return rte_extmem_register(memory->addr, LEN, memory->iovas, NR_PAGES,
				   PAGE) ? -rte_errno : 0;
}

/* One buffer a page: only within a page are addresses consecutive */
static struct rte_mempool *create_pool(const struct memory *memory)
{
	struct rte_pktmbuf_extmem pages[NR_PAGES];

	for (size_t i = 0; i < NR_PAGES; i++)
		pages[i] = (struct rte_pktmbuf_extmem){
			.buf_ptr = memory->addr + i * PAGE,
			.buf_iova = memory->iovas[i],
			.buf_len = PAGE,
			.elt_size = RTE_MBUF_DEFAULT_BUF_SIZE,
		};
	return rte_pktmbuf_pool_create_extbuf("dmamem", NR_PAGES, 0, 0,
					      RTE_MBUF_DEFAULT_BUF_SIZE,
					      SOCKET_ID_ANY, pages, NR_PAGES);
}

static int start_port(uint16_t port, struct rte_mempool *pool)
{
	const struct rte_eth_conf conf = { 0 };
	int ret;

	ret = rte_eth_dev_configure(port, 1, 1, &conf);
	if (!ret)
		ret = rte_eth_rx_queue_setup(port, 0, NR_DESCRIPTORS,
					     SOCKET_ID_ANY, NULL, pool);
	if (!ret)
		ret = rte_eth_tx_queue_setup(port, 0, NR_DESCRIPTORS,
					     SOCKET_ID_ANY, NULL);
	if (!ret)
		ret = rte_eth_dev_start(port);
	return ret ? ret : rte_eth_promiscuous_enable(port);
}

static void fill(unsigned char *data, unsigned int seed)
{
	memset(data, 0xff, 6);
	memset(data + 6, 0x02, 6);
	memset(data + 12, 0x88, 2);
	for (size_t i = HEADER_BYTES; i < PACKET_BYTES; i++)
		data[i] = i * 13 + seed * 7 + (i >> 8);
}

static int send_packet(uint16_t port, struct rte_mempool *pool, unsigned int seed)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);

	if (!packet)
		return -ENOMEM;
	fill((void *)rte_pktmbuf_append(packet, PACKET_BYTES), seed);
	for (int tries = 0; tries < 1000; tries++) {
		if (rte_eth_tx_burst(port, 0, &packet, 1) == 1)
			return 0;
		usleep(1000);
	}
	return -ETIMEDOUT;
}

/* Does the next packet have the bytes, and lie in our memory? */
static int receive_packet(uint16_t port, const struct memory *memory,
			  unsigned int seed)
{
	unsigned char expected[PACKET_BYTES];
	struct rte_mbuf *packet;
	int ret = 0;

	for (int tries = 0; !rte_eth_rx_burst(port, 0, &packet, 1); tries++) {
		if (tries == 5000)
			return -ETIMEDOUT;
		usleep(1000);
	}
	fill(expected, seed);
	if (packet->data_len < PACKET_BYTES ||
	    memcmp(rte_pktmbuf_mtod(packet, void *), expected, PACKET_BYTES))
		ret = -EBADMSG;
	if (packet->buf_iova != dmamem_translate(memory->ctx, packet->buf_addr,
						 NULL))
		ret = -EFAULT;
	rte_pktmbuf_free(packet);
	return ret;
}

static bool there_is(const char *bdf)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", bdf);
	return !access(path, F_OK);
}

FIXTURE(dpdk)
{
	struct memory memory;
};

FIXTURE_SETUP(dpdk)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(dpdk)
{
}

TEST_F_TIMEOUT(dpdk, packets_in_ordinary_memory, 120)
{
	struct memory *memory = &self->memory;
	struct rte_mempool *pool;

	if (!there_is(FIRST) || !there_is(SECOND))
		SKIP(return, "no e1000 devices at %s and %s", FIRST, SECOND);
	if (function_bind(FIRST, "uio_pci_generic") ||
	    function_bind(SECOND, "uio_pci_generic"))
		SKIP(return, "no uio_pci_generic");
	ASSERT_LE(0, start_dpdk())
		TH_LOG("%s", rte_strerror(rte_errno));
	ASSERT_EQ(2, rte_eth_dev_count_avail());
	ASSERT_EQ(RTE_IOVA_PA, rte_eal_iova_mode());
	ASSERT_EQ(0, open_memory(memory));

	for (size_t i = 0; i < NR_PAGES; i++)
		ASSERT_EQ(memory->iovas[i],
			  rte_mem_virt2iova(memory->addr + i * PAGE));
	ASSERT_NE(NULL, rte_mem_virt2memseg(memory->addr + PAGE, NULL));
	EXPECT_EQ(memory->iovas[1],
		  rte_mem_virt2memseg(memory->addr + PAGE, NULL)->iova);

	pool = create_pool(memory);
	ASSERT_NE(NULL, pool)
		TH_LOG("%s", rte_strerror(rte_errno));
	ASSERT_EQ(0, start_port(0, pool));
	ASSERT_EQ(0, start_port(1, pool));
	for (unsigned int i = 0; i < NR_PACKETS; i++) {
		ASSERT_EQ(0, send_packet(i % 2, pool, i));
		ASSERT_EQ(0, receive_packet(1 - i % 2, memory, i))
			TH_LOG("packet %u", i);
	}
	EXPECT_EQ(0, rte_eth_dev_stop(0));
	EXPECT_EQ(0, rte_eth_dev_stop(1));
	EXPECT_EQ(0, rte_extmem_unregister(memory->addr, LEN));
	EXPECT_EQ(0, dmamem_close(memory->ctx));
	EXPECT_EQ(0, rte_eal_cleanup());
}

#else

TEST(packets_in_ordinary_memory)
{
	SKIP(return, "built without dpdk-dev");
}

#endif

TEST_HARNESS_MAIN
