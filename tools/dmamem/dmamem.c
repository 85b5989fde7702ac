// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The dmamem command. Apart from main(), tests call all of it.
 */
#include "tools/dmamem/cmd.h"

int main(int argc, char **argv)
{
	return cmd_dmamem(argc, argv);
}
