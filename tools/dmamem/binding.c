// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Giving a PCI function to a driver for user space, and back to the one it had.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/dmamem/binding.h"
#include "tools/dmamem/tree.h"

#define DRIVERS "/sys/bus/pci/drivers"

bool binding_is_ours(const struct binding_memory *now)
{
	static const char * const drivers[] = { "dmamem", "vfio-pci",
						"uio_pci_generic" };
	const char *name = now->driver[0] ? now->driver : now->override;

	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(name, drivers[i]))
			return true;
	return false;
}

/* "1b36:0010": at one address there may be another device after a while */
static void read_id(const char *root, const char *bdf, char id[16])
{
	unsigned int vendor, device;

	vendor = tree_number(root, 0, PCI_DEVICES "/%s/vendor", bdf) & 0xffff;
	device = tree_number(root, 0, PCI_DEVICES "/%s/device", bdf) & 0xffff;
	snprintf(id, 16, "%04x:%04x", vendor, device);
}

static bool is_stale(const char *root, const char *bdf,
		     const struct binding_memory *now)
{
	struct binding_memory noted;

	return !binding_is_ours(now) || binding_recall(root, bdf, &noted);
}

int binding_remember(const char *root, const char *bdf,
		     const struct binding_memory *memory)
{
	char path[PATH_MAX], id[16];
	FILE *stream;
	int fd, err;

	if (is_stale(root, bdf, memory))
		binding_forget(root, bdf);
	read_id(root, bdf, id);
	snprintf(path, sizeof(path), "%s" BINDING_FOLDER, root);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	snprintf(path, sizeof(path), "%s" BINDING_FOLDER "/%s", root, bdf);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	stream = fdopen(fd, "w");
	if (!stream) {
		err = -errno;
		close(fd);
		unlink(path);
		return err;
	}
	fprintf(stream, "device=%s\ndriver=%s\noverride=%s\n", id,
		memory->driver, memory->override);
	err = ferror(stream) ? -EIO : 0;
	if (fclose(stream))
		err = -errno;
	if (err)
		unlink(path);
	return err;
}

int binding_recall(const char *root, const char *bdf,
		   struct binding_memory *memory)
{
	char path[PATH_MAX], line[128], id[16];
	bool is_same = false;
	FILE *stream;

	memset(memory, 0, sizeof(*memory));
	snprintf(path, sizeof(path), "%s" BINDING_FOLDER "/%s", root, bdf);
	stream = fopen(path, "re");
	if (!stream)
		return -ENOENT;
	read_id(root, bdf, id);
	while (fgets(line, sizeof(line), stream)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "device=", 7))
			is_same = !strcmp(line + 7, id);
		else if (!strncmp(line, "driver=", 7))
			snprintf(memory->driver, sizeof(memory->driver), "%s",
				 line + 7);
		else if (!strncmp(line, "override=", 9))
			snprintf(memory->override, sizeof(memory->override),
				 "%s", line + 9);
	}
	fclose(stream);
	if (is_same)
		return 0;
	memset(memory, 0, sizeof(*memory));
	return -ENOENT;
}

void binding_forget(const char *root, const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" BINDING_FOLDER "/%s", root, bdf);
	unlink(path);
}

void binding_current(const char *root, const char *bdf,
		     struct binding_memory *memory)
{
	tree_link(root, memory->driver, sizeof(memory->driver),
		  PCI_DEVICES "/%s/driver", bdf);
	tree_read(root, memory->override, sizeof(memory->override),
		  PCI_DEVICES "/%s/driver_override", bdf);
	if (!strcmp(memory->override, "(null)"))
		memory->override[0] = '\0';
}

/* An end of line alone takes it away */
static int set_override(const char *bdf, const char *override, char *why)
{
	char text[136];
	int err;

	snprintf(text, sizeof(text), "%s\n", override);
	err = tree_write("", text, PCI_DEVICES "/%s/driver_override", bdf);
	if (err)
		snprintf(why, BINDING_WHY, "the driver_override of %s cannot be set: %s",
			 bdf, strerrordesc_np(-err));
	return err;
}

static int leave_driver(const char *bdf, const char *driver, char *why)
{
	int err;

	if (!driver[0])
		return 0;
	err = tree_write("", bdf, DRIVERS "/%s/unbind", driver);
	if (err)
		snprintf(why, BINDING_WHY, "%s does not let go of %s: %s",
			 driver, bdf, strerrordesc_np(-err));
	return err;
}

static int enter_driver(const char *bdf, const char *driver, char *why)
{
	int err;

	if (!driver[0])
		return 0;
	err = tree_write("", bdf, DRIVERS "/%s/bind", driver);
	if (err)
		snprintf(why, BINDING_WHY, "%s does not take %s: %s", driver,
			 bdf, strerrordesc_np(-err));
	return err;
}

/* A way back that fails, too, is added to what went wrong */
static void go_back(const char *bdf, const struct binding_memory *before,
		    char *why)
{
	struct binding_memory now;
	char more[BINDING_WHY];
	size_t length = strlen(why);
	int err;

	binding_current("", bdf, &now);
	err = set_override(bdf, before->override, more);
	if (!err && strcmp(now.driver, before->driver) != 0) {
		err = leave_driver(bdf, now.driver, more);
		if (!err)
			err = enter_driver(bdf, before->driver, more);
	}
	if (err)
		snprintf(why + length, BINDING_WHY - length,
			 "; and there is no way back: %.200s", more);
}

int binding_take(const char *bdf, const char *driver, const char *override,
		 struct use_hold *hold, char *why)
{
	struct binding_memory before;
	int err;

	binding_current("", bdf, &before);
	err = set_override(bdf, driver, why);
	if (!err)
		err = leave_driver(bdf, before.driver, why);
	use_release(hold);
	if (!err)
		err = enter_driver(bdf, driver, why);
	if (!err)
		err = set_override(bdf, override, why);
	if (err)
		go_back(bdf, &before, why);
	return err;
}

int binding_move(const char *bdf, const char *driver, const char *override,
		 char *why)
{
	struct use_hold hold = { 0 };

	return binding_take(bdf, driver, override, &hold, why);
}

/* Without an IOMMU groups have a name that tells of it */
static void vfio_node(const char *root, const struct pci_function *function,
		      char *path, size_t size)
{
	char name[32];

	tree_read(root, name, sizeof(name), PCI_DEVICES "/%s/iommu_group/name",
		  function->bdf);
	snprintf(path, size, "/dev/vfio/%s%s", strcmp(name, "vfio-noiommu") ?
		 "" : "noiommu-", function->group);
}

void binding_node(const char *root, const struct pci_function *function,
		  char *path, size_t size)
{
	struct tree_names names;

	path[0] = '\0';
	if (!strcmp(function->driver, "dmamem")) {
		snprintf(path, size, "/dev/dmamem-%s", function->bdf);
	} else if (!strcmp(function->driver, "vfio-pci")) {
		vfio_node(root, function, path, size);
	} else if (!strcmp(function->driver, "uio_pci_generic")) {
		tree_list(root, &names, PCI_DEVICES "/%s/uio", function->bdf);
		if (names.nr)
			snprintf(path, size, "/dev/%s", names.names[0]);
		tree_list_free(&names);
	}
}
