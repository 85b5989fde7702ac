// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Kernel modules, through libkmod.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libkmod.h>

#include "tools/dmamem/module.h"
#include "tools/dmamem/tree.h"

void module_read_state(const char *root, const char *name,
		       struct module_state *state)
{
	memset(state, 0, sizeof(*state));
	state->loaded = tree_exists(root, "/sys/module/%s/initstate", name);
	if (!state->loaded)
		return;
	state->references = (int)tree_number(root, (uint64_t)-1,
					     "/sys/module/%s/refcnt", name);
	tree_read(root, state->version, sizeof(state->version),
		  "/sys/module/%s/version", name);
	tree_read(root, state->srcversion, sizeof(state->srcversion),
		  "/sys/module/%s/srcversion", name);
	tree_read(root, state->taint, sizeof(state->taint),
		  "/sys/module/%s/taint", name);
}

/* The library would print what we say better */
static void say_nothing(void *data, int priority, const char *file, int line,
			const char *function, const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)args;
}

static struct kmod_ctx *new_context(void)
{
	struct kmod_ctx *ctx = kmod_new(NULL, NULL);

	if (ctx)
		kmod_set_log_fn(ctx, say_nothing, NULL);
	return ctx;
}

/* The one module of that name or path */
static int find_module(struct kmod_ctx *ctx, const char *name,
		       struct kmod_module **module)
{
	struct kmod_list *list = NULL;
	int err;

	if (strchr(name, '/'))
		return kmod_module_new_from_path(ctx, name, module);
	err = kmod_module_new_from_lookup(ctx, name, &list);
	if (err < 0)
		return err;
	if (!list)
		return -ENOENT;
	*module = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return 0;
}

/* A module holds its context: the last reference to it takes both away */
static int get_module(int (*find)(struct kmod_ctx *ctx, const char *name,
				  struct kmod_module **module),
		      const char *name, struct kmod_module **module)
{
	struct kmod_ctx *ctx = new_context();
	int err;

	if (!ctx)
		return -ENOMEM;
	err = find(ctx, name, module);
	kmod_unref(ctx);
	return err;
}

/* "name:what it is for" */
static void add_parameter(struct module_file *file, const char *value)
{
	size_t length = strlen(file->parameters);

	snprintf(file->parameters + length, sizeof(file->parameters) - length,
		 "%s%.*s", length ? ", " : "", (int)strcspn(value, ":"), value);
}

static void take_info(struct module_file *file, const char *key,
		      const char *value)
{
	if (!strcmp(key, "version"))
		snprintf(file->version, MODULE_TEXT, "%s", value);
	else if (!strcmp(key, "srcversion"))
		snprintf(file->srcversion, MODULE_TEXT, "%s", value);
	else if (!strcmp(key, "vermagic"))
		snprintf(file->vermagic, MODULE_TEXT, "%s", value);
	else if (!strcmp(key, "signer"))
		snprintf(file->signer, MODULE_TEXT, "%s", value);
	else if (!strcmp(key, "parm"))
		add_parameter(file, value);
}

static int read_info(struct kmod_module *module, struct module_file *file)
{
	const char *path = kmod_module_get_path(module);
	struct kmod_list *list = NULL, *entry;
	int err;

	memset(file, 0, sizeof(*file));
	snprintf(file->path, sizeof(file->path), "%s", path ? path : "");
	err = kmod_module_get_info(module, &list);
	if (err < 0)
		return err;
	kmod_list_foreach(entry, list)
		take_info(file, kmod_module_info_get_key(entry),
			  kmod_module_info_get_value(entry));
	kmod_module_info_free_list(list);
	return 0;
}

int module_find(const char *name, struct module_file *file)
{
	struct kmod_module *module;
	int err;

	err = get_module(find_module, name, &module);
	if (err)
		return err;
	err = read_info(module, file);
	kmod_module_unref(module);
	return err;
}

bool module_has_parameter(const struct module_file *file, const char *name,
			  size_t length)
{
	const char *at = file->parameters;

	while (*at) {
		size_t word = strcspn(at, ",");

		if (word == length && !strncmp(at, name, length))
			return true;
		at += word;
		at += strspn(at, ", ");
	}
	return false;
}

int module_load(const char *name, const char *parameters)
{
	struct kmod_module *module;
	int err;

	err = get_module(find_module, name, &module);
	if (err)
		return err;
	err = kmod_module_probe_insert_module(module, KMOD_PROBE_FAIL_ON_LOADED,
					      parameters, NULL, NULL, NULL);
	kmod_module_unref(module);
	return err;
}

int module_unload(const char *name)
{
	struct kmod_module *module;
	int err;

	err = get_module(kmod_module_new_from_name, name, &module);
	if (err)
		return err;
	err = kmod_module_remove_module(module, KMOD_REMOVE_NOLOG);
	kmod_module_unref(module);
	return err;
}
