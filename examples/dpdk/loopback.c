// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * DPDK on ordinary memory: two ports on one wire exchange packets that lie in
 * small pages, which dmamem has pinned and which DPDK knows as external memory
 * with our addresses. DPDK needs a single huge page, for structures of its own.
 *
 *	loopback --iova-mode=pa -m 2 --in-memory
 *
 * The steps are in main(). Arguments are those of DPDK's EAL; with --no-huge it
 * would change to virtual addresses without a word.
 */
/* External buffers in a pool are not part of DPDK's stable interface yet */
#define ALLOW_EXPERIMENTAL_API

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_memory.h>

#include <dmamem/dmamem.h>
#include <dmamem/memory.h>

#define PAGE 4096
#define NR_PAGES 512
#define LEN ((size_t)NR_PAGES * PAGE)
#define NR_PACKETS 64
#define PACKET_BYTES 1024
#define NR_DESCRIPTORS 64
#define HEADER_BYTES 14

struct memory {
	struct dmamem_context *ctx;
	char *addr;
	rte_iova_t iovas[NR_PAGES];
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "loopback: %s: %s\n", what, strerror(abs(err)));
	return err;
}

static const char *port_device(uint16_t port)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(port, &info))
		return NULL;
	return rte_dev_name(info.device);
}

/* What other devices get, too, and that all are stopped when this dies */
static int open_context(struct memory *memory)
{
	char why[256] = "";
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = port_device(0),
		.iova_mode = DMAMEM_IOVA_PA,
		.explanation = why,
		.explanation_size = sizeof(why),
	};
	uint16_t port;
	int err;

	err = dmamem_open(&options, &memory->ctx);
	if (err)
		return fail(why, err);
	RTE_ETH_FOREACH_DEV(port) {
		err = dmamem_add_device(memory->ctx, port_device(port));
		if (err)
			return fail("dmamem_add_device", err);
	}
	return 0;
}

/* Ordinary memory, which stays where it is from dmamem_register() on */
static int pin_memory(struct memory *memory)
{
	char why[256] = "";
	int err;

	memory->addr = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->addr == MAP_FAILED)
		return fail("mmap", -errno);
	madvise(memory->addr, LEN, MADV_NOHUGEPAGE);
	err = dmamem_register(memory->ctx, memory->addr, LEN);
	if (!err)
		return 0;
	dmamem_explain(memory->ctx, why, sizeof(why));
	return fail(why, err);
}

/* A table of addresses, one for each page */
static int give_to_dpdk(struct memory *memory)
{
	for (size_t i = 0; i < NR_PAGES; i++)
		memory->iovas[i] = dmamem_translate(memory->ctx,
						    memory->addr + i * PAGE,
						    NULL);
	if (rte_extmem_register(memory->addr, LEN, memory->iovas, NR_PAGES,
				PAGE))
		return fail("rte_extmem_register", -rte_errno);
	return 0;
}

/* Does DPDK say of each page what dmamem said of it? */
static int check_addresses(const struct memory *memory)
{
	const struct rte_memseg *seg;
	char *page;

	for (size_t i = 0; i < NR_PAGES; i++) {
		page = memory->addr + i * PAGE;
		seg = rte_mem_virt2memseg(page, NULL);
		if (!seg || seg->iova != memory->iovas[i] ||
		    rte_mem_virt2iova(page) != memory->iovas[i])
			return fail("DPDK has other addresses", -EFAULT);
	}
	printf("DPDK has dmamem's addresses of %d pages\n", NR_PAGES);
	return 0;
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
	int err;

	err = rte_eth_dev_configure(port, 1, 1, &conf);
	if (!err)
		err = rte_eth_rx_queue_setup(port, 0, NR_DESCRIPTORS,
					     SOCKET_ID_ANY, NULL, pool);
	if (!err)
		err = rte_eth_tx_queue_setup(port, 0, NR_DESCRIPTORS,
					     SOCKET_ID_ANY, NULL);
	if (!err)
		err = rte_eth_dev_start(port);
	return err ? err : rte_eth_promiscuous_enable(port);
}

/* To everybody, of a protocol that nobody has */
static void fill(unsigned char *data, unsigned int seed)
{
	memset(data, 0xff, 6);
	memset(data + 6, 0x02, 6);
	memset(data + 12, 0x88, 2);
	for (size_t i = HEADER_BYTES; i < PACKET_BYTES; i++)
		data[i] = i * 13 + seed * 7 + (i >> 8);
}

static int send_packet(uint16_t port, struct rte_mempool *pool,
		       unsigned int seed)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(pool);

	if (!packet)
		return fail("rte_pktmbuf_alloc", -ENOMEM);
	fill((void *)rte_pktmbuf_append(packet, PACKET_BYTES), seed);
	for (int tries = 0; tries < 1000; tries++) {
		if (rte_eth_tx_burst(port, 0, &packet, 1) == 1)
			return 0;
		usleep(1000);
	}
	rte_pktmbuf_free(packet);
	return fail("sending", -ETIMEDOUT);
}

/* Byte by byte, and in a buffer that dmamem knows under the same address? */
static int check_packet(const struct rte_mbuf *packet,
			const struct memory *memory, unsigned int seed)
{
	unsigned char expected[PACKET_BYTES];

	fill(expected, seed);
	if (packet->data_len < PACKET_BYTES ||
	    memcmp(rte_pktmbuf_mtod(packet, void *), expected, PACKET_BYTES))
		return fail("what was received is not what was sent",
			    -EBADMSG);
	if (packet->buf_iova != dmamem_translate(memory->ctx, packet->buf_addr,
						 NULL))
		return fail("a buffer of other memory", -EFAULT);
	return 0;
}

static int receive_packet(uint16_t port, const struct memory *memory,
			  unsigned int seed)
{
	struct rte_mbuf *packet;
	int err;

	for (int tries = 0; !rte_eth_rx_burst(port, 0, &packet, 1); tries++) {
		if (tries == 5000)
			return fail("receiving", -ETIMEDOUT);
		usleep(1000);
	}
	err = check_packet(packet, memory, seed);
	rte_pktmbuf_free(packet);
	return err;
}

static int exchange_packets(const struct memory *memory)
{
	struct rte_mempool *pool = create_pool(memory);
	int err = 0;

	if (!pool)
		return fail("rte_pktmbuf_pool_create_extbuf", -rte_errno);
	for (uint16_t port = 0; !err && port < 2; port++)
		err = start_port(port, pool);
	for (unsigned int i = 0; !err && i < NR_PACKETS; i++) {
		err = send_packet(i % 2, pool, i);
		if (!err)
			err = receive_packet(1 - i % 2, memory, i);
	}
	for (uint16_t port = 0; port < 2; port++)
		rte_eth_dev_stop(port);
	if (err)
		return err;
	printf("%d packets of %d bytes there and back\n", NR_PACKETS,
	       PACKET_BYTES);
	return 0;
}

int main(int argc, char **argv)
{
	static struct memory memory;
	int err;

	if (rte_eal_init(argc, argv) < 0)
		return !!fail("rte_eal_init", -rte_errno);
	if (rte_eth_dev_count_avail() < 2)
		return !!fail("two ports are needed", -ENODEV);
	err = open_context(&memory);
	if (!err)
		err = pin_memory(&memory);
	if (!err)
		err = give_to_dpdk(&memory);
	if (!err)
		err = check_addresses(&memory);
	if (!err)
		err = exchange_packets(&memory);
	rte_eal_cleanup();
	dmamem_close(memory.ctx);
	return !!err;
}
