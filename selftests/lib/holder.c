// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "selftests/lib/holder.h"
#include "selftests/lib/uapi.h"

enum order {
	UNPIN,
	CLOSE,
	SHARE,
};

struct answer {
	int error;
	int region;
	uint64_t dma_addr;
};

/* One answer, with a descriptor if @fd is not -1 */
static int send_answer(int socket, const struct answer *answer, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec iov = {
		.iov_base = (void *)answer,
		.iov_len = sizeof(*answer),
	};
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *header;

	if (fd >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, 0) < 0 ? -errno : 0;
}

static int receive_answer(int socket, struct answer *answer, int *fd)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = answer, .iov_len = sizeof(*answer) };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	*fd = -1;
	if (recvmsg(socket, &message, 0) != sizeof(*answer))
		return -EPIPE;
	if (CMSG_FIRSTHDR(&message))
		memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(*fd));
	return answer->error;
}

static int open_guarded(const char *bdf, const char *guard)
{
	int fd = uapi_open(bdf);
	int ret = 0;

	if (fd >= 0 && guard)
		ret = uapi_guard(fd, guard);
	return ret ? ret : fd;
}

static void obey(int socket, int fd, struct answer *answer)
{
	enum order order;
	int share;

	while (read(socket, &order, sizeof(order)) == sizeof(order)) {
		share = -1;
		if (order == UNPIN)
			answer->error = uapi_unpin(fd, answer->region);
		else if (order == CLOSE)
			answer->error = close(fd) ? -errno : 0;
		else
			share = fd;
		if (send_answer(socket, answer, share))
			break;
	}
	_exit(0);
}

static void hold(int socket, const char *bdf, const char *guard, void *addr,
		 size_t length)
{
	struct answer answer = { 0 };
	int fd = open_guarded(bdf, guard);

	answer.region = uapi_pin_id(fd, addr, length, DMAMEM_PIN_WRITE);
	if (fd < 0)
		answer.error = fd;
	else if (answer.region < 0)
		answer.error = answer.region;
	else
		answer.dma_addr = uapi_dma_addr(fd, answer.region, 0);
	if (!send_answer(socket, &answer, -1))
		obey(socket, fd, &answer);
	_exit(1);
}

int holder_start(struct holder *holder, const char *bdf, const char *guard,
		 void *addr, size_t length)
{
	struct answer answer;
	int fd, ret, sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	holder->socket = sockets[0];
	holder->pid = fork();
	if (!holder->pid) {
		close(sockets[0]);
		hold(sockets[1], bdf, guard, addr, length);
	}
	close(sockets[1]);
	ret = receive_answer(holder->socket, &answer, &fd);
	if (ret) {
		holder_kill(holder);
		return ret;
	}
	holder->region = answer.region;
	holder->dma_addr = answer.dma_addr;
	return 0;
}

static int tell(struct holder *holder, enum order order, int *fd)
{
	struct answer answer;

	if (write(holder->socket, &order, sizeof(order)) != sizeof(order))
		return -EPIPE;
	return receive_answer(holder->socket, &answer, fd);
}

int holder_unpin(struct holder *holder)
{
	int fd;

	return tell(holder, UNPIN, &fd);
}

int holder_close(struct holder *holder)
{
	int fd;

	return tell(holder, CLOSE, &fd);
}

int holder_share(struct holder *holder)
{
	int fd, ret = tell(holder, SHARE, &fd);

	return ret ? ret : fd;
}

void holder_kill(struct holder *holder)
{
	if (holder->pid <= 0)
		return;
	kill(holder->pid, SIGKILL);
	waitpid(holder->pid, NULL, 0);
	close(holder->socket);
	holder->pid = 0;
}
