// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "selftests/lib/fds.h"

union control {
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int fds_send(int socket, const int *fds, size_t nr, const void *data,
	     size_t len)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	union control control = { 0 };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(nr * sizeof(*fds)),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(nr * sizeof(*fds));
	memcpy(CMSG_DATA(header), fds, nr * sizeof(*fds));
	if (sendmsg(socket, &message, 0) != (ssize_t)len)
		return errno ? -errno : -EPROTO;
	return 0;
}

int fds_receive(int socket, int *fds, size_t nr, void *data, size_t len)
{
	struct iovec iov = { .iov_base = data, .iov_len = len };
	union control control;
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header;
	ssize_t got = recvmsg(socket, &message, 0);

	if (got < 0)
		return -errno;
	header = CMSG_FIRSTHDR(&message);
	if (got != (ssize_t)len || !header ||
	    header->cmsg_len != CMSG_LEN(nr * sizeof(*fds)))
		return -EPROTO;
	memcpy(fds, CMSG_DATA(header), nr * sizeof(*fds));
	return 0;
}
