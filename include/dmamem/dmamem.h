/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The context: where DMA addresses come from. Everything else hangs off it.
 */
#ifndef DMAMEM_DMAMEM_H
#define DMAMEM_DMAMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dmamem_context;

/**
 * enum dmamem_open_flags - flags of struct dmamem_options
 * @DMAMEM_OPEN_RESIDENT_LISTS: keep an NVMe PRP list for all registered memory,
 *                              so that transfers of several pages need none to
 *                              be built. 4 KiB, pinned, for every 2 MiB that
 *                              have anything registered. The device must be able
 *                              to use them where the kernel puts them: if not,
 *                              dmamem_register() fails with -ERANGE.
 * @DMAMEM_OPEN_MODULE_FD: take over a file of the module, with what is pinned
 *                         through it: see dmamem_adopt()
 */
enum dmamem_open_flags {
	DMAMEM_OPEN_RESIDENT_LISTS = 1 << 0,
	DMAMEM_OPEN_MODULE_FD = 1 << 1,
};

/**
 * enum dmamem_iova_mode - what DMA addresses are
 * @DMAMEM_IOVA_AUTO: whatever the machine and the device permit
 * @DMAMEM_IOVA_PA: physical addresses: nothing translates for the device
 * @DMAMEM_IOVA_VA: the addresses that the process has itself
 * @DMAMEM_IOVA_DMA: others, which the kernel or the library chose
 */
enum dmamem_iova_mode {
	DMAMEM_IOVA_AUTO,
	DMAMEM_IOVA_PA,
	DMAMEM_IOVA_VA,
	DMAMEM_IOVA_DMA,
};

/**
 * struct dmamem_options - how to open a context
 * @size: sizeof(struct dmamem_options)
 * @node: device file of the module; NULL: chosen
 * @flags: enum dmamem_open_flags
 * @provider: where addresses come from: "kmod" (the module), "vfio", "hugepage"
 *            (hugetlbfs and pagemap), or "auto" or NULL: chosen
 * @device: PCI address of the function that is to use the memory, as
 *          "0000:00:04.0"; NULL: not known. What it is bound to, and what
 *          translates for it, decides what is chosen.
 * @iova_mode: what the addresses must be
 * @address_bits: bits of an address that the device can use, 12 to 64; 0: all
 * @window_first: lowest address that the device can use
 * @window_last: highest address that the device can use; 0: there is no limit
 * @boundary: power of two, 4 KiB or more, a multiple of which no run of
 *            addresses may cross; 0: there is none
 * @explanation: where dmamem_open() writes in words why it failed; may be NULL
 * @explanation_size: bytes at @explanation, the terminating 0 included
 * @module_fd: with DMAMEM_OPEN_MODULE_FD, what dmamem_module_fd() gave in another
 *             process. It belongs to the context once that is open. @node and
 *             @device are NULL then, and @provider "kmod", "auto" or NULL.
 * @reserved: 0
 *
 * Zero every field that is not used. Strings are not used after dmamem_open()
 * has returned.
 */
struct dmamem_options {
	size_t size;
	const char *node;
	uint64_t flags;
	const char *provider;
	const char *device;
	enum dmamem_iova_mode iova_mode;
	unsigned int address_bits;
	uint64_t window_first;
	uint64_t window_last;
	uint64_t boundary;
	char *explanation;
	size_t explanation_size;
	int module_fd;
	unsigned int reserved;
};

/**
 * dmamem_open() - open a context
 * @options: NULL for the defaults
 * @ctx: the new context, unchanged on failure
 *
 * What is possible and needs least privilege is taken: the VFIO group of
 * @options->device, then the module's node for it, then /dev/dmamem, then huge
 * pages. dmamem_get_reason() says why. If nothing is possible the error is that
 * of the way which the device's driver suggests.
 *
 * Return: 0, or
 * -EINVAL (@options has a size, a flag or a value that this version does not
 * know, or contradicts itself),
 * -ENODEV (there is no such PCI function),
 * -EBADF (@options->module_fd is no open file),
 * -ENOENT (the module is not loaded, no huge pages are there, or the device has
 * no IOMMU),
 * -EACCES (no permission to open a device file),
 * -EPERM (a capability is missing: CAP_SYS_RAWIO for physical addresses from
 * the module, CAP_SYS_ADMIN for those from pagemap),
 * -EBUSY (another process has the device, or it or another one of its IOMMU
 * group is bound to a driver that uses it),
 * -EOPNOTSUPP (the addresses would not be of @options->iova_mode, or not what
 * reaches the memory),
 * -ERANGE (the device cannot address all memory, or nothing that its IOMMU
 * takes: @options say how far it goes),
 * -EPROTONOSUPPORT (the module or VFIO is too old for this library, or
 * @options->module_fd is a file of something else),
 * -ENOMEM.
 */
