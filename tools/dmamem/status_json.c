// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem status says to programs. dmamem-status(1) describes the members.
 */
#include <string.h>

#include "tools/dmamem/json.h"
#include "tools/dmamem/status.h"

static void add_opener(struct json_object *array, const struct opener *opener)
{
	struct json_object *object = json_object_new_object(), *regions, *item;

	json_object_array_add(array, object);
	json_add_number(object, "pid", opener->pid);
	json_add_text(object, "command", opener->command);
	json_add_number(object, "fd", opener->fd);
	json_add_text(object, "node", opener->node);
	json_add_number(object, "pinned", opener->pinned);
	regions = json_add_array(object, "regions");
	for (size_t i = 0; i < opener->nr_regions; i++) {
		item = json_object_new_object();
		json_object_array_add(regions, item);
		json_add_number(item, "id", opener->regions[i].id);
		json_add_number(item, "addr", opener->regions[i].addr);
		json_add_number(item, "length", opener->regions[i].length);
		json_add_number(item, "runs", opener->regions[i].runs);
		json_add_bool(item, "writable", opener->regions[i].writable);
	}
}

static void add_parameters(struct json_object *object,
			   const struct tree_names *names)
{
	struct json_object *member = json_add_object(object, "parameters");
	char value[128];

	for (size_t i = 0; i < names->nr; i++) {
		if (!strcmp(names->names[i], "quarantine"))
			continue;
		tree_read("", value, sizeof(value),
			  "/sys/module/dmamem/parameters/%s", names->names[i]);
		json_add_text(member, names->names[i], value);
	}
}

static void add_nodes(struct json_object *object, const struct status *status)
{
	struct json_object *array = json_add_array(object, "nodes"), *item;

	for (size_t i = 0; i < status->nr_nodes; i++) {
		item = json_object_new_object();
		json_object_array_add(array, item);
		json_add_text(item, "path", status->nodes[i].path);
		json_add_text(item, "owner", status->nodes[i].owner);
		json_add_text(item, "group", status->nodes[i].group);
		json_add_number(item, "mode", status->nodes[i].mode);
	}
}

static void add_quarantine(struct json_object *object,
			   const struct status *status)
{
	struct json_object *array, *item;

	if (status->wards_error) {
		json_add_text(object, "quarantine", NULL);
		return;
	}
	array = json_add_array(object, "quarantine");
	for (size_t i = 0; i < status->nr_wards; i++) {
		item = json_object_new_object();
		json_object_array_add(array, item);
		json_add_text(item, "bdf", status->wards[i].bdf);
		json_add_number(item, "bytes", status->wards[i].bytes);
	}
}

static void add_loaded(struct json_object *object, const struct status *status)
{
	const struct module_state *module = &status->module;
	struct json_object *array;

	json_add_text(object, "module_version",
		      module->version[0] ? module->version : NULL);
	json_add_number(object, "references", module->references);
	json_add_text(object, "taint", module->taint);
	add_parameters(object, &status->parameters);
	array = json_add_array(object, "functions");
	for (size_t i = 0; i < status->functions.nr; i++)
		json_object_array_add(array,
				      json_object_new_string(status->functions.names[i]));
	add_quarantine(object, status);
	add_nodes(object, status);
	array = json_add_array(object, "openers");
	for (size_t i = 0; i < status->openers.nr; i++)
		add_opener(array, &status->openers.list[i]);
	json_add_number(object, "hidden_processes", status->openers.hidden);
}

int status_print_json(const struct status *status)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "version", DMAMEM_VERSION);
	json_add_bool(object, "loaded", status->module.loaded);
	if (status->module.loaded)
		add_loaded(object, status);
	return json_print(object);
}
