// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/compare_device.h"
#include "tools/dmamem/use.h"

/* Keep others from its disks, unless somebody has them */
static int hold_function(const struct pci_function *function,
			 struct use_hold *hold)
{
	char why[USE_WHY];
	int ret;

	if (function->class != PCI_CLASS_NVME) {
		warnx("%s is no NVMe controller but: %s", function->bdf,
		      pci_class_name(function->class));
		return CMD_USAGE;
	}
	ret = use_hold("", function, why, hold);
	if (ret == -EBUSY) {
		warnx("%s is in use: %s", function->bdf, why);
		return CMD_REFUSED;
	}
	return ret ? CMD_FAILED : CMD_DONE;
}

static int note(struct compare_device *device)
{
	int ret;

	binding_current("", device->bdf, &device->before);
	ret = binding_remember("", device->bdf, &device->before);
	device->noted = !ret;
	if (!ret || ret == -EEXIST)
		return CMD_DONE;
	warnx("what %s is bound to cannot be noted in %s: %s", device->bdf,
	      BINDING_FOLDER, strerrordesc_np(-ret));
	return CMD_FAILED;
}

/* While its disks are held, nobody can mount them meanwhile */
static int leave_driver(const struct compare_device *device,
			struct use_hold *hold)
{
	char why[BINDING_WHY];

	if (!binding_take(device->bdf, "", "", hold, why))
		return CMD_DONE;
	warnx("%s", why);
	if (device->noted)
		binding_forget("", device->bdf);
	return CMD_FAILED;
}

int compare_device_take(const char *bdf, struct compare_device *device)
{
	struct use_hold hold = { 0 };
	struct pci_function function;
	int code;

	if (pci_function_read("", bdf, &function)) {
		warnx("there is no PCI function %s: 'dmamem doctor' lists those there are",
		      bdf);
		return CMD_USAGE;
	}
	device->bdf = bdf;
	code = hold_function(&function, &hold);
	pci_function_free(&function);
	if (!code)
		code = note(device);
	if (!code)
		code = leave_driver(device, &hold);
	use_release(&hold);
	return code;
}

int compare_device_bind(const char *bdf, const char *driver, char *why,
			size_t size)
{
	struct binding_memory now;
	char reason[BINDING_WHY];
	int ret;

	binding_current("", bdf, &now);
	if (!strcmp(now.driver, driver))
		return 0;
	if (*driver && !tree_exists("", "/sys/bus/pci/drivers/%s", driver)) {
		snprintf(why, size, "the driver %s is not loaded", driver);
		return -ENOENT;
	}
	ret = binding_move(bdf, driver, driver, reason);
	if (ret)
		snprintf(why, size, "%.*s", (int)size - 1, reason);
	return ret;
}

int compare_device_give_back(const struct compare_device *device)
{
	char why[BINDING_WHY];
	int ret;

	ret = binding_move(device->bdf, device->before.driver,
			   device->before.override, why);
	if (ret)
		warnx("%s", why);
	else if (device->noted)
		binding_forget("", device->bdf);
	return ret;
}
