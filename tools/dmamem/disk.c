// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The disks of a PCI function, and whether somebody needs them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/dmamem/disk.h"
#include "tools/dmamem/exports.h"
#include "tools/dmamem/openers.h"

struct volume {
	const char *root;
	const char *name;
	char path[PATH_MAX];
	char dev[32];
	int claimed;
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

int disks_of(const char *root, const char *bdf, struct tree_names *disks)
{
	int err = tree_list_behind(root, disks, "/sys/block", bdf);

	for (size_t i = 0; i < disks->nr; i++)
		to_shared(disks->names[i]);
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
		tree_clean(where);
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

static int check_exports(struct volume *volume)
{
	char node[PATH_MAX], what[NAME_MAX + 32];

	snprintf(node, sizeof(node), "/dev/%s", volume->name);
	if (!exports_find(volume->root, node, what, sizeof(what)))
		return 0;
	snprintf(volume->why, DISK_WHY, "%s is under %s", volume->name, what);
	return -EBUSY;
}

static int find_opener(struct volume *volume, const char *name)
{
	struct openers openers;
	char node[PATH_MAX];
	int err;

	snprintf(node, sizeof(node), "/dev/%s", name);
	err = openers_find(volume->root, node, &openers);
	if (err)
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < openers.nr && !err; i++) {
		/* That is check_exclusive() */
		if (openers.list[i].pid == getpid())
			continue;
		snprintf(volume->why, DISK_WHY, "pid %d (%s) has %s open",
			 openers.list[i].pid, openers.list[i].command, name);
		err = -EBUSY;
	}
	openers_free(&openers);
	return err;
}

/* The disk "nvme0n1" has the character device "ng0n1", too; "nvme0n1p1" none */
static int check_openers(struct volume *volume)
{
	char generic[NAME_MAX + 1];
	int err = find_opener(volume, volume->name);

	if (err || strncmp(volume->name, "nvme", 4) != 0 ||
	    strchr(volume->name, 'p'))
		return err;
	snprintf(generic, sizeof(generic), "ng%s", volume->name + 4);
	return find_opener(volume, generic);
}

/* Trees of tests have no devices */
static bool is_right(const struct volume *volume, int fd)
{
	unsigned int number[2];
	struct stat status;

	if (volume->root[0])
		return true;
	return sscanf(volume->dev, "%u:%u", &number[0], &number[1]) == 2 &&
	       !fstat(fd, &status) && S_ISBLK(status.st_mode) &&
	       status.st_rdev == makedev(number[0], number[1]);
}

static int open_exclusively(const char *node)
{
	int fd = open(node, O_RDONLY | O_EXCL | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* Where /dev lacks its file, or has something else by that name */
static int open_by_number(const struct volume *volume)
{
	unsigned int number[2];
	char node[PATH_MAX];
	int fd;

	if (sscanf(volume->dev, "%u:%u", &number[0], &number[1]) != 2)
		return -ENOENT;
	snprintf(node, sizeof(node), "%s/dev/.dmamem-%d-%s", volume->root,
		 getpid(), volume->name);
	if (mknod(node, S_IFBLK | 0600, makedev(number[0], number[1])))
		return -errno;
	fd = open_exclusively(node);
	unlink(node);
	if (fd < 0 || is_right(volume, fd))
		return fd;
	close(fd);
	return -ENXIO;
}

static int claim(const struct volume *volume)
{
	char node[PATH_MAX];
	int fd;

	snprintf(node, sizeof(node), "%s/dev/%s", volume->root, volume->name);
	fd = open_exclusively(node);
	if (fd >= 0 && !is_right(volume, fd)) {
		close(fd);
		fd = -ENOENT;
	}
	return fd == -ENOENT ? open_by_number(volume) : fd;
}

/*
 * Where the rest does not look: another mount namespace, a pool of ZFS. Nobody
 * claims a partition of a disk that is claimed as a whole.
 */
static int check_exclusive(struct volume *volume)
{
	if (volume->claimed >= 0)
		return 0;
	if (volume->claimed == -EBUSY)
		snprintf(volume->why, DISK_WHY, "the kernel uses %s",
			 volume->name);
	else
		snprintf(volume->why, DISK_WHY,
			 "perhaps: whether the kernel uses %s cannot be found out (%s)",
			 volume->name, strerrordesc_np(-volume->claimed));
	return -EBUSY;
}

static int check_volume(struct volume *volume)
{
	static int (* const checks[])(struct volume *volume) = {
		check_mounts, check_swaps, check_holders, check_exports,
		check_openers,
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(checks) / sizeof(*checks) && !err; i++)
		err = checks[i](volume);
	return err;
}

static void set_volume(struct volume *volume, const char *name,
		       const char *path)
{
	volume->name = name;
	snprintf(volume->path, sizeof(volume->path), "/sys/block/%s", path);
	tree_read(volume->root, volume->dev, sizeof(volume->dev), "%s/dev",
		  volume->path);
}

static int check_partitions(struct volume *volume, const char *disk)
{
	struct tree_names names;
	char path[2 * NAME_MAX + 2];
	int err;

	err = tree_list(volume->root, &names, "/sys/block/%s", disk);
	err = err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < names.nr && !err; i++) {
		snprintf(path, sizeof(path), "%s/%s", disk, names.names[i]);
		if (!tree_exists(volume->root, "/sys/block/%s/partition", path))
			continue;
		set_volume(volume, names.names[i], path);
		err = check_volume(volume);
	}
	tree_list_free(&names);
	return err;
}

int disk_hold(const char *root, const char *disk, char *why)
{
	struct volume volume = { .root = root, .why = why };
	int err;

	/* First: who comes during the checks is refused, or seen by them */
	set_volume(&volume, disk, disk);
	volume.claimed = claim(&volume);
	err = check_partitions(&volume, disk);
	set_volume(&volume, disk, disk);
	if (!err)
		err = check_volume(&volume);
	if (!err)
		err = check_exclusive(&volume);
	if (err && volume.claimed >= 0)
		close(volume.claimed);
	return err ? err : volume.claimed;
}
