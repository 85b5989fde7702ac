// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/userfaultfd.h>

#include "selftests/lib/unserved.h"
#include "tools/memory/pages.h"

int unserved_map(char **addr, size_t length)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	/* One that blocks cannot be polled: poll() returns at once */
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (uffd < 0)
		return -errno;
	*addr = mmap(NULL, length, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*addr == MAP_FAILED)
		return -errno;
	range.range.start = (uintptr_t)*addr;
	range.range.len = length;
	if (ioctl(uffd, UFFDIO_API, &api) ||
	    ioctl(uffd, UFFDIO_REGISTER, &range))
		return -errno;
	return uffd;
}

int unserved_wait(int uffd)
{
	struct pollfd poll_fd = { .fd = uffd, .events = POLLIN };

	if (poll(&poll_fd, 1, -1) != 1)
		return -errno;
	return poll_fd.revents == POLLIN ? 0 : -EIO;
}

int unserved_serve(int uffd)
{
	static char content[PAGE];
	struct uffd_msg message;
	struct uffdio_copy copy = {
		.src = (uintptr_t)content,
		.len = PAGE,
	};
	int ret = unserved_wait(uffd);

	if (ret)
		return ret;
	if (read(uffd, &message, sizeof(message)) != sizeof(message))
		return -errno;
	memset(content, UNSERVED_BYTE, sizeof(content));
	copy.dst = message.arg.pagefault.address & ~(PAGE - 1);
	return ioctl(uffd, UFFDIO_COPY, &copy) ? -errno : 0;
}
