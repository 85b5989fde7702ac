// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the kernel says of the machine in /proc, /sys and /dev.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libdmamem/facts.h"

#define HUGEPAGES "sys/kernel/mm/hugepages"

/* Empty if the file is not there. Without the newline at the end */
static void read_text(int root, const char *path, char *text, size_t size)
{
	ssize_t len = 0;
	int fd;

	fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, size - 1);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* Last part of what a link points to; empty if there is no link */
static void read_link(int root, const char *path, char *name, size_t size)
{
	char target[PATH_MAX];
	const char *last;
	ssize_t len;

	name[0] = '\0';
	len = readlinkat(root, path, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) < size)
		memcpy(name, last, strlen(last) + 1);
}

static bool exists(int root, const char *path)
{
	return !faccessat(root, path, F_OK, AT_EACCESS);
}

static DIR *open_folder(int root, const char *path)
{
	DIR *dir;
	int fd;

	fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

/* The number that follows @name in a file of /proc; 0 if it is not there */
static uint64_t read_field(int root, const char *path, const char *name,
			   int base)
{
	char text[8192], *line;
	ssize_t len = 0;
	int fd;

	fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[len > 0 ? len : 0] = '\0';
	line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, base) : 0;
}

/* On x86 processes get nothing of the first MiB: the kernel keeps it */
static bool is_for_firmware(uint64_t last)
{
#if defined(__x86_64__) || defined(__i386__)
	return last < UINT64_C(1) << 20;
#else
	(void)last;
	return false;
#endif
}

/* Who lacks CAP_SYS_ADMIN reads zeros */
static void read_memory(int root, struct dmamem_facts *facts)
{
	uint64_t first, last;
	char *line = NULL;
	size_t size = 0;
	FILE *file;
	int fd;

	fd = openat(root, "proc/iomem", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	file = fdopen(fd, "r");
	if (!file) {
		close(fd);
		return;
	}
	while (getline(&line, &size, file) > 0) {
		/* Also of memory that came as a device: "System RAM (kmem)" */
		if (!strstr(line, " : System RAM") ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &first, &last) != 2 ||
		    is_for_firmware(last))
			continue;
		if (!facts->memory_last)
			facts->memory_first = first;
		facts->memory_last = last;
	}
	free(line);
	fclose(file);
}

static void add_hugetlb_size(int root, const char *name,
			     struct dmamem_facts *facts)
{
	char path[PATH_MAX], text[32];
	uint64_t size;

	if (strncmp(name, "hugepages-", 10) != 0)
		return;
	size = strtoull(name + 10, NULL, 10) << 10;
	if (!size)
		return;
	snprintf(path, sizeof(path), HUGEPAGES "/%s/free_hugepages", name);
	read_text(root, path, text, sizeof(text));
	facts->hugetlb_free += strtoull(text, NULL, 10) * size;
	if (!facts->hugetlb_unit || size < facts->hugetlb_unit)
		facts->hugetlb_unit = size;
}

static void read_hugetlb(int root, struct dmamem_facts *facts)
{
	struct dirent *entry;
	DIR *dir;

	dir = open_folder(root, HUGEPAGES);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		add_hugetlb_size(root, entry->d_name, facts);
	closedir(dir);
	facts->hugetlb_size = read_field(root, "proc/meminfo",
					 "Hugepagesize:", 10) << 10;
}

/* A group that the kernel made for want of an IOMMU has a name of its own */
static enum dmamem_iommu read_iommu(int root, const char *device_path)
{
	char path[PATH_MAX], text[32];

	snprintf(path, sizeof(path), "%s/iommu_group/name", device_path);
	read_text(root, path, text, sizeof(text));
	if (!strcmp(text, "vfio-noiommu"))
		return DMAMEM_IOMMU_PRETENDED;
	snprintf(path, sizeof(path), "%s/iommu_group/type", device_path);
	read_text(root, path, text, sizeof(text));
	return strcmp(text, "identity") ? DMAMEM_IOMMU_TRANSLATES :
					  DMAMEM_IOMMU_IDENTITY;
}

/* A machine may have IOMMUs, and a function no group before it has a driver */
static enum dmamem_iommu without_group(int root, const char *driver)
{
	struct dirent *entry;
	DIR *dir;

	if (driver[0])
		return DMAMEM_IOMMU_NONE;
	dir = open_folder(root, "sys/class/iommu");
	if (!dir)
		return DMAMEM_IOMMU_NONE;
	while ((entry = readdir(dir)) && entry->d_name[0] == '.')
		;
	closedir(dir);
	return entry ? DMAMEM_IOMMU_UNDECIDED : DMAMEM_IOMMU_NONE;
}

static int read_device(int root, struct dmamem_facts *facts)
{
	char device[PATH_MAX / 2], path[PATH_MAX];

	snprintf(device, sizeof(device), "sys/bus/pci/devices/%s",
		 facts->device);
	if (!exists(root, device))
		return -ENODEV;

	snprintf(path, sizeof(path), "%s/driver", device);
	read_link(root, path, facts->driver, sizeof(facts->driver));
	snprintf(path, sizeof(path), "%s/iommu_group", device);
	read_link(root, path, facts->group, sizeof(facts->group));
	facts->iommu = facts->group[0] ? read_iommu(root, device) :
					 without_group(root, facts->driver);
	snprintf(path, sizeof(path), "dev/dmamem-%s", facts->device);
	facts->device_node = exists(root, path);
	return 0;
}

int dmamem_parse_device(const char *device, char name[24])
{
	unsigned int domain = 0, bus, dev, fn;
	char tail;

	if (sscanf(device, "%8x:%2x:%2x.%1x%c", &domain, &bus, &dev, &fn,
		   &tail) != 4) {
		domain = 0;
		if (sscanf(device, "%2x:%2x.%1x%c", &bus, &dev, &fn,
			   &tail) != 3)
			return -EINVAL;
	}
	if (dev > 31 || fn > 7)
		return -EINVAL;
	snprintf(name, 24, "%04x:%02x:%02x.%x", domain, bus, dev, fn);
	return 0;
}

bool dmamem_facts_capable(const struct dmamem_facts *facts,
			  unsigned int capability)
{
	return facts->capabilities >> capability & 1;
}

int dmamem_facts_read(const char *root, const char *device,
		      struct dmamem_facts *facts)
{
	struct dmamem_facts found = { 0 };
	int fd, ret = 0;

	if (device && dmamem_parse_device(device, found.device))
		return -EINVAL;
	fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	found.capabilities = read_field(fd, "proc/self/status", "CapEff:", 16);
	read_memory(fd, &found);
	found.node = exists(fd, "dev/dmamem");
	read_hugetlb(fd, &found);
	if (device)
		ret = read_device(fd, &found);
	close(fd);
	if (!ret)
		*facts = found;
	return ret;
}
