/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Objects for scripts, on top of json-c.
 */
#ifndef DMAMEM_TOOLS_JSON_H
#define DMAMEM_TOOLS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

/* A string; bytes of @text that are not UTF-8 become "?" */
struct json_object *json_new_text(const char *text);

/* Add a member to @object; a NULL @text is null */
void json_add_text(struct json_object *object, const char *key,
		   const char *text);
void json_add_number(struct json_object *object, const char *key,
		     uint64_t number);
void json_add_real(struct json_object *object, const char *key, double number);
void json_add_bool(struct json_object *object, const char *key, bool value);

/* Add an empty object or array as a member and return it */
struct json_object *json_add_object(struct json_object *object,
				    const char *key);
struct json_object *json_add_array(struct json_object *object,
				   const char *key);

/**
 * json_print() - print an object to standard output and free it
 * @object: the object
 *
 * Return: CMD_DONE, or CMD_FAILED (it could not be written).
 */
int json_print(struct json_object *object);

#endif
