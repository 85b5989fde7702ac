// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A second map beside that of DMA addresses: an RDMA adapter wants a key for
 * each piece of memory, and is told of what is registered by callbacks. The
 * adapter of this example is made up: it hands out numbers, and has three.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#define LEN (4 * DMAMEM_PAGE_SIZE)
#define NR_PIECES 4
#define NR_KEYS 3
#define NO_KEY 0

struct adapter {
	struct dmamem_map *keys;
	unsigned int nr_keys;
};

/* Whatever this refuses is not registered at all */
static int registered(void *arg, void *addr, size_t len)
{
	struct adapter *adapter = arg;
	uint64_t key = 0x100 + adapter->nr_keys;
	int ret;

	if (adapter->nr_keys == NR_KEYS)
		return -ENOSPC;
	ret = dmamem_map_set(adapter->keys, (uintptr_t)addr, len, key);
	if (ret)
		return ret;
	adapter->nr_keys++;
	printf("adapter: %zu bytes at %p have key 0x%" PRIx64 "\n", len, addr,
	       key);
	return 0;
}

static void unregistered(void *arg, void *addr, size_t len)
{
	struct adapter *adapter = arg;

	printf("adapter: the key of %zu bytes at %p is gone\n", len, addr);
	/* It was set as a whole: clearing it needs no memory, and cannot fail */
	dmamem_map_clear(adapter->keys, (uintptr_t)addr, len);
}

static const struct dmamem_notify_ops ops = { registered, unregistered };

static void print_key(const struct adapter *adapter, const char *addr)
{
	uint64_t len = LEN;
	uint64_t key = dmamem_map_translate(adapter->keys, (uintptr_t)addr,
					    &len);

	printf("%p: key 0x%" PRIx64 " for %" PRIu64 " bytes\n",
	       (const void *)addr, key, len);
}

static int use(struct dmamem_context *ctx, struct adapter *adapter,
	       char *memory)
{
	struct dmamem_notify *notify;
	int ret;

	/* Before there is an adapter: it learns of it all the same */
	ret = dmamem_register(ctx, memory, LEN);
	if (!ret)
		ret = dmamem_notify_add(ctx, &ops, adapter, &notify);
	for (int i = 1; !ret && i < NR_PIECES; i++) {
		ret = dmamem_register(ctx, memory + i * LEN, LEN);
		if (ret == -ENOSPC)
			printf("piece %d is one too many: %s\n", i + 1,
			       strerror(-ret));
	}
	if (ret != -ENOSPC)
		return ret;
	print_key(adapter, memory + 100);
	print_key(adapter, memory + LEN + DMAMEM_PAGE_SIZE);
	ret = dmamem_unregister(ctx, memory, LEN);
	print_key(adapter, memory + 100);
	return ret;
}

int main(void)
{
	struct adapter adapter = { 0 };
	struct dmamem_context *ctx;
	char *memory;
	int ret;

	memory = aligned_alloc(DMAMEM_PAGE_SIZE, NR_PIECES * LEN);
	if (!memory || dmamem_map_create(DMAMEM_MAP_UNIFORM, NO_KEY,
					 &adapter.keys))
		return 1;
	ret = dmamem_open(NULL, &ctx);
	if (!ret) {
		ret = use(ctx, &adapter, memory);
		/* The adapter is told of what is left */
		dmamem_close(ctx);
	}
	if (ret)
		fprintf(stderr, "keys: %s\n", strerror(-ret));
	dmamem_map_free(adapter.keys);
	free(memory);
	return ret ? 1 : 0;
}
