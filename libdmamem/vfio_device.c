// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Adding devices to a VFIO container, and letting go of them.
 */
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "libdmamem/explain.h"
#include "libdmamem/vfio_device.h"
#include "libdmamem/vfio_group.h"

static const struct dmamem_vfio_device *
find_group(const struct dmamem_vfio_device *devices, const char *group)
{
	for (; devices; devices = devices->next)
		if (devices->group_fd >= 0 && !strcmp(devices->group, group))
			return devices;
	return NULL;
}

struct dmamem_vfio_device *
dmamem_vfio_device_find(struct dmamem_vfio_device *devices, const char *name)
{
	for (; devices; devices = devices->next)
		if (!strcmp(devices->name, name))
			return devices;
	return NULL;
}

static int explain_container(const struct dmamem_facts *facts, int err,
			     char *why)
{
	if (err == EPERM)
		return dmamem_because(why, -EPERM,
				      "the IOMMU of %s does not keep interrupts apart (allow_unsafe_interrupts of vfio_iommu_type1)",
				      facts->device);
	if (err == EINVAL)
		return dmamem_because(why, -EINVAL,
				      "the IOMMU of %s does not take what is mapped already: add devices before registering memory",
				      facts->device);
	return dmamem_because(why, -err, "group %s cannot join the container: %s",
			      facts->group, strerrordesc_np(err));
}

/* The first group gives the container its IOMMU */
static int join_container(int group, int container, bool first,
			  const struct dmamem_facts *facts, char *why)
{
	int err;

	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0)
		return explain_container(facts, errno, why);
	if (!first || !ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return 0;
	err = errno;
	ioctl(group, VFIO_GROUP_UNSET_CONTAINER);
	return explain_container(facts, err, why);
}

static int add_group(int container, const struct dmamem_facts *facts,
		     bool first, char *why)
{
	int fd, ret;

	fd = dmamem_vfio_group_open(facts, why);
	if (fd < 0)
		return fd;
	ret = join_container(fd, container, first, facts, why);
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

static int open_device(int group, const struct dmamem_facts *facts, char *why)
{
	int fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, facts->device);

	if (fd < 0)
		return dmamem_because(why, -errno,
				      "%s cannot be opened through its group: %s",
				      facts->device, strerrordesc_np(errno));
	return fd;
}

int dmamem_vfio_device_open(int container, const struct dmamem_facts *facts,
			    struct dmamem_vfio_device **devices, char *why)
{
	const struct dmamem_vfio_device *same = find_group(*devices,
							   facts->group);
	struct dmamem_vfio_device *new = calloc(1, sizeof(*new));
	int ret;

	if (!new)
		return -ENOMEM;
	memcpy(new->name, facts->device, sizeof(new->name));
	memcpy(new->group, facts->group, sizeof(new->group));
	new->group_fd = -1;
	if (!same) {
		ret = add_group(container, facts, !*devices, why);
		if (ret < 0)
			goto free;
		new->group_fd = ret;
	}
	ret = open_device(same ? same->group_fd : new->group_fd, facts, why);
	if (ret < 0)
		goto close;
	new->fd = ret;
	new->next = *devices;
	*devices = new;
	return 0;

close:
	if (new->group_fd >= 0)
		close(new->group_fd);
free:
	free(new);
	return ret;
}

void dmamem_vfio_devices_close(struct dmamem_vfio_device *devices)
{
	struct dmamem_vfio_device *device;

	while ((device = devices)) {
		devices = device->next;
		close(device->fd);
		if (device->group_fd >= 0)
			close(device->group_fd);
		free(device);
	}
}