int dmamem_open(const struct dmamem_options *options,
		struct dmamem_context **ctx);

/**
 * dmamem_foresee() - say what dmamem_open() would choose, and open nothing
 * @options: NULL for the defaults. The words in @explanation are also written
 *           on success: the reason
 * @provider: "kmod", "vfio" or "hugepage"; unchanged on failure
 *
 * No device is enabled or reset. What only opening tells is not foreseen: that
 * another process has the device, that VFIO refuses its group because of other
 * devices in it, or how many address bits an IOMMU takes. To learn which modes
 * a provider would have, ask for each.
 *
 * Return: 0, or the errors of dmamem_open().
 */
int dmamem_foresee(const struct dmamem_options *options, const char **provider);

/**
 * dmamem_close() - release every registration, then the context itself
 * @ctx: from dmamem_open(), or NULL. No device may still use its memory, and
 *       no other thread may still use @ctx.
 *
 * Notify callbacks are told of every registration that goes, in address order.
 *
 * The child of a fork() may close its copy of the context, and must not use it
 * afterwards: that frees memory and closes files of the child. The parent keeps
 * its registrations, and nobody is told of anything.
 *
 * Return: 0, or -EDEADLK with nothing changed (called from a notify callback).
 */
int dmamem_close(struct dmamem_context *ctx);

/**
 * dmamem_explain() - why the last failed call on a context failed, in words
 * @ctx: the context
 * @text: where the words go, terminated, cut off if need be
 * @size: bytes at @text; 0 if only the length is wanted
 *
 * One line without an end of line, for people; it may change with any version.
 * Thread-safe, also from a notify callback; what it tells of is the last
 * failure of any thread.
 *
 * Return: length of the whole text, 0 if no call has failed.
 */
size_t dmamem_explain(struct dmamem_context *ctx, char *text, size_t size);

/**
 * dmamem_get_provider() - where the addresses of a context come from
 * @ctx: the context
 *
 * Return: "kmod", "vfio" or "hugepage"; lives as long as @ctx.
 */
const char *dmamem_get_provider(const struct dmamem_context *ctx);

/**
 * dmamem_get_iova_mode() - what the addresses of a context are
 * @ctx: the context
 *
 * Return: the mode, not DMAMEM_IOVA_AUTO.
 */
enum dmamem_iova_mode dmamem_get_iova_mode(const struct dmamem_context *ctx);

/**
 * dmamem_get_reason() - why provider and mode were chosen, in words
 * @ctx: the context
 *
 * Return: one line without an end of line; lives as long as @ctx.
 */
const char *dmamem_get_reason(const struct dmamem_context *ctx);

/**
 * dmamem_add_device() - let another device use the memory of a context
 * @ctx: the context
 * @device: PCI address, as "0000:00:04.0"
 *
 * With VFIO the device's group joins the container: what is or will be
 * registered has the same addresses for all its devices. With /dev/dmamem,
 * whose addresses are the same for every device anyway, the device becomes a
 * guard: it is stopped before memory that is still registered is released when
 * the process dies. Thread-safe.
 *
 * Return: 0, or with nothing changed
 * -EINVAL (@device is not a PCI address, or its IOMMU does not take what is
 * registered),
 * -ENODEV (there is no such function),
 * -EEXIST (it was added before),
 * -ENOENT, -EACCES, -EPERM, -EBUSY (as of dmamem_open()),
 * -ENOSPC (there are too many guards),
 * -EOPNOTSUPP (the provider takes no further devices),
 * -EPROTONOSUPPORT (the kernel does not say what the device's IOMMU takes),
 * -EIO (another process opened the context),
 * -EDEADLK (called from a notify callback), -ENOMEM.
 */
int dmamem_add_device(struct dmamem_context *ctx, const char *device);

/**
 * dmamem_device_fd() - the VFIO file of a device
 * @ctx: the context
 * @device: PCI address of a device that @ctx was opened for or that was added
 *
 * It maps the device's registers, reads and writes its configuration space and
 * sets its interrupts up; see <linux/vfio.h>. It belongs to @ctx: closing the
 * context closes it, which resets the device. Thread-safe.
 *
 * Return: a file descriptor, or -EINVAL (@device is not a PCI address), -ENODEV
 * (it is not in @ctx), -EOPNOTSUPP (the provider is not "vfio"), -EDEADLK
 * (called from a notify callback).
 */
int dmamem_device_fd(struct dmamem_context *ctx, const char *device);

#ifdef __cplusplus
}
#endif

#endif
