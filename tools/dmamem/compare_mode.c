// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The modes that are compared. Hugepage mode is the library's provider for it,
 * which reads pagemap in bulk; so is mlock mode, although many who do that read
 * an entry at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <dmamem/memory.h>

#include "tools/dmamem/compare_device.h"
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/runs.h"
#include "tools/memory/pages.h"

/* The kernel's Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PFN ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_ENTRIES 4096

static int because(struct compare_session *session, int err, const char *what)
{
	snprintf(session->why, sizeof(session->why), "%s: %s", what,
		 strerrordesc_np(-err));
	return err;
}

static int control_open(struct compare_session *session, const char *device)
{
	(void)session;
	(void)device;
	return 0;
}

static int control_change(struct compare_session *session, void *addr,
			  size_t len)
{
	(void)session;
	(void)addr;
	(void)len;
	return 0;
}

static void control_close(struct compare_session *session)
{
	(void)session;
}

static int mlock_open(struct compare_session *session, const char *device)
{
	int ret;

	(void)device;
	session->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (session->pagemap < 0)
		return because(session, -errno, "/proc/self/pagemap");
	ret = dmamem_map_create(DMAMEM_MAP_LINEAR, DMAMEM_NO_ADDRESS,
				&session->own_map);
	if (ret) {
		close(session->pagemap);
		return because(session, ret, "table of addresses");
	}
	session->map = session->own_map;
	return 0;
}

/* Pages that are consecutive go into the table together */
static int enter_pages(struct compare_session *session, uint64_t addr,
		       const uint64_t *entries, size_t nr)
{
	size_t first, i;
	int ret = 0;

	for (first = 0; first < nr && !ret; first = i) {
		uint64_t frame = entries[first] & PAGEMAP_PFN;

		if (!frame)
			return because(session, -EPERM,
				       "/proc/self/pagemap without CAP_SYS_ADMIN");
		for (i = first + 1; i < nr; i++)
			if ((entries[i] & PAGEMAP_PFN) != frame + i - first)
				break;
		ret = dmamem_map_set(session->own_map, addr + first * PAGE,
				     (i - first) * PAGE, frame * PAGE);
	}
	return ret ? because(session, ret, "table of addresses") : 0;
}

static int read_pages(struct compare_session *session, uint64_t addr,
		      size_t len)
{
	static uint64_t entries[PAGEMAP_ENTRIES];
	size_t nr, left = len / PAGE;
	int ret = 0;

	for (; left && !ret; left -= nr, addr += nr * PAGE) {
		nr = left < PAGEMAP_ENTRIES ? left : PAGEMAP_ENTRIES;
		if (pread(session->pagemap, entries, nr * sizeof(*entries),
			  (off_t)(addr / PAGE * sizeof(*entries))) !=
		    (ssize_t)(nr * sizeof(*entries)))
			return because(session, -EIO, "/proc/self/pagemap");
		ret = enter_pages(session, addr, entries, nr);
	}
	return ret;
}

static int mlock_remove(struct compare_session *session, void *addr, size_t len)
{
	dmamem_map_clear(session->own_map, (uintptr_t)addr, len);
	return munlock(addr, len) ? because(session, -errno, "munlock") : 0;
}

static int mlock_add(struct compare_session *session, void *addr, size_t len)
{
	int ret;

	if (mlock(addr, len))
		return because(session, -errno, "mlock");
	ret = read_pages(session, (uintptr_t)addr, len);
	if (ret) {
		dmamem_map_clear(session->own_map, (uintptr_t)addr, len);
		munlock(addr, len);
	}
	return ret;
}

static void mlock_close(struct compare_session *session)
{
	dmamem_map_free(session->own_map);
	close(session->pagemap);
}

static int context_open(struct compare_session *session, const char *device)
{
	struct dmamem_options options = {
		.size = sizeof(options),
		.provider = session->mode->provider,
		.device = device,
		.explanation = session->why,
		.explanation_size = sizeof(session->why),
	};
	int ret = dmamem_open(&options, &session->ctx);

	if (!ret)
		session->map = dmamem_dma_map(session->ctx);
	return ret;
}

