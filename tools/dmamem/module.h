/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Kernel modules: as files, and as loaded. What takes a kernel module in or out
 * goes through libkmod.
 */
#ifndef DMAMEM_TOOLS_MODULE_H
#define DMAMEM_TOOLS_MODULE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define MODULE_TEXT 128

/* Room for an explanation, which may name a file */
#define MODULE_WHY (PATH_MAX + 512)

/**
 * struct module_state - a module in the kernel
 * @loaded: it is there; if not, nothing else is said
 * @references: how many hold it, -1 if the kernel does not say
 * @version: its version, "" if it has none
 * @srcversion: checksum of its source, "" if it has none
 * @taint: letters of what it did to the kernel: "O" is not from the kernel's
 *         tree, "E" is not signed
 */
struct module_state {
	bool loaded;
	int references;
	char version[MODULE_TEXT];
	char srcversion[MODULE_TEXT];
	char taint[16];
};

/**
 * module_read_state() - is a module loaded, and what is known of it?
 * @root: "", or the root of another tree in a test
 * @name: of the module
 * @state: the answer
 */
void module_read_state(const char *root, const char *name,
		       struct module_state *state);

/**
 * struct module_file - a module that could be loaded; texts may be ""
 * @path: where it is
 * @version: its version
 * @srcversion: checksum of its source
 * @vermagic: the kernel that it was built for
 * @signer: who signed it
 * @parameters: names of its parameters, with ", " between them
 */
struct module_file {
	char path[PATH_MAX];
	char version[MODULE_TEXT];
	char srcversion[MODULE_TEXT];
	char vermagic[MODULE_TEXT];
	char signer[MODULE_TEXT];
	char parameters[512];
};

/**
 * module_find() - look for a module
 * @name: of the module, or a path if it has a "/"
 * @file: what was found
 *
 * Return: 0, -ENOENT (the running kernel has none of that name, or there is no
 * such file), or why the file cannot be read (-ENOEXEC: is no module).
 */
int module_find(const char *name, struct module_file *file);

/* Is "name" one of the names in a list as "dma_bits, quarantine"? */
bool module_has_parameter(const struct module_file *file, const char *name,
			  size_t length);

/**
 * module_load() - load a module and what it needs
 * @name: of the module, or a path if it has a "/"
 * @parameters: as "dma_bits=32 other=1", may be ""
 *
 * Return: 0, -EEXIST (it is loaded already), -ENOENT (there is none, or it needs
 * symbols that the kernel does not have), or the kernel's error.
 */
int module_load(const char *name, const char *parameters);

/**
 * module_explain_load() - why module_load() failed, and what to do
 * @root: "", or the root of another tree in a test
 * @name: what it was given
 * @error: what it returned
 * @why: MODULE_WHY bytes: one line without its end
 * @remedy: MODULE_WHY bytes: the same; "" if there is none
 *
 * Return: an exit code: CMD_FAILED, CMD_CANNOT, or CMD_USAGE if @name is wrong.
 */
int module_explain_load(const char *root, const char *name, int error,
			char *why, char *remedy);

/**
 * module_unload() - take a module out of the kernel
 * @name: of the module
 *
 * Return: 0, -ENOENT (it is not loaded), -EAGAIN (it is in use), -EPERM, or
 * another error of the kernel.
 */
int module_unload(const char *name);

#endif
