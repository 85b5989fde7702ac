/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory that runs out on demand: unit tests are linked with --wrap for the
 * functions that the library gets its memory from.
 */
#ifndef DMAMEM_SELFTESTS_INJECT_H
#define DMAMEM_SELFTESTS_INJECT_H

#include <stdbool.h>

/* From now on the request after @after others fails: that one, or all */
void inject_one(unsigned int after);
void inject_all(unsigned int after);

/* No more failures. Was there one? */
bool inject_stop(void);

/* For what is not under test; nests */
void inject_pause(void);
void inject_resume(void);

#endif
