// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "selftests/lib/privilege.h"

int privilege_drop(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[CAP_TO_INDEX(capability)].effective &= ~CAP_TO_MASK(capability);
	data[CAP_TO_INDEX(capability)].permitted &= ~CAP_TO_MASK(capability);
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}
