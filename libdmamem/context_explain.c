// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Failures in words.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "libdmamem/context.h"

int dmamem_fail(struct dmamem_context *ctx, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	pthread_mutex_lock(&ctx->explain_lock);
	vsnprintf(ctx->explanation, sizeof(ctx->explanation), format, args);
	pthread_mutex_unlock(&ctx->explain_lock);
	va_end(args);
	return error;
}

size_t dmamem_explain(struct dmamem_context *ctx, char *text, size_t size)
{
	size_t len;

	pthread_mutex_lock(&ctx->explain_lock);
	len = strlen(ctx->explanation);
	if (size)
		snprintf(text, size, "%s", ctx->explanation);
	pthread_mutex_unlock(&ctx->explain_lock);
	return len;
}
