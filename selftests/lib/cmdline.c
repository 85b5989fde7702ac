// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <stdio.h>
#include <string.h>

#include "selftests/lib/cmdline.h"

bool cmdline_has(const char *text)
{
	FILE *stream = fopen("/proc/cmdline", "re");
	char line[4096];
	bool found = false;

	if (!stream)
		return false;
	if (fgets(line, sizeof(line), stream))
		found = strstr(line, text);
	fclose(stream);
	return found;
}
