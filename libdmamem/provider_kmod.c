// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pinning by the kernel module.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/dmamem.h>

#include "libdmamem/provider_kmod.h"

#define NODE "/dev/dmamem"

/* The kernel writes runs where the map reads them */
_Static_assert(sizeof(struct dmamem_run) == sizeof(struct dmamem_extent),
	       "size of an extent");
_Static_assert(offsetof(struct dmamem_run, len) ==
	       offsetof(struct dmamem_extent, length), "layout of an extent");

struct kmod {
	struct dmamem_provider base;
	int fd;
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

	command(to_kmod(provider), DMAMEM_UNPIN, &unpin);
}

static void kmod_close(struct dmamem_provider *provider)
{
	close(to_kmod(provider)->fd);
	free(provider);
}

static const struct dmamem_provider_ops kmod_ops = {
	.pin = kmod_pin,
	.runs = kmod_runs,
	.unpin = kmod_unpin,
	.close = kmod_close,
};

static int kmod_ask(struct kmod *kmod)
{
	struct dmamem_info info = { .size = sizeof(info) };
	int ret;

	ret = command(kmod, DMAMEM_INFO, &info);
	if (ret == -ENOTTY || (!ret && info.abi < DMAMEM_ABI))
		return -EPROTONOSUPPORT;
	kmod->base.page_size = info.page_size;
	return ret;
}

int dmamem_provider_kmod_open(const struct dmamem_options *options,
			      struct dmamem_provider **provider)
{
	struct kmod *kmod = calloc(1, sizeof(*kmod));
	int ret;

	if (!kmod)
		return -ENOMEM;
	kmod->base.ops = &kmod_ops;
	kmod->fd = open(options->node ? options->node : NODE,
			O_RDWR | O_CLOEXEC);
	if (kmod->fd < 0) {
		ret = -errno;
		goto free;
	}
	ret = kmod_ask(kmod);
	if (ret)
		goto close;
	*provider = &kmod->base;
	return 0;

close:
	close(kmod->fd);
free:
	free(kmod);
	return ret;
}
