// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/lib/function.h"
#include "tools/memory/pages.h"

#define DEVICES "/sys/bus/pci/devices"
#define QUARANTINE "/sys/module/dmamem/parameters/quarantine"
#define COMMAND 4
#define COMMAND_MEMORY 2
#define COMMAND_MASTER 4

static uint32_t read_hex(const char *bdf, const char *attribute)
{
	unsigned int value = 0;
	char path[128];
	FILE *stream;

	snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, attribute);
	stream = fopen(path, "re");
	if (!stream)
		return 0;
	if (fscanf(stream, "%x", &value) != 1)
		value = 0;
	fclose(stream);
	return value;
}

int function_find(uint32_t id, char bdf[FUNCTION_NAME])
{
	DIR *dir = opendir(DEVICES);
	struct dirent *entry;
	int ret = -ENODEV;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' ||
		    (!ret && strcmp(entry->d_name, bdf) > 0) ||
		    read_hex(entry->d_name, "vendor") != id >> 16 ||
		    read_hex(entry->d_name, "device") != (id & 0xffff))
			continue;
		snprintf(bdf, FUNCTION_NAME, "%.15s", entry->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

int function_write(const char *bdf, const char *attribute, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), DEVICES "/%s/%s", bdf, attribute);
	return pages_write(path, text);
}

int function_bind(const char *bdf, const char *driver)
{
	int ret;

	ret = function_write(bdf, "driver/unbind", bdf);
	if (ret && ret != -ENOENT)
		return ret;
	ret = function_write(bdf, "driver_override", driver ? driver : "\n");
	if (ret || !driver)
		return ret;
	ret = pages_write("/sys/bus/pci/drivers_probe", bdf);
	if (ret)
		return ret;
	/* drivers_probe does not say when a driver refuses */
	return function_write(bdf, "driver/uevent", "change");
}

static int config_io(const char *bdf, unsigned int offset, void *data,
		     size_t length, int write)
{
	char path[128];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/config", bdf);
	fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write)
		done = pwrite(fd, data, length, offset);
	else
		done = pread(fd, data, length, offset);
	close(fd);
	return done == (ssize_t)length ? 0 : -EIO;
}

int function_read_config(const char *bdf, unsigned int offset, void *data,
			 size_t length)
{
	return config_io(bdf, offset, data, length, 0);
}

int function_write_config(const char *bdf, unsigned int offset,
			  const void *data, size_t length)
{
	return config_io(bdf, offset, (void *)data, length, 1);
}

int function_enable(const char *bdf, int on)
{
	uint16_t bits = COMMAND_MEMORY | COMMAND_MASTER;
	uint16_t command = 0;
	int ret;

	ret = function_read_config(bdf, COMMAND, &command, sizeof(command));
	if (ret)
		return ret;
	command = on ? command | bits : command & ~bits;
	return function_write_config(bdf, COMMAND, &command, sizeof(command));
}

int function_is_master(const char *bdf)
{
	uint16_t command = 0;
	int ret;

	ret = function_read_config(bdf, COMMAND, &command, sizeof(command));
	return ret ? ret : !!(command & COMMAND_MASTER);
}

volatile void *function_map(const char *bdf, size_t length)
{
	char path[128];
	void *addr;
	int fd;

	snprintf(path, sizeof(path), DEVICES "/%s/resource0", bdf);
	fd = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	addr = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return addr == MAP_FAILED ? NULL : addr;
}

int function_release(const char *bdf)
{
	return pages_write(QUARANTINE, bdf);
}

int function_vouch(const char *bdf)
{
	char text[64];

	snprintf(text, sizeof(text), "%s force\n", bdf);
	return pages_write(QUARANTINE, text);
}

/* One that is set up for a function when it gets a driver, as on arm64 */
static int iommu_waits_for_a_driver(const char *bdf)
{
	char path[96];
	glob_t found;
	int ret;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", bdf);
	if (!access(path, F_OK))
		return 0;
	ret = !glob("/sys/class/iommu/*", 0, NULL, &found);
	if (ret)
		globfree(&found);
	return ret;
}

int function_is_translated(const char *bdf)
{
	char path[96], type[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group/type",
		 bdf);
	file = fopen(path, "re");
	if (!file)
		return iommu_waits_for_a_driver(bdf);
	if (!fgets(type, sizeof(type), file))
		type[0] = '\0';
	fclose(file);
	return !strncmp(type, "DMA", 3);
}
