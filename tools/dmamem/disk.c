// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The disks of a PCI function, and whether somebody needs them.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/disk.h"
#include "tools/dmamem/openers.h"

struct volume {
	const char *root;
	const char *name;
	char path[PATH_MAX];
	char dev[32];
	char *why;
};

/* "nvme0c1n2" is a path to "nvme0n2", which all controllers of it share */
static void to_shared(char *name)
{
	char *at = name, *controller;

	if (strncmp(name, "nvme", 4) != 0)
		return;
	at += 4 + strspn(name + 4, "0123456789");
	controller = at;
	if (*at != 'c')
		return;
	at += 1 + strspn(at + 1, "0123456789");
	memmove(controller, at, strlen(at) + 1);
}

static bool is_behind(const char *root, const char *disk, const char *bdf)
{
	char path[PATH_MAX], target[PATH_MAX], part[32];
	ssize_t length;

	snprintf(path, sizeof(path), "%s/sys/block/%s", root, disk);
	snprintf(part, sizeof(part), "/%s/", bdf);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	return strstr(target, part);
}

int disks_of(const char *root, const char *bdf, struct tree_names *disks)
{
	size_t kept = 0;
	int err;

	err = tree_list(root, disks, "/sys/block");
	for (size_t i = 0; i < disks->nr; i++) {
		if (is_behind(root, disks->names[i], bdf)) {
			to_shared(disks->names[i]);
			disks->names[kept++] = disks->names[i];
		} else {
			free(disks->names[i]);
		}
	}
	disks->nr = kept;
	return err == -ENOMEM ? err : 0;
}

static int check_holders(struct volume *volume)
{
	struct tree_names holders;
	int err = 0;

	tree_list(volume->root, &holders, "%s/holders", volume->path);
	if (holders.nr) {
		snprintf(volume->why, DISK_WHY, "%s is part of %s",
			 volume->name, holders.names[0]);
		err = -EBUSY;
	}
	tree_list_free(&holders);
	return err;
}

/* Lines as "36 35 259:1 / /mnt rw - ext4 /dev/nvme0n1p1 rw"; proc(5) */
static bool is_mounted(const struct volume *volume, const char *line,
		       char *where)
{
	char dev[32], source[PATH_MAX] = "", path[PATH_MAX];
	const char *tail = strstr(line, " - ");

	if (sscanf(line, "%*u %*u %31s %*s %4095s", dev, where) != 2)
		return false;
	if (tail && sscanf(tail, " - %*s %4095s", source) != 1)
		source[0] = '\0';
	snprintf(path, sizeof(path), "/dev/%s", volume->name);
	return !strcmp(dev, volume->dev) || !strcmp(source, path);
}

static int check_mounts(struct volume *volume)
{
	char path[PATH_MAX], line[3 * PATH_MAX], where[PATH_MAX];
	FILE *stream;
	int err = 0;

	snprintf(path, sizeof(path), "%s/proc/self/mountinfo", volume->root);
	stream = fopen(path, "re");
	while (stream && !err && fgets(line, sizeof(line), stream)) {
		if (!is_mounted(volume, line, where))
			continue;
		snprintf(volume->why, DISK_WHY, "%s is mounted on %.400s",
			 volume->name, where);
		err = -EBUSY;
	}
	if (stream)
		fclose(stream);
	return err;
}

static int check_swaps(struct volume *volume)
{
	char path[PATH_MAX], line[PATH_MAX], node[PATH_MAX];
	FILE *stream;
	int err = 0;

	snprintf(path, sizeof(path), "%s/proc/swaps", volume->root);
	snprintf(node, sizeof(node), "/dev/%s", volume->name);
	stream = fopen(path, "re");
	while (stream && !err && fgets(line, sizeof(line), stream)) {
		line[strcspn(line, " \t")] = '\0';
		if (strcmp(line, node) != 0)
			continue;
		snprintf(volume->why, DISK_WHY, "%s is swap space",
			 volume->name);
		err = -EBUSY;
	}
	if (stream)
		fclose(stream);
	return err;
}

static int check_openers(struct volume *volume)
{
	struct openers openers;
	char node[PATH_MAX];
	int err;

	snprintf(node, sizeof(node), "/dev/%s", volume->name);
	err = openers_find(volume->root, node, &openers);
	if (err)
		return err == -ENOMEM ? err : 0;
	if (openers.nr) {
		snprintf(volume->why, DISK_WHY, "pid %d (%s) has %s open",
			 openers.list[0].pid, openers.list[0].command,
			 volume->name);
		err = -EBUSY;
	}
	openers_free(&openers);
	return err;
}

/* Where the rest does not look: another mount namespace, a pool of ZFS */
static int check_exclusive(struct volume *volume)
{
	char node[PATH_MAX];
	int fd;

	snprintf(node, sizeof(node), "%s/dev/%s", volume->root, volume->name);
	fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno != EBUSY)
		return 0;
	snprintf(volume->why, DISK_WHY, "the kernel uses %s", volume->name);
	return -EBUSY;
}

static int check_volume(struct volume *volume)
{
	static int (* const checks[])(struct volume *volume) = {
		check_mounts, check_swaps, check_holders, check_openers,
		check_exclusive,
	};
	int err = 0;

	tree_read(volume->root, volume->dev, sizeof(volume->dev), "%s/dev",
		  volume->path);
	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks) && !err; i++)
		err = checks[i](volume);
	return err;
}

int disk_check(const char *root, const char *disk, char *why)
{
	struct volume volume = { .root = root, .name = disk, .why = why };
	struct tree_names names;
	int err = 0;

	tree_list(root, &names, "/sys/block/%s", disk);
	for (size_t i = 0; i < names.nr && !err; i++) {
		if (!tree_exists(root, "/sys/block/%s/%s/partition", disk,
				 names.names[i]))
			continue;
		volume.name = names.names[i];
		snprintf(volume.path, sizeof(volume.path), "/sys/block/%s/%s",
			 disk, names.names[i]);
		err = check_volume(&volume);
	}
	volume.name = disk;
	snprintf(volume.path, sizeof(volume.path), "/sys/block/%s", disk);
	if (!err)
		err = check_volume(&volume);
	tree_list_free(&names);
	return err;
}
