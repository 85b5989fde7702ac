// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pinning by the kernel module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dmamem.h>

#include "libdmamem/provider_kmod.h"

/* The kernel writes runs where the map reads them */
_Static_assert(sizeof(struct dmamem_run) == sizeof(struct dmamem_extent),
	       "size of an extent");
_Static_assert(offsetof(struct dmamem_run, len) ==
	       offsetof(struct dmamem_extent, length), "layout of an extent");

/* @borrowed: somebody else closes @fd */
struct kmod {
	struct dmamem_provider base;
	int fd;
	bool borrowed;
};

static struct kmod *to_kmod(struct dmamem_provider *provider)
{
	return (struct kmod *)provider;
}

static int command(const struct kmod *kmod, unsigned long request, void *arg)
{
	return ioctl(kmod->fd, request, arg) < 0 ? -errno : 0;
}

static int kmod_pin(struct dmamem_provider *provider, uint64_t addr,
		    uint64_t len, uint64_t *region)
{
	struct dmamem_pin pin = {
		.size = sizeof(pin),
		.flags = DMAMEM_PIN_WRITE,
		.addr = addr,
		.length = len,
	};
	int ret;

	ret = command(to_kmod(provider), DMAMEM_PIN, &pin);
	if (ret)
		dmamem_kmod_explain_pin(provider, &pin, ret);
	else
		*region = pin.region;
	return ret;
}

static int kmod_runs(struct dmamem_provider *provider, uint64_t region,
		     uint64_t *offset, struct dmamem_run *runs, size_t nr)
{
	struct dmamem_extents extents = {
		.size = sizeof(extents),
		.region = region,
		.count = nr,
		.offset = *offset,
		.extents = (uintptr_t)runs,
	};
	int ret;

	ret = command(to_kmod(provider), DMAMEM_EXTENTS, &extents);
	if (!ret)
		*offset = extents.offset;
	return ret;
}

static void kmod_unpin(struct dmamem_provider *provider, uint64_t region)
{
	struct dmamem_unpin unpin = {
		.size = sizeof(unpin),
		.region = region,
	};

	if (dmamem_provider_is_owned(provider))
		command(to_kmod(provider), DMAMEM_UNPIN, &unpin);
}

static void kmod_close(struct dmamem_provider *provider)
{
	struct kmod *kmod = to_kmod(provider);

	if (!kmod->borrowed)
		close(kmod->fd);
	free(kmod);
}

/* A file of one function knows it; the other stops those it is told of */
static int kmod_add_device(struct dmamem_provider *provider,
			   const struct dmamem_facts *facts, char *why)
{
	struct dmamem_guard guard = { .size = sizeof(guard) };
	int ret;

	if (sscanf(facts->device, "%x:%x:%x.%x", &guard.domain, &guard.bus,
		   &guard.device, &guard.function) != 4)
		return -EINVAL;
	ret = command(to_kmod(provider), DMAMEM_GUARD, &guard);
	if (ret == -ENOTTY)
		return dmamem_because(why, -EOPNOTSUPP,
				      "this node of the module is for one device only");
	if (ret == -EEXIST)
		return dmamem_because(why, ret, "%s was added before",
				      facts->device);
	if (ret == -EBUSY)
		return dmamem_because(why, ret,
				      "%s is bound to dmamem and has a node of its own",
				      facts->device);
	return ret;
}

static int kmod_module_fd(struct dmamem_provider *provider)
{
	return to_kmod(provider)->fd;
}

/* Its last byte is there, and the one after it is not */
static int kmod_adopt(struct dmamem_provider *provider, uint64_t region,
		      uint64_t len)
{
	uint64_t last = len - 1, end = len;
	struct dmamem_run run;
	int ret;

	ret = kmod_runs(provider, region, &last, &run, 1);
	if (ret == -ENOENT)
		return dmamem_because(provider->explanation, ret,
				      "there is no such region");
	if (ret && ret != -EINVAL)
		return ret;
	if (!ret && kmod_runs(provider, region, &end, &run, 1) == -EINVAL)
		return 0;
	return dmamem_because(provider->explanation, -EINVAL,
			      "it does not have %#jx bytes", (uintmax_t)len);
}

