// SPDX-License-Identifier: GPL-2.0
/*
 * dmamem: stable DMA addresses for ordinary user memory
 *
 * Module init and /dev/dmamem, the node without a device behind it.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "dmamem.h"

static int dmamem_open(struct inode *inode, struct file *file)
{
	return dmamem_context_open(file, NULL);
}

static const struct file_operations dmamem_fops = {
	.owner = THIS_MODULE,
	.open = dmamem_open,
	.release = dmamem_context_close,
	.unlocked_ioctl = dmamem_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = dmamem_show_fdinfo,
};

static struct miscdevice dmamem_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "dmamem",
	.mode = 0600,
	.fops = &dmamem_fops,
};

static int __init dmamem_init(void)
{
	int ret;

	ret = dmamem_region_init();
	if (ret)
		return ret;
	ret = bus_register_notifier(&pci_bus_type, &dmamem_removal);
	if (ret)
		goto region;
	ret = pci_register_driver(&dmamem_pci_driver);
	if (ret)
		goto notifier;
	ret = misc_register(&dmamem_misc);
	if (ret)
		goto driver;
	return 0;

driver:
	pci_unregister_driver(&dmamem_pci_driver);
notifier:
	bus_unregister_notifier(&pci_bus_type, &dmamem_removal);
region:
	dmamem_region_exit();
	return ret;
}

static void __exit dmamem_exit(void)
{
	misc_deregister(&dmamem_misc);
	pci_unregister_driver(&dmamem_pci_driver);
	bus_unregister_notifier(&pci_bus_type, &dmamem_removal);
	dmamem_region_exit();
}

module_init(dmamem_init);
module_exit(dmamem_exit);

MODULE_AUTHOR("dmamem developers");
MODULE_DESCRIPTION("Stable DMA addresses for ordinary user memory");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
