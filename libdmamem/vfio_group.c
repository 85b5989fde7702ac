// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Opening a VFIO group. All devices of a group share what the IOMMU lets
 * through, so none of them may be in other hands.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libdmamem/explain.h"
#include "libdmamem/vfio_group.h"

/* Drivers that VFIO does not mind: they do no DMA of their own */
static bool is_harmless(const char *driver)
{
	static const char * const names[] = { "", "vfio-pci", "pci-stub",
					      "pcieport" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(driver, names[i]))
			return true;
	return false;
}

int dmamem_vfio_group_explain_viability(const char *root, const char *group,
					char *why)
{
	struct dmamem_facts other;
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	dmamem_because(why, 0,
		       "group %s is not viable: a device in it is bound to a driver that uses it",
		       group);
	snprintf(path, sizeof(path), "%s/sys/kernel/iommu_groups/%s/devices",
		 root, group);
	dir = opendir(path);
	if (!dir)
		return -EBUSY;
	while ((entry = readdir(dir))) {
		if (dmamem_facts_read(root, entry->d_name, &other) ||
		    is_harmless(other.driver))
			continue;
		dmamem_because(why, 0,
			       "group %s is not viable: %s is in it and bound to %s; unbind it, or bind it to vfio-pci",
			       group, other.device, other.driver);
		break;
	}
	closedir(dir);
	return -EBUSY;
}

static int explain_open(const struct dmamem_facts *facts, int err, char *why)
{
	switch (err) {
	case ENOENT:
		return dmamem_because(why, -ENOENT,
				      "/dev/vfio/%s is not there: VFIO does not know the group of %s",
				      facts->group, facts->device);
	case EACCES:
	case EPERM:
		return dmamem_because(why, -EACCES,
				      "no permission to open /dev/vfio/%s: its owner and mode decide who may",
				      facts->group);
	case EBUSY:
		return dmamem_because(why, -EBUSY,
				      "/dev/vfio/%s is open already: a group has one user at a time",
				      facts->group);
	default:
		return dmamem_because(why, -err, "/dev/vfio/%s: %s", facts->group,
				      strerrordesc_np(err));
	}
}

int dmamem_vfio_group_open(const struct dmamem_facts *facts, char *why)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];
	int fd, ret;

	snprintf(path, sizeof(path), "/dev/vfio/%s", facts->group);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return explain_open(facts, errno, why);
	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		ret = dmamem_because(why, -errno, "%s: %s", path,
				     strerrordesc_np(errno));
	else if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		ret = dmamem_vfio_group_explain_viability("/", facts->group,
							  why);
	else
		return fd;
	close(fd);
	return ret;
}
