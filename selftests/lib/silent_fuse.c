// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/fuse.h>

#include "selftests/lib/silent_fuse.h"

#define FOLDER "/tmp/silent"
#define FILE_NODE 2
#define FILE_BYTES 0x100000

static struct fuse_attr attributes_of(uint64_t node)
{
	return (struct fuse_attr){
		.ino = node,
		.nlink = 1,
		.size = node == FILE_NODE ? FILE_BYTES : 0,
		.mode = node == FILE_NODE ? S_IFREG | 0600 : S_IFDIR | 0700,
	};
}

static void answer(const struct silent_fuse *fuse,
		   const struct fuse_in_header *request, int error, void *data,
		   size_t length)
{
	struct fuse_out_header header = {
		.len = sizeof(header) + length,
		.error = error,
		.unique = request->unique,
	};
	struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ data, length },
	};

	if (writev(fuse->device, parts, length ? 2 : 1) < 0)
		perror("# FUSE");
}

static void serve(const struct silent_fuse *fuse,
		  const struct fuse_in_header *request)
{
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.flags = FUSE_ASYNC_READ,
		.max_readahead = FILE_BYTES,
		.max_background = 16,
		.max_write = 4096,
	};
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE,
		.attr = attributes_of(FILE_NODE),
	};
	struct fuse_attr_out attributes = {
		.attr = attributes_of(request->nodeid),
	};
	struct fuse_open_out opened = {};

	switch (request->opcode) {
	case FUSE_INIT:
		return answer(fuse, request, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return answer(fuse, request, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
		return answer(fuse, request, 0, &attributes,
			      sizeof(attributes));
	case FUSE_OPEN:
		return answer(fuse, request, 0, &opened, sizeof(opened));
	case FUSE_READ:
		if (write(fuse->asks, "r", 1) != 1)
			perror("# pipe");
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	default:
		return answer(fuse, request, -EOPNOTSUPP, NULL, 0);
	}
}

static void *serve_all(void *arg)
{
	const struct silent_fuse *fuse = arg;
	static char buffer[1 << 17];

	while (read(fuse->device, buffer, sizeof(buffer)) > 0)
		serve(fuse, (const struct fuse_in_header *)buffer);
	return NULL;
}

int silent_fuse_start(struct silent_fuse *fuse)
{
	char options[96];
	int pipes[2];

	fuse->device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse->device < 0 || pipe2(pipes, O_CLOEXEC))
		return -errno;
	fuse->asked = pipes[0];
	fuse->asks = pipes[1];

	if (mkdir(FOLDER, 0700) && errno != EEXIST)
		return -errno;
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=40000,user_id=0,group_id=0", fuse->device);
	if (mount("silent", FOLDER, "fuse", MS_NOSUID | MS_NODEV, options))
		return -errno;
	return -pthread_create(&fuse->thread, NULL, serve_all, fuse);
}

/* The thread's read() fails when the file system is gone */
void silent_fuse_stop(struct silent_fuse *fuse)
{
	umount2(FOLDER, MNT_FORCE | MNT_DETACH);
	pthread_join(fuse->thread, NULL);
	close(fuse->device);
	close(fuse->asked);
	close(fuse->asks);
}
