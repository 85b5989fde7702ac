/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
#ifndef DMAMEM_SELFTESTS_PRIVILEGE_H
#define DMAMEM_SELFTESTS_PRIVILEGE_H

#include <linux/capability.h>

/* Give up a capability for good; 0 or -errno */
int privilege_drop(int capability);

#endif
