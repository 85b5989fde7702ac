// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Registering large memory so that one can watch it, and stop it.
 */
#include <errno.h>
#include <sys/mman.h>

#include "libdmamem/context.h"

#define PIECE ((size_t)64 << 20)

int dmamem_register_progress(struct dmamem_context *ctx, void *addr, size_t len,
			     dmamem_progress_fn progress, void *arg)
{
	size_t piece, done = 0;
	int ret;

	ret = dmamem_check_range(ctx, addr, len);
	if (ret)
		return ret;
	for (; done < len; done += piece) {
		if (progress(arg, done, len))
			goto canceled;
		piece = len - done < PIECE ? len - done : PIECE;
		/* Pinning says better what is wrong with the memory */
		madvise((char *)addr + done, piece, MADV_POPULATE_WRITE);
	}
	if (progress(arg, done, len))
		goto canceled;
	return dmamem_register(ctx, addr, len);

canceled:
	return dmamem_fail(ctx, -ECANCELED, "canceled after %zu of %zu bytes",
			   done, len);
}