static int context_add(struct compare_session *session, void *addr, size_t len)
{
	int ret = dmamem_register(session->ctx, addr, len);

	if (ret)
		dmamem_explain(session->ctx, session->why,
			       sizeof(session->why));
	return ret;
}

static int context_remove(struct compare_session *session, void *addr,
			  size_t len)
{
	int ret = dmamem_unregister(session->ctx, addr, len);

	if (ret)
		dmamem_explain(session->ctx, session->why,
			       sizeof(session->why));
	return ret;
}

static void context_close(struct compare_session *session)
{
	dmamem_close(session->ctx);
}

#define CONTEXT_OPS							\
	.open = context_open,						\
	.add = context_add,						\
	.remove = context_remove,					\
	.close = context_close

const struct compare_mode compare_modes[] = {
	{
		.name = "unregistered",
		.title = "memory that is not registered, for comparison",
		.control = true,
		.boot = "",
		.open = control_open,
		.add = control_change,
		.remove = control_change,
		.close = control_close,
	}, {
		.name = "hugepage",
		.title = "hugepages and /proc/self/pagemap",
		.hugetlb_only = true,
		.boot = "hugepages=N, or reserved before memory is fragmented",
		.provider = "hugepage",
		CONTEXT_OPS,
	}, {
		.name = "mlock",
		.title = "mlock() and /proc/self/pagemap",
		.boot = "nothing",
		.open = mlock_open,
		.add = mlock_add,
		.remove = mlock_remove,
		.close = mlock_close,
	}, {
		.name = "physical",
		.title = "dmamem.ko, physical addresses (/dev/dmamem)",
		.boot = "nothing",
		.provider = "kmod",
		CONTEXT_OPS,
	}, {
		.name = "device node",
		.title = "dmamem.ko, addresses of one function (/dev/dmamem-BDF)",
		.driver = "dmamem",
		.boot = "nothing; an IOMMU is used if it is on",
		.provider = "kmod",
		CONTEXT_OPS,
	}, {
		.name = "VFIO",
		.title = "vfio-pci and an IOMMU",
		.driver = "vfio-pci",
		.boot = "an IOMMU, on (intel_iommu=on)",
		.provider = "vfio",
		CONTEXT_OPS,
	},
};

const unsigned int nr_compare_modes =
	sizeof(compare_modes) / sizeof(compare_modes[0]);

/* Modes without a driver of their own leave the device to nobody */
static int find_device(struct compare *compare, const struct compare_mode *mode,
		       bool for_device, struct compare_session *session)
{
	const char *driver = mode->driver ? mode->driver : "";

	if (!mode->driver && !for_device)
		return 0;
	if (!compare->device) {
		snprintf(session->why, sizeof(session->why),
			 "no --device was named");
		return -ENODEV;
	}
	return compare_device_bind(compare->device, driver, session->why,
				   sizeof(session->why));
}

int compare_open(struct compare *compare, const struct compare_mode *mode,
		 bool for_device, struct compare_session *session)
{
	bool named = mode->driver || for_device;
	int ret;

	*session = (struct compare_session){ .mode = mode };
	ret = find_device(compare, mode, for_device, session);
	if (ret)
		return ret;
	return mode->open(session, named ? compare->device : NULL);
}

int compare_add(struct compare_session *session, void *addr, size_t len)
{
	return session->mode->add(session, addr, len);
}

int compare_remove(struct compare_session *session, void *addr, size_t len)
{
	return session->mode->remove(session, addr, len);
}

void compare_close(struct compare_session *session)
{
	session->mode->close(session);
}

bool compare_is_physical(const struct compare_session *session)
{
	if (session->ctx)
		return dmamem_get_iova_mode(session->ctx) == DMAMEM_IOVA_PA;
	return session->map;
}

struct compare_runs compare_count_runs(const struct compare_session *session,
				       const struct iovec *memory)
{
	struct compare_runs runs = { 0 };
	uint64_t len;

	for (uint64_t at = 0; at < memory->iov_len; at += len) {
		len = memory->iov_len - at;
		dmamem_map_translate(session->map,
				     (uintptr_t)memory->iov_base + at, &len);
		runs.number++;
		runs.classes[runs_class(len)]++;
		if (len > runs.longest)
			runs.longest = len;
	}
	return runs;
}
