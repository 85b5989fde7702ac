// SPDX-License-Identifier: GPL-2.0
/*
 * The least that a pin can cost: pin_user_pages_fast() into one array, nothing
 * counted, charged, joined or undone. A yardstick for bench/kmod; loaded into a
 * guest for that and never anywhere else.
 *
 * Writing {address, pages} to /dev/barepin pins, writing {0, 0} unpins.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

static struct page **pages;
static long nr_pages;

static ssize_t unpin(void)
{
	if (nr_pages > 0)
		unpin_user_pages_dirty_lock(pages, nr_pages, true);
	nr_pages = 0;
	return 0;
}

static ssize_t barepin_write(struct file *file, const char __user *user,
			     size_t size, loff_t *pos)
{
	unsigned long request[2];

	if (size != sizeof(request) || copy_from_user(request, user, size))
		return -EINVAL;
	if (!request[1])
		return unpin();

	if (nr_pages || request[1] > (1UL << 20))
		return -EBUSY;
	nr_pages = pin_user_pages_fast(request[0], request[1],
				       FOLL_WRITE | FOLL_LONGTERM, pages);
	return nr_pages;
}

static const struct file_operations barepin_fops = {
	.owner = THIS_MODULE,
	.write = barepin_write,
};

static struct miscdevice barepin = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "barepin",
	.mode = 0600,
	.fops = &barepin_fops,
};

static int __init barepin_init(void)
{
	int ret;

	pages = vzalloc(sizeof(*pages) << 20);
	if (!pages)
		return -ENOMEM;
	ret = misc_register(&barepin);
	if (ret)
		vfree(pages);
	return ret;
}

static void __exit barepin_exit(void)
{
	misc_deregister(&barepin);
	vfree(pages);
}

module_init(barepin_init);
module_exit(barepin_exit);

MODULE_AUTHOR("dmamem developers");
MODULE_DESCRIPTION("Bare pins, to measure dmamem against");
MODULE_LICENSE("GPL");
