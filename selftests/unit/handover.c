// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Registering what another process has pinned.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include <dmamem/handover.h>
#include <dmamem/memory.h>
#include <linux/dmamem.h>

#include "selftests/lib/inject.h"
#include "selftests/lib/test_provider.h"

#define PAGE DMAMEM_PAGE_SIZE
#define LEN (8 * PAGE)

/* Where the other process had the memory, and where this one has it */
#define THERE UINT64_C(0x7e0000003000)
#define HERE UINT64_C(0x123400005000)

FIXTURE(handover)
{
	struct dmamem_context *ctx;
	struct test_provider *provider;
	uint64_t region;
};

static void *here(uint64_t page)
{
	return (void *)(uintptr_t)(HERE + page * PAGE);
}

/* Pinned without the context's knowledge, as by another process */
FIXTURE_SETUP(handover)
{
	struct dmamem_provider *provider;

	ASSERT_EQ(0, test_provider_open_flags(1, DMAMEM_OPEN_MODULE_FD,
					      &self->ctx));
	self->provider = test_provider_of(self->ctx);
	provider = &self->provider->base;
	ASSERT_EQ(0, provider->ops->pin(provider, THERE, LEN, &self->region));
}

FIXTURE_TEARDOWN(handover)
{
	EXPECT_EQ(0, dmamem_close(self->ctx));
}

/* The fixture's pin is there, and nothing is registered */
static bool nothing_changed(FIXTURE_DATA(handover) *self)
{
	for (uint64_t i = 0; i < LEN / PAGE; i++)
		if (dmamem_translate(self->ctx, here(i), NULL) !=
		    DMAMEM_NO_ADDRESS)
			return false;
	return !self->provider->base.ops->adopt(&self->provider->base,
						self->region, LEN);
}

static void unpin(FIXTURE_DATA(handover) *self)
{
	self->provider->base.ops->unpin(&self->provider->base, self->region);
}

TEST_F(handover, has_the_addresses_that_it_had)
{
	uint64_t region, offset, len;

	ASSERT_EQ(0, dmamem_adopt(self->ctx, here(0), LEN, self->region));
	for (uint64_t i = 0; i < LEN / PAGE; i++)
		EXPECT_EQ(test_provider_dma(self->provider, THERE + i * PAGE),
			  dmamem_translate(self->ctx, here(i), NULL));
	ASSERT_EQ(0, dmamem_get_region(self->ctx, here(3), &region, &offset,
				       &len));
	EXPECT_EQ(self->region, region);
	EXPECT_EQ(3 * PAGE, offset);
	EXPECT_EQ(LEN, len);
}

TEST_F(handover, unregistering_unpins)
{
	uint64_t pinned = self->provider->pinned;

	ASSERT_EQ(0, dmamem_adopt(self->ctx, here(0), LEN, self->region));
	EXPECT_EQ(0, dmamem_unregister(self->ctx, here(0), LEN));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->ctx, here(0), NULL));
	EXPECT_GE(pinned + DMAMEM_CHUNK_SIZE - LEN, self->provider->pinned);
	EXPECT_EQ(-ENOENT, dmamem_adopt(self->ctx, here(0), LEN,
					self->region));
}

TEST_F(handover, what_is_wrong_is_refused)
{
	EXPECT_EQ(-ENOENT, dmamem_adopt(self->ctx, here(0), LEN, 1));
	EXPECT_EQ(-EINVAL, dmamem_adopt(self->ctx, here(0), LEN - PAGE,
					self->region));
	EXPECT_EQ(-EINVAL, dmamem_adopt(self->ctx, here(0), LEN + PAGE,
					self->region));
	EXPECT_EQ(-EINVAL, dmamem_adopt(self->ctx, (char *)here(0) + 1, LEN,
					self->region));
	EXPECT_TRUE(nothing_changed(self));
	unpin(self);
}

TEST_F(handover, only_once_and_only_where_nothing_is)
{
	char why[DMAMEM_EXPLANATION_SIZE];

	ASSERT_EQ(0, dmamem_register(self->ctx, here(7), PAGE));
	EXPECT_EQ(-EBUSY, dmamem_adopt(self->ctx, here(0), LEN, self->region));
	ASSERT_EQ(0, dmamem_unregister(self->ctx, here(7), PAGE));
	ASSERT_EQ(0, dmamem_adopt(self->ctx, here(0), LEN, self->region));
	EXPECT_EQ(-EBUSY, dmamem_adopt(self->ctx, here(0), LEN, self->region));
	EXPECT_EQ(-EBUSY, dmamem_adopt(self->ctx, here(64), LEN,
				       self->region));
	dmamem_explain(self->ctx, why, sizeof(why));
	EXPECT_NE(NULL, strstr(why, "registered already"));
	EXPECT_EQ(DMAMEM_NO_ADDRESS,
		  dmamem_translate(self->ctx, here(64), NULL));
}

