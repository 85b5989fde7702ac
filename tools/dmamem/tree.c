// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Small files of /proc, /sys and /dev.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/dmamem/tree.h"

static void make_path(char path[PATH_MAX], const char *root,
		      const char *format, va_list args)
{
	int length = snprintf(path, PATH_MAX, "%s", root);

	vsnprintf(path + length, PATH_MAX - length, format, args);
}

void tree_clean(char *text)
{
	for (; *text; text++)
		if ((*text < ' ' || *text > '~') && *text != '\t')
			*text = '?';
}

static int read_line(const char *path, char *text, size_t size)
{
	ssize_t length;
	int fd, err = 0;

	text[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, size - 1);
	if (length < 0)
		err = -errno;
	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	tree_clean(text);
	close(fd);
	return err;
}

int tree_read(const char *root, char *text, size_t size, const char *format,
	      ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	return read_line(path, text, size);
}

uint64_t tree_number(const char *root, uint64_t otherwise, const char *format,
		     ...)
{
	char path[PATH_MAX], text[64], *end;
	uint64_t number;
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	if (read_line(path, text, sizeof(text)))
		return otherwise;
	number = strtoull(text, &end, 0);
	return end == text || *end ? otherwise : number;
}

int tree_chosen(const char *root, char *word, size_t size, const char *format,
		...)
{
	char path[PATH_MAX], line[256], *from, *to;
	int err;
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	err = read_line(path, line, sizeof(line));
	from = strchr(line, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(word, size, "%.*s", (int)(to - from - 1), from + 1);
	else
		snprintf(word, size, "%s", line);
	return err;
}

int tree_link(const char *root, char *name, size_t size, const char *format,
	      ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t length;
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	name[0] = '\0';
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	memcpy(name, last, strlen(last) + 1);
	return 0;
}

bool tree_exists(const char *root, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	return !access(path, F_OK);
}

int tree_write(const char *root, const char *text, const char *format, ...)
{
	char path[PATH_MAX];
	int fd, err = 0;
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int tree_list(const char *root, struct tree_names *names, const char *format,
	      ...)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int nr, err = 0;
	va_list args;

	va_start(args, format);
	make_path(path, root, format, args);
	va_end(args);
	names->nr = 0;
	names->names = NULL;
	nr = scandir(path, &entries, is_visible, versionsort);
	if (nr < 0)
		return -errno;
	if (nr)
		names->names = calloc(nr, sizeof(*names->names));
	for (int i = 0; i < nr; i++) {
		if (names->names)
			names->names[names->nr] = strdup(entries[i]->d_name);
		if (!names->names || !names->names[names->nr])
			err = -ENOMEM;
		else
			names->nr++;
		free(entries[i]);
	}
	free(entries);
	if (err)
		tree_list_free(names);
	return err;
}

static bool leads_through(const char *root, const char *folder,
			  const char *name, const char *device)
{
	char path[PATH_MAX], target[PATH_MAX], part[NAME_MAX + 3];
	ssize_t length;

	snprintf(path, sizeof(path), "%s%s/%s", root, folder, name);
	snprintf(part, sizeof(part), "/%s/", device);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	return strstr(target, part);
}

int tree_list_behind(const char *root, struct tree_names *names,
		     const char *folder, const char *device)
{
	size_t kept = 0;
	int err;

	err = tree_list(root, names, "%s", folder);
	for (size_t i = 0; i < names->nr; i++) {
		if (leads_through(root, folder, names->names[i], device))
			names->names[kept++] = names->names[i];
		else
			free(names->names[i]);
	}
	names->nr = kept;
	return err;
}

void tree_list_free(struct tree_names *names)
{
	for (size_t i = 0; i < names->nr; i++)
		free(names->names[i]);
	free(names->names);
	names->nr = 0;
	names->names = NULL;
}
