/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Giving a PCI function to a driver for user space, and back to the one it had.
 */
#ifndef DMAMEM_TOOLS_BINDING_H
#define DMAMEM_TOOLS_BINDING_H

#include "tools/dmamem/pci.h"
#include "tools/dmamem/use.h"

/* Where it is kept what functions were bound to before; goes with a reboot */
#define BINDING_FOLDER "/run/dmamem"

/* Room for an explanation */
#define BINDING_WHY 512

/**
 * struct binding_memory - what a function was before dmamem bind
 * @driver: what it was bound to, "" if to nothing
 * @override: its driver_override, "" if it had none
 */
struct binding_memory {
	char driver[128];
	char override[128];
};

/**
 * binding_remember() - note what a function is bound to
 * @root: "", or the root of another tree in a test
 * @bdf: its PCI address
 * @memory: what to note: what it has now
 *
 * What was noted before stays: it is what the function had in the beginning. It
 * does not when that has an end: another driver has the function by now, or
 * another device is at the address.
 *
 * Return: 0, -EEXIST (there is a note), or why it cannot be written.
 */
int binding_remember(const char *root, const char *bdf,
		     const struct binding_memory *memory);

/**
 * binding_recall() - read the note
 * @root: "", or the root of another tree in a test
 * @bdf: PCI address of the function
 * @memory: what was noted; all "" if nothing was
 *
 * Return: 0, or -ENOENT (nothing was, or of another device).
 */
int binding_recall(const char *root, const char *bdf,
		   struct binding_memory *memory);

/* Take the note away */
void binding_forget(const char *root, const char *bdf);

/**
 * binding_current() - what a function has now
 * @root: "", or the root of another tree in a test
 * @bdf: its PCI address
 * @memory: the answer
 */
void binding_current(const char *root, const char *bdf,
		     struct binding_memory *memory);

/* Is this what dmamem bind, or somebody by hand, leaves: for user space? */
bool binding_is_ours(const struct binding_memory *now);

/**
 * binding_take() - binding_move() of a function whose disks are held
 * @bdf: its PCI address
 * @driver: as there
 * @override: as there
 * @hold: let go of as soon as the old driver is left, or stays
 * @why: as there
 *
 * Return: as binding_move().
 */
int binding_take(const char *bdf, const char *driver, const char *override,
		 struct use_hold *hold, char *why);

/**
 * binding_move() - take a function from its driver and give it to another
 * @bdf: its PCI address
 * @driver: the driver, which is loaded; "" for none
 * @override: what its driver_override is afterwards, "" for nothing
 * @why: BINDING_WHY bytes: what went wrong
 *
 * Return: 0, or -errno with the function bound as before, or if that fails, too,
 * as @why says.
 */
int binding_move(const char *bdf, const char *driver, const char *override,
		 char *why);

/**
 * binding_node() - the device file that a function has by its driver
 * @root: "", or the root of another tree in a test
 * @function: the function, bound
 * @path: the file, "" if the driver makes none
 * @size: bytes at @path
 */
void binding_node(const char *root, const struct pci_function *function,
		  char *path, size_t size);

#endif