TEST_F(handover, what_does_not_fit_the_device_stays_pinned)
{
	self->provider->base.fitness.last = 0xffff;
	EXPECT_EQ(-ERANGE, dmamem_adopt(self->ctx, here(0), LEN,
					self->region));
	EXPECT_TRUE(nothing_changed(self));
	unpin(self);
}

struct listener {
	struct dmamem_context *ctx;
	uint64_t region;
	int again;
	int answer;
	int told;
};

TEST_F(handover, only_by_who_has_taken_a_file_over)
{
	struct dmamem_provider *provider;
	struct dmamem_context *ctx;
	uint64_t region;

	ASSERT_EQ(0, test_provider_open(1, &ctx));
	provider = ctx->provider;
	ASSERT_EQ(0, provider->ops->pin(provider, THERE, LEN, &region));
	EXPECT_EQ(-EINVAL, dmamem_adopt(ctx, here(0), LEN, region));
	provider->ops->unpin(provider, region);
	EXPECT_EQ(0, dmamem_close(ctx));
	unpin(self);
}

static int on_registered(void *arg, void *addr, size_t len)
{
	struct listener *listener = arg;

	listener->told++;
	listener->again = dmamem_adopt(listener->ctx, (char *)addr + len, len,
				       listener->region);
	return listener->answer;
}

static void on_unregistered(void *arg, void *addr, size_t len)
{
	struct listener *listener = arg;

	(void)addr;
	(void)len;
	listener->told--;
}

static const struct dmamem_notify_ops ops = { on_registered, on_unregistered };

TEST_F(handover, who_is_told_may_refuse)
{
	struct listener listener = {
		.ctx = self->ctx,
		.region = self->region,
		.answer = -EXFULL,
	};
	struct dmamem_notify *notify;

	ASSERT_EQ(0, dmamem_notify_add(self->ctx, &ops, &listener, &notify));
	EXPECT_EQ(-EXFULL, dmamem_adopt(self->ctx, here(0), LEN,
					self->region));
	EXPECT_EQ(-EDEADLK, listener.again);
	EXPECT_TRUE(nothing_changed(self));
	listener.answer = 0;
	listener.told = 0;
	EXPECT_EQ(0, dmamem_adopt(self->ctx, here(0), LEN, self->region));
	EXPECT_EQ(1, listener.told);
	EXPECT_EQ(0, dmamem_unregister(self->ctx, here(0), LEN));
	EXPECT_EQ(0, listener.told);
}

TEST_F(handover, when_memory_runs_out_it_stays_pinned)
{
	unsigned int n;
	int ret;

	for (n = 0; n < 100; n++) {
		inject_one(n);
		ret = dmamem_adopt(self->ctx, here(0), LEN, self->region);
		if (!inject_stop())
			break;
		ASSERT_EQ(-ENOMEM, ret);
		ASSERT_TRUE(nothing_changed(self));
	}
	EXPECT_LT(1, n);
	EXPECT_EQ(0, ret);
}

TEST_F(handover, of_what_is_not_registered)
{
	uint64_t region = 7, offset = 7, len = 7;

	EXPECT_EQ(-EINVAL, dmamem_get_region(self->ctx, here(0), &region,
					     &offset, &len));
	EXPECT_EQ(7, region);
	EXPECT_EQ(7, offset);
	EXPECT_EQ(7, len);
	unpin(self);
}

TEST_F(handover, the_file_is_the_providers)
{
	EXPECT_EQ(TEST_PROVIDER_FD, dmamem_module_fd(self->ctx));
	unpin(self);
}

