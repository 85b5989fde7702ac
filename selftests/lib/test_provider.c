// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <stdlib.h>

#include "selftests/lib/inject.h"
#include "selftests/lib/test_provider.h"

struct test_region {
	struct test_region *next;
	uint64_t addr;
	uint64_t len;
};

static struct test_provider *to_test(struct dmamem_provider *provider)
{
	return (struct test_provider *)provider;
}

struct test_provider *test_provider_of(const struct dmamem_context *ctx)
{
	return to_test(ctx->provider);
}

/* Runs are put apart from each other, in an order that is not theirs */
uint64_t test_provider_dma(const struct test_provider *provider, uint64_t addr)
{
	uint64_t run_bytes = provider->run_pages * DMAMEM_PAGE_SIZE;

	if (!run_bytes)
		return addr + DMAMEM_CHUNK_SIZE;
	return (addr / run_bytes ^ 5) * 2 * run_bytes + addr % run_bytes;
}

static bool fails(int *countdown)
{
	return *countdown >= 0 && (*countdown)-- == 0;
}

static int test_pin(struct dmamem_provider *base, uint64_t addr, uint64_t len,
		    uint64_t *region)
{
	struct test_provider *provider = to_test(base);
	struct test_region *new;

	if (fails(&provider->fail_pin))
		return -EFAULT;
	if (len > provider->longest_pin)
		provider->longest_pin = len;
	if (provider->max_pin && len > provider->max_pin)
		return dmamem_because(base->explanation, -ENOMEM, "max_pin");
	inject_pause();
	new = malloc(sizeof(*new));
	inject_resume();
	if (!new)
		return -ENOMEM;
	*new = (struct test_region){ provider->regions, addr, len };
	provider->regions = new;
	provider->pinned += len;
	provider->nr_regions++;
	*region = (uintptr_t)new;
	return 0;
}

static int test_runs(struct dmamem_provider *base, uint64_t region,
		     uint64_t *offset, struct dmamem_run *runs, size_t nr)
{
	const struct test_region *r = (void *)(uintptr_t)region;
	struct test_provider *provider = to_test(base);
	uint64_t run_bytes = provider->run_pages * DMAMEM_PAGE_SIZE;
	uint64_t addr, len;

	if (fails(&provider->fail_runs))
		return -EIO;
	for (size_t i = 0; i < nr && *offset < r->len; i++) {
		addr = r->addr + *offset;
		len = r->len - *offset;
		if (run_bytes && len > run_bytes - addr % run_bytes)
			len = run_bytes - addr % run_bytes;
		runs[i].value = test_provider_dma(provider, addr);
		runs[i].len = len;
		*offset += len;
	}
	return 0;
}

static void test_unpin(struct dmamem_provider *base, uint64_t region)
{
	struct test_region *old = (void *)(uintptr_t)region;
	struct test_provider *provider = to_test(base);
	struct test_region **p = &provider->regions;

	while (*p != old)
		p = &(*p)->next;
	*p = old->next;
	provider->pinned -= old->len;
	provider->nr_regions--;
	free(old);
}

static int test_module_fd(struct dmamem_provider *base)
{
	(void)base;
	return TEST_PROVIDER_FD;
}

static int test_adopt(struct dmamem_provider *base, uint64_t region,
		      uint64_t len)
{
	const struct test_region *r = to_test(base)->regions;

	while (r && (uintptr_t)r != region)
		r = r->next;
	if (!r)
		return -ENOENT;
	return r->len == len ? 0 : -EINVAL;
}

/* Regions that are left are leaks: the address sanitizer says so */
static void test_close(struct dmamem_provider *base)
{
	free(to_test(base));
}

static const struct dmamem_provider_ops test_ops = {
	.pin = test_pin,
	.runs = test_runs,
	.unpin = test_unpin,
	.module_fd = test_module_fd,
	.adopt = test_adopt,
	.close = test_close,
};

int test_provider_open(uint64_t run_pages, struct dmamem_context **ctx)
{
	return test_provider_open_flags(run_pages, 0, ctx);
}

int test_provider_open_flags(uint64_t run_pages, uint64_t flags,
			     struct dmamem_context **ctx)
{
	struct test_provider *provider = calloc(1, sizeof(*provider));
	struct dmamem_options options = {
		.size = sizeof(options),
		.flags = flags,
	};
	int ret;

	if (!provider)
		return -ENOMEM;
	*provider = (struct test_provider){
		.base.page_size = DMAMEM_PAGE_SIZE,
		.run_pages = run_pages,
		.fail_pin = -1,
		.fail_runs = -1,
	};
	dmamem_provider_init(&provider->base, &test_ops);
	ret = dmamem_context_create(&provider->base, &options, ctx);
	if (ret)
		free(provider);
	return ret;
}
