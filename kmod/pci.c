// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI driver: a function bound to it gets a device node of its own,
 * /dev/dmamem-<domain:bus:device.function>.
 *
 * The driver has no ids; driver_override binds it. It requests no regions,
 * because user space could not map the resource files of sysfs then.
 */
#include <linux/capability.h>
#include <linux/dma-map-ops.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "compat.h"
#include "dmamem.h"

static unsigned int dma_bits = 64;
module_param(dma_bits, uint, 0644);
MODULE_PARM_DESC(dma_bits,
		 "Address bits of functions bound from now on (default 64)");

static void device_free(struct kref *ref)
{
	struct dmamem_device *dev = container_of(ref, struct dmamem_device, ref);

	pci_dev_put(dev->pdev);
	kfree(dev);
}

static void device_put(struct dmamem_device *dev)
{
	kref_put(&dev->ref, device_free);
}

static int device_open(struct inode *inode, struct file *file)
{
	/* misc_open() excludes misc_deregister(): the device is there */
	struct dmamem_device *dev = container_of(file->private_data,
						 struct dmamem_device, misc);
	int ret = -EBUSY;

	if (test_and_set_bit(0, &dev->open))
		return -EBUSY;

	/* Or a user could leave pages behind again and again, limit or not */
	if (!dmamem_quarantine_holds(dev->pdev) || capable(CAP_SYS_RAWIO))
		ret = dmamem_context_open(file, dev);
	if (ret) {
		clear_bit(0, &dev->open);
		return ret;
	}
	kref_get(&dev->ref);
	pci_set_master(dev->pdev);
	return 0;
}

/* With the device lock held, as remove() does */
static bool stop_bound(struct dmamem_device *dev, bool in_use)
{
	if (in_use)
		return dmamem_stop_locked(dev->pdev);
	pci_clear_master(dev->pdev);
	return true;
}

static bool stop_device(struct dmamem_device *dev, bool in_use)
{
	bool stopped = false;

	if (!READ_ONCE(dev->gone) && dmamem_trylock(dev->pdev)) {
		stopped = !dev->gone && stop_bound(dev, in_use);
		device_unlock(&dev->pdev->dev);
	}
	if (stopped || !in_use || !READ_ONCE(dev->gone))
		return stopped;
	/*
	 * The function is not ours to stop any more. Resets that fail may take
	 * longer than what is taken for a hung task.
	 */
	while (!wait_for_completion_timeout(&dev->removed, 30 * HZ))
		;
	return dev->stopped;
}

/*
 * Stop the function of a context that is being closed, and take its addresses.
 * The context loses the device; if that could not be stopped, it is left in
 * @functions.
 */
void dmamem_device_close(struct dmamem_context *ctx, bool in_use)
{
	struct dmamem_device *dev = ctx->dev;

	if (!stop_device(dev, in_use))
		dmamem_add_function(ctx, dev->pdev);
	down_write(&dev->lock);
	dmamem_unmap_all(dev);
	up_write(&dev->lock);

	ctx->dev = NULL;
}

/* The file is closed: the next may be opened */
void dmamem_device_release(struct dmamem_device *dev)
{
	clear_bit(0, &dev->open);
	device_put(dev);
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = dmamem_context_close,
	.unlocked_ioctl = dmamem_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = dmamem_show_fdinfo,
};

static int count_one(struct device *device, void *count)
{
	++*(unsigned int *)count;
	return 0;
}

/* Functions that the IOMMU cannot tell apart are a group, with one domain */
static bool is_alone(struct device *device)
{
	struct iommu_group *group = iommu_group_get(device);
	unsigned int count = 0;

	if (!group)
		return false;
	iommu_group_for_each_dev(group, &count, count_one);
	iommu_group_put(group);
	return count == 1;
}

/* What the PCI core sets: the next driver may never ask for more */
static void restore_limits(struct device *device)
{
	dma_set_mask_and_coherent(device, DMA_BIT_MASK(32));
	dma_set_max_seg_size(device, SZ_64K);
	dma_set_seg_boundary(device, DMA_BIT_MASK(32));
}

