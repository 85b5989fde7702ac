/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Handing files from process to process.
 */
#ifndef DMAMEM_SELFTESTS_FDS_H
#define DMAMEM_SELFTESTS_FDS_H

#include <stddef.h>

#define FDS_MAX 8

/* Send up to FDS_MAX files and a message over a unix socket; 0 or -errno */
int fds_send(int socket, const int *fds, size_t nr, const void *data,
	     size_t len);

/* Receive just so many; 0, -errno, or -EPROTO: there were others */
int fds_receive(int socket, int *fds, size_t nr, void *data, size_t len);

#endif