TEST_F(handover, a_provider_that_cannot)
{
	struct dmamem_provider *provider = &self->provider->base;
	const struct dmamem_provider_ops *before = provider->ops;
	struct dmamem_provider_ops without = *before;
	uint64_t region, offset, len;

	without.name = "vfio";
	without.module_fd = NULL;
	without.adopt = NULL;
	provider->ops = &without;
	EXPECT_EQ(-EOPNOTSUPP, dmamem_module_fd(self->ctx));
	EXPECT_EQ(-EOPNOTSUPP, dmamem_get_region(self->ctx, here(0), &region,
						 &offset, &len));
	EXPECT_EQ(-EOPNOTSUPP, dmamem_adopt(self->ctx, here(0), LEN,
					    self->region));
	provider->ops = before;
	unpin(self);
}

/* Every file is one of the module's, as far as it can tell */
static bool module_answers;

/* Instead of the C library's */
int ioctl(int fd, unsigned long request, ...)
{
	struct dmamem_info *info;
	va_list args;

	va_start(args, request);
	info = va_arg(args, void *);
	va_end(args);
	if (!module_answers || request != DMAMEM_INFO)
		return syscall(SYS_ioctl, fd, request, info);
	info->abi = DMAMEM_ABI;
	info->page_size = PAGE;
	info->address_type = DMAMEM_ADDRESS_PHYSICAL;
	return 0;
}

static int open_ctx(int fd, struct dmamem_options options, char why[512],
		    struct dmamem_context **ctx)
{
	options.size = sizeof(options);
	options.flags |= DMAMEM_OPEN_MODULE_FD;
	options.module_fd = fd;
	options.explanation = why;
	options.explanation_size = 512;
	return dmamem_open(&options, ctx);
}

static int open_fd(int fd, struct dmamem_options options, char why[512])
{
	struct dmamem_context *ctx;

	return open_ctx(fd, options, why, &ctx);
}

TEST(a_file_is_the_callers_until_the_context_is_open)
{
	const struct dmamem_options options = { 0 };
	struct dmamem_context *ctx = NULL;
	int fd = open("/dev/null", O_RDWR);
	unsigned int n;
	char why[512];

	ASSERT_LE(0, fd);
	module_answers = true;
	for (n = 0; n < 100 && !ctx; n++) {
		inject_one(n);
		if (open_ctx(fd, options, why, &ctx))
			EXPECT_EQ(0, fcntl(fd, F_GETFD));
		EXPECT_EQ(!ctx, inject_stop());
	}
	EXPECT_LT(2, n);
	ASSERT_NE(NULL, ctx);
	EXPECT_EQ(fd, dmamem_module_fd(ctx));
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(0, dmamem_close(ctx));
	EXPECT_EQ(-1, fcntl(fd, F_GETFD));
	module_answers = false;
}

TEST(files_that_are_not_the_modules)
{
	int fd = open("/dev/null", O_RDWR);
	char why[512] = "";

	ASSERT_LE(0, fd);
	if (ioctl(fd, DMAMEM_INFO, NULL) && errno == ENOSYS)
		SKIP(return, "an emulator stands before the kernel");
	EXPECT_EQ(-EBADF, open_fd(-1, (struct dmamem_options){ 0 }, why));
	EXPECT_EQ(-EPROTONOSUPPORT,
		  open_fd(fd, (struct dmamem_options){ 0 }, why));
	EXPECT_NE(NULL, strstr(why, "not a file of the module"));
	/* Still the caller's */
	EXPECT_EQ(0, close(fd));
}

static int foresee(struct dmamem_options options, const char **provider)
{
	options.size = sizeof(options);
	options.flags |= DMAMEM_OPEN_MODULE_FD;
	return dmamem_foresee(&options, provider);
}

TEST(options_that_contradict_a_file)
{
	static const struct dmamem_options options[] = {
		{ .node = "/dev/dmamem" },
		{ .device = "0000:00:04.0" },
		{ .provider = "vfio" },
		{ .provider = "hugepage" },
		{ .flags = DMAMEM_OPEN_RESIDENT_LISTS },
	};
	const char *provider = "unchanged";
	char why[512];

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		why[0] = '\0';
		EXPECT_EQ(-EINVAL, open_fd(-1, options[i], why));
		EXPECT_NE(NULL, strstr(why, "module_fd"));
		EXPECT_EQ(-EINVAL, foresee(options[i], &provider));
	}
	EXPECT_EQ(-EINVAL, foresee((struct dmamem_options){ .reserved = 1 },
				   &provider));
	EXPECT_STREQ("unchanged", provider);
	EXPECT_EQ(0, foresee((struct dmamem_options){ 0 }, &provider));
	EXPECT_STREQ("kmod", provider);
}

TEST_HARNESS_MAIN
