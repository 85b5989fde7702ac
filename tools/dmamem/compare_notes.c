// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What tables are made of: members of JSON objects, figures, reasons.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "tools/dmamem/compare_table.h"
#include "tools/dmamem/out.h"

const char *notes_na(struct notes *notes, const char *why)
{
	static char text[16];
	unsigned int i = 0;

	while (i < notes->nr && strcmp(notes->texts[i], why))
		i++;
	if (i == NOTES_MAX)
		return "n/a";
	notes->texts[i] = why;
	if (i == notes->nr)
		notes->nr++;
	snprintf(text, sizeof(text), "n/a %u", i + 1);
	return text;
}

void notes_print(FILE *stream, const struct notes *notes)
{
	for (unsigned int i = 0; i < notes->nr; i++) {
		fprintf(stream, "  n/a %-2u ", i + 1);
		out_wrapped(stream, 9, notes->texts[i]);
	}
}

struct json_object *compare_member(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	json_object_object_get_ex(object, key, &member);
	return member;
}

double compare_number(struct json_object *object, const char *key)
{
	return json_object_get_double(compare_member(object, key));
}

const char *compare_text(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(compare_member(object, key));

	return text ? text : "";
}

bool compare_bool(struct json_object *object, const char *key)
{
	return json_object_get_boolean(compare_member(object, key));
}

const char *compare_figure(char text[COMPARE_FIGURE], double value)
{
	int decimals = 0;

	if (fabs(value) < 9.995)
		decimals = 2;
	else if (fabs(value) < 99.95)
		decimals = 1;
	snprintf(text, COMPARE_FIGURE, "%.*f", decimals, value);
	return text;
}

void compare_heading(FILE *stream, const char *format, ...)
{
	va_list args;

	fprintf(stream, "\n%s", out_style(stream, OUT_BOLD));
	va_start(args, format);
	vfprintf(stream, format, args);
	va_end(args);
	fprintf(stream, "%s\n", out_style(stream, OUT_PLAIN));
}