static const struct dmamem_provider_ops kmod_ops = {
	.name = "kmod",
	.pin = kmod_pin,
	.runs = kmod_runs,
	.unpin = kmod_unpin,
	.add_device = kmod_add_device,
	.module_fd = kmod_module_fd,
	.adopt = kmod_adopt,
	.close = kmod_close,
};

static int check_mode(struct kmod *kmod, const struct dmamem_info *info,
		      const char *node, enum dmamem_iova_mode mode, char *why)
{
	bool physical = info->address_type == DMAMEM_ADDRESS_PHYSICAL;

	kmod->base.mode = physical ? DMAMEM_IOVA_PA : DMAMEM_IOVA_DMA;
	if (mode == DMAMEM_IOVA_AUTO || mode == kmod->base.mode)
		return 0;
	return dmamem_because(why, -EOPNOTSUPP,
			      "mode %s cannot be had: the addresses of %s are %s",
			      dmamem_mode_name(mode), node, physical ?
			      "physical" : "translated by an IOMMU");
}

static int kmod_ask(struct kmod *kmod, const char *node,
		    enum dmamem_iova_mode mode, char *why)
{
	struct dmamem_info info = { .size = sizeof(info) };
	int ret;

	ret = command(kmod, DMAMEM_INFO, &info);
	if (ret == -EBADF)
		return dmamem_because(why, ret, "%s is not open", node);
	if (ret == -ENOTTY || (!ret && info.abi < DMAMEM_ABI))
		return dmamem_because(why, -EPROTONOSUPPORT,
				      "%s is not a file of the module, or the module is too old for this library",
				      node);
	if (ret)
		return ret;
	kmod->base.page_size = info.page_size;
	return check_mode(kmod, &info, node, mode, why);
}

static int open_node(const char *node, char *why)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
		return dmamem_because(why, -ENOENT,
				      "there is no %s: the module is not loaded, or the function not bound to it",
				      node);
	case EBUSY:
		return dmamem_because(why, -EBUSY,
				      "%s is open already: a function has one user at a time",
				      node);
	default:
		return dmamem_because(why, -errno, "%s: %s", node,
				      strerrordesc_np(errno));
	}
}

static int create(int fd, const char *node, enum dmamem_iova_mode mode,
		  struct dmamem_provider **provider, char *why)
{
	struct kmod *kmod = calloc(1, sizeof(*kmod));
	int ret;

	if (!kmod)
		return -ENOMEM;
	dmamem_provider_init(&kmod->base, &kmod_ops);
	kmod->fd = fd;
	ret = kmod_ask(kmod, node, mode, why);
	if (ret) {
		free(kmod);
		return ret;
	}
	*provider = &kmod->base;
	return 0;
}

int dmamem_provider_kmod_open(const char *node, enum dmamem_iova_mode mode,
			      struct dmamem_provider **provider, char *why)
{
	int ret, fd = open_node(node, why);

	if (fd < 0)
		return fd;
	ret = create(fd, node, mode, provider, why);
	if (ret)
		close(fd);
	return ret;
}

int dmamem_provider_kmod_open_fd(int fd, enum dmamem_iova_mode mode,
				 struct dmamem_provider **provider, char *why)
{
	int ret = create(fd, "module_fd", mode, provider, why);

	if (!ret)
		to_kmod(*provider)->borrowed = true;
	return ret;
}

void dmamem_provider_kmod_take_fd(struct dmamem_provider *provider)
{
	struct kmod *kmod = to_kmod(provider);

	fcntl(kmod->fd, F_SETFD, FD_CLOEXEC);
	kmod->borrowed = false;
}