/*
 * Does the IOMMU keep a function to our mappings? It does when the function has
 * a domain for itself, which another function may join at any time, and when
 * interrupts are checked as well: else a write to the right address is any
 * interrupt. One that is gone reaches nothing.
 */
bool dmamem_device_is_confined(struct dmamem_device *dev)
{
	struct device *device = &dev->pdev->dev;
	bool confined = true;

	if (down_read_killable(&dev->lock))
		return false;
	if (!dev->gone)
		confined = dev->domain && is_alone(device) &&
			   dmamem_has_isolated_msi(device);
	up_read(&dev->lock);
	return confined;
}

static int setup_dma(struct dmamem_device *dev)
{
	unsigned int bits = clamp(dma_bits, 16U, 64U);
	struct device *device = &dev->pdev->dev;
	int ret;

	ret = dma_set_mask_and_coherent(device, DMA_BIT_MASK(bits));
	if (ret && bits > 32)
		ret = dma_set_mask_and_coherent(device, DMA_BIT_MASK(32));
	if (ret)
		return ret;

	/* 64 KiB and 4 GiB by default: runs would be cut for nothing */
	dma_set_max_seg_size(device, UINT_MAX);
	dma_set_seg_boundary(device, ULONG_MAX);

	dev->domain = iommu_get_domain_for_dev(device);
	if (dev->domain && !iommu_is_dma_domain(dev->domain))
		dev->domain = NULL;
	return 0;
}

static struct dmamem_device *device_alloc(struct pci_dev *pdev)
{
	struct dmamem_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;

	kref_init(&dev->ref);
	init_rwsem(&dev->lock);
	init_completion(&dev->removed);
	spin_lock_init(&dev->mapped_lock);
	INIT_LIST_HEAD(&dev->mapped);
	dev->pdev = pci_dev_get(pdev);
	snprintf(dev->name, sizeof(dev->name), "dmamem-%s", pci_name(pdev));
	dev->misc.minor = MISC_DYNAMIC_MINOR;
	dev->misc.name = dev->name;
	dev->misc.mode = 0600;
	dev->misc.parent = &pdev->dev;
	dev->misc.fops = &device_fops;
	return dev;
}

static int dmamem_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct dmamem_device *dev;
	int ret;

	/* Resetting a bridge takes down whatever is behind it */
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return -EINVAL;
	dev = device_alloc(pdev);
	if (!dev)
		return -ENOMEM;

	ret = pci_enable_device(pdev);
	if (ret)
		goto put;
	ret = setup_dma(dev);
	if (ret)
		goto restore;

	pci_set_drvdata(pdev, dev);
	ret = misc_register(&dev->misc);
	if (ret)
		goto restore;
	return 0;

restore:
	restore_limits(&pdev->dev);
	pci_disable_device(pdev);
put:
	device_put(dev);
	return ret;
}

static void dmamem_remove(struct pci_dev *pdev)
{
	struct dmamem_device *dev = pci_get_drvdata(pdev);
	bool in_use;

	misc_deregister(&dev->misc);

	/* From here on commands on an open file find the function gone */
	down_write(&dev->lock);
	WRITE_ONCE(dev->gone, true);
	in_use = !list_empty(&dev->mapped);
	up_write(&dev->lock);

	/* It may take a minute: those that are on their way do not wait for it */
	dev->stopped = !in_use || dmamem_stop_locked(pdev);
	complete_all(&dev->removed);

	down_write(&dev->lock);
	dmamem_unmap_all(dev);
	up_write(&dev->lock);
	restore_limits(&pdev->dev);

	/* Not left to the last user of the function, who may be another */
	pci_clear_master(pdev);
	pci_disable_device(pdev);
	device_put(dev);
}

struct pci_driver dmamem_pci_driver = {
	.name = "dmamem",
	.probe = dmamem_probe,
	.remove = dmamem_remove,
};
