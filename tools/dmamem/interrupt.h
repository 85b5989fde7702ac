/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Signals that ask the process to end: what drives a device comes to its end
 * first, and gives back what it has taken.
 */
#ifndef DMAMEM_TOOLS_INTERRUPT_H
#define DMAMEM_TOOLS_INTERRUPT_H

#include <stdbool.h>

/**
 * interrupt_catch() - note SIGINT, SIGTERM and SIGHUP from now on
 * @flags: of struct sigaction: SA_RESTART, or 0 if system calls are to end with
 *         EINTR
 *
 * SIGPIPE is ignored: nobody wants to read what is written, which is an error,
 * and no sudden death.
 */
void interrupt_catch(int flags);

/* Has one of them come since interrupt_catch()? */
bool interrupted(void);

#endif
