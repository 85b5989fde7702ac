/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Small files of /proc, /sys and /dev. Each function takes the root of the tree
 * that they are in, "" for that of the machine: tests have trees of their own.
 * Paths are formats as of printf() and start with "/".
 */
#ifndef DMAMEM_TOOLS_TREE_H
#define DMAMEM_TOOLS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * tree_clean() - make text of others harmless for a terminal
 * @text: what is neither printable ASCII nor a tab becomes "?"
 */
void tree_clean(char *text);

/**
 * tree_read() - the first line of a file, without its end, cleaned
 * @root: root of the tree
 * @text: the line, cut off if need be; "" on failure
 * @size: bytes at @text
 * @format: path of the file
 *
 * Return: 0 or -errno.
 */
int tree_read(const char *root, char *text, size_t size, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/**
 * tree_number() - a file that is a number, decimal or 0x-hexadecimal
 * @root: root of the tree
 * @otherwise: what to take for it if it cannot be read or is something else
 * @format: path of the file
 *
 * Return: the number.
 */
uint64_t tree_number(const char *root, uint64_t otherwise, const char *format,
		     ...) __attribute__((format(printf, 3, 4)));

/**
 * tree_chosen() - the word in brackets: "always [madvise] never"
 * @root: root of the tree
 * @word: the word, or the whole line if it has no brackets; "" on failure
 * @size: bytes at @word
 * @format: path of the file
 *
 * Return: 0 or -errno.
 */
int tree_chosen(const char *root, char *word, size_t size, const char *format,
		...) __attribute__((format(printf, 4, 5)));

/**
 * tree_link() - the last part of what a link points to
 * @root: root of the tree
 * @name: the part; "" on failure
 * @size: bytes at @name
 * @format: path of the link
 *
 * Return: 0, -errno, or -ENAMETOOLONG.
 */
int tree_link(const char *root, char *name, size_t size, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* Is the file there? */
bool tree_exists(const char *root, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * tree_write() - write to a file that is there
 * @root: root of the tree
 * @text: what to write, by one write()
 * @format: path of the file
 *
 * Return: 0 or -errno.
 */
int tree_write(const char *root, const char *text, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * struct tree_names - what is in a folder
 * @nr: how many names
 * @names: the names, sorted, with numbers in them by their value
 */
struct tree_names {
	size_t nr;
	char **names;
};

/**
 * tree_list() - the names in a folder, those with a leading dot left out
 * @root: root of the tree
 * @names: the names, to be given to tree_list_free(); none on failure
 * @format: path of the folder
 *
 * Return: 0 or -errno.
 */
int tree_list(const char *root, struct tree_names *names, const char *format,
	      ...) __attribute__((format(printf, 3, 4)));

/**
 * tree_list_behind() - the links in a folder that lead through a device
 * @root: root of the tree
 * @names: their names, to be given to tree_list_free(); none on failure
 * @folder: as "/sys/block", whose links lead to /sys/devices
 * @device: as "0000:00:04.0"
 *
 * Return: 0 or -errno.
 */
int tree_list_behind(const char *root, struct tree_names *names,
		     const char *folder, const char *device);

/* Free what tree_list() made */
void tree_list_free(struct tree_names *names);

#endif
