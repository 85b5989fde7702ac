/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#ifndef DMAMEM_SELFTESTS_CMDLINE_H
#define DMAMEM_SELFTESTS_CMDLINE_H

#include <stdbool.h>

/* Was the kernel started with this on its command line? */
bool cmdline_has(const char *text);

#endif
