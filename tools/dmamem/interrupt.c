// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <signal.h>
#include <stddef.h>

#include "tools/dmamem/interrupt.h"

static volatile sig_atomic_t has_come;

static void interrupt(int signal)
{
	(void)signal;
	has_come = 1;
}

void interrupt_catch(int flags)
{
	const struct sigaction action = {
		.sa_handler = interrupt,
		.sa_flags = flags,
	};
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	has_come = 0;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool interrupted(void)
{
	return has_come;
}
