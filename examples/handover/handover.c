// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * A program that can be started anew while a device goes on using its memory:
 *
 *	handover SOCKET &
 *	handover SOCKET &	the same memory, at the same DMA addresses
 *
 * Whoever is started takes the memory over from the one that waits at the
 * socket, or makes it if nobody does; then it waits there itself. Who can open
 * the socket can have the memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <dmamem/alloc.h>
#include <dmamem/handover.h>
#include <dmamem/memory.h>

#define LEN (4 * DMAMEM_PAGE_SIZE)
#define NR_FDS 2

/* What the next process must know; the files of the memory and of the module
 * travel beside it
 */
struct message {
	uint64_t region;
	uint64_t len;
	uint64_t offset;
};

struct memory {
	struct dmamem_context *ctx;
	char *addr;
	int file;
	struct message message;
};

union control {
	char bytes[CMSG_SPACE(NR_FDS * sizeof(int))];
	struct cmsghdr align;
};

static int send_files(int sock, const struct message *message, const int *fds)
{
	struct iovec iov = { (void *)message, sizeof(*message) };
	union control control = { { 0 } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(NR_FDS * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, NR_FDS * sizeof(int));
	if (sendmsg(sock, &msg, MSG_NOSIGNAL) != sizeof(*message))
		return -EPIPE;
	return 0;
}

static int receive_files(int sock, struct message *message, int *fds)
{
	struct iovec iov = { message, sizeof(*message) };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != sizeof(*message))
		return -EPIPE;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS ||
	    cmsg->cmsg_len != CMSG_LEN(NR_FDS * sizeof(int)))
		return -EPROTO;
	memcpy(fds, CMSG_DATA(cmsg), NR_FDS * sizeof(int));
	return 0;
}

/* The first process makes the memory */
static int make(struct memory *memory)
{
	const struct dmamem_options options = {
		.size = sizeof(options),
		.provider = "kmod",
	};
	struct message *message = &memory->message;
	uint64_t in_region;
	void *addr = NULL;
	int ret;

	ret = dmamem_open(&options, &memory->ctx);
	if (!ret)
		ret = dmamem_alloc(memory->ctx, LEN, DMAMEM_ALLOC_SHARED,
				   DMAMEM_ANY_NODE, &addr);
	if (!ret)
		ret = dmamem_get_file(memory->ctx, addr, &memory->file,
				      &message->offset);
	if (!ret)
		ret = dmamem_get_region(memory->ctx, addr, &message->region,
					&in_region, &message->len);
	memory->addr = addr;
	return ret;
}

/* The next one takes it over */
static int take_over(struct memory *memory, int sock)
{
	struct dmamem_options options = {
		.size = sizeof(options),
		.flags = DMAMEM_OPEN_MODULE_FD,
	};
	const struct message *message = &memory->message;
	int fds[NR_FDS], ret;

	ret = receive_files(sock, &memory->message, fds);
	if (ret)
		return ret;
	memory->file = fds[0];
	options.module_fd = fds[1];
	ret = dmamem_open(&options, &memory->ctx);
	if (ret)
		return ret;
	memory->addr = mmap(NULL, message->len, PROT_READ | PROT_WRITE,
			    MAP_SHARED, memory->file, message->offset);
	if (memory->addr == MAP_FAILED)
		return -errno;
	return dmamem_adopt(memory->ctx, memory->addr, message->len,
			    message->region);
}

/* What is sent stays open until it is received: the process may end at once.
 * Closing the context would release the memory.
 */
static int hand_over(const struct memory *memory, int sock)
{
	const int fds[NR_FDS] = { memory->file, dmamem_module_fd(memory->ctx) };

	return send_files(sock, &memory->message, fds);
}

/* The counter is in the memory; so is what a device would find there */
static void print(const struct memory *memory)
{
	unsigned int *starts = (unsigned int *)memory->addr;

	printf("Start %u\n", ++*starts);
	for (uint64_t at = 0; at < LEN; at += DMAMEM_PAGE_SIZE)
		printf("page %" PRIu64 " is at 0x%010" PRIx64 "\n",
		       at / DMAMEM_PAGE_SIZE,
		       dmamem_translate(memory->ctx, memory->addr + at, NULL));
	fflush(stdout);
}

static int listen_at(const struct sockaddr_un *addr)
{
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(addr->sun_path);
	if (bind(sock, (const struct sockaddr *)addr, sizeof(*addr)) ||
	    listen(sock, 1))
		return -errno;
	return sock;
}

/* Until a next process comes and takes the memory */
static int run(const struct memory *memory, const struct sockaddr_un *addr)
{
	int sock = listen_at(addr), peer;

	if (sock < 0)
		return sock;
	print(memory);
	do {
		peer = accept(sock, NULL, NULL);
		if (peer < 0)
			return -errno;
	} while (hand_over(memory, peer));
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct memory memory;
	int sock, ret;

	if (argc != 2 || strlen(argv[1]) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "usage: handover SOCKET\n");
		return 2;
	}
	memcpy(addr.sun_path, argv[1], strlen(argv[1]));
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(sock, (const struct sockaddr *)&addr, sizeof(addr)))
		ret = make(&memory);
	else
		ret = take_over(&memory, sock);
	if (!ret)
		ret = run(&memory, &addr);
	if (ret)
		fprintf(stderr, "handover: %s\n", strerror(-ret));
	return ret ? 1 : 0;
}
