// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <stdarg.h>
#include <stdio.h>

#include "libdmamem/explain.h"

int dmamem_because(char *explanation, int ret, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(explanation, DMAMEM_EXPLANATION_SIZE, format, args);
	va_end(args);
	return ret;
}
