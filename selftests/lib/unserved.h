/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory whose first touch waits until it is served: a userfaultfd.
 */
#ifndef DMAMEM_SELFTESTS_UNSERVED_H
#define DMAMEM_SELFTESTS_UNSERVED_H

#include <stddef.h>

/* Map it to *@addr; the userfaultfd, or -errno */
int unserved_map(char **addr, size_t length);

/* Wait until somebody is blocked by it; 0 or -errno */
int unserved_wait(int uffd);

/* Wait for that, and give him a page full of UNSERVED_BYTE; 0 or -errno */
int unserved_serve(int uffd);

#define UNSERVED_BYTE 0x77

#endif
