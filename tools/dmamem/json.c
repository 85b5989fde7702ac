// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Objects for scripts, on top of json-c.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/json.h"

/* The bytes of the character at @text, 0 if it is none (Unicode, table 3-7) */
static int sequence(const unsigned char *text)
{
	unsigned char first = text[0], from = 0x80, to = 0xbf;
	int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	if (first == 0xe0)
		from = 0xa0;
	else if (first == 0xed)
		to = 0x9f;
	else if (first == 0xf0)
		from = 0x90;
	else if (first == 0xf4)
		to = 0x8f;
	if (text[1] < from || text[1] > to)
		return 0;
	for (int i = 2; i < length; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return length;
}

struct json_object *json_new_text(const char *text)
{
	char *copy = strdup(text), *at = copy;
	struct json_object *object;
	int length;

	if (!copy)
		return NULL;
	while (*at) {
		length = sequence((unsigned char *)at);
		if (!length)
			*at = '?';
		at += length ? length : 1;
	}
	object = json_object_new_string(copy);
	free(copy);
	return object;
}

void json_add_text(struct json_object *object, const char *key,
		   const char *text)
{
	json_object_object_add(object, key,
			       text ? json_new_text(text) : NULL);
}

void json_add_number(struct json_object *object, const char *key,
		     uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void json_add_real(struct json_object *object, const char *key, double number)
{
	struct json_object *member = json_object_new_double(number);

	/* As exact as anything that was measured; by itself it prints 17 digits */
	json_object_set_serializer(member, json_object_double_to_json_string,
				   (char *)"%.6g", NULL);
	json_object_object_add(object, key, member);
}

void json_add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

struct json_object *json_add_object(struct json_object *object,
				    const char *key)
{
	struct json_object *member = json_object_new_object();

	json_object_object_add(object, key, member);
	return member;
}

struct json_object *json_add_array(struct json_object *object, const char *key)
{
	struct json_object *member = json_object_new_array();

	json_object_object_add(object, key, member);
	return member;
}

int json_print(struct json_object *object)
{
	int err;

	puts(json_object_to_json_string_ext(object,
					    JSON_C_TO_STRING_PRETTY |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	err = fflush(stdout);
	if (err)
		warn("standard output");
	return err ? CMD_FAILED : CMD_DONE;
}
