// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/dmamem/compare_kind.h"
#include "tools/dmamem/compare_privilege.h"
#include "tools/memory/pages.h"

#define LENGTH HUGE
#define MEMLOCK_LIMIT (64UL << 10)
#define ALL_CAPABILITIES UINT64_MAX

/* Keep those of @keep that we have */
static int keep_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	for (int i = 0; i < 2; i++) {
		data[i].effective &= (uint32_t)(keep >> 32 * i);
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].inheritable &= (uint32_t)(keep >> 32 * i);
	}
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* The device has its driver already; binding takes CAP_DAC_OVERRIDE and more */
static int try_in_child(struct compare *compare,
			const struct compare_mode *mode, uint64_t keep,
			rlim_t limit)
{
	const struct rlimit memlock = { limit, limit };
	struct compare_session session;
	struct iovec memory;
	char why[COMPARE_WHY];
	int ret;

	/* A limit that cannot be raised is high enough for so little memory */
	if (setrlimit(RLIMIT_MEMLOCK, &memlock) && limit != RLIM_INFINITY)
		return -EPERM;
	if (compare_map(compare, compare_kind_for(mode), LENGTH, true, &memory,
			why) ||
	    keep_capabilities(keep))
		return -EPERM;
	ret = compare_open(compare, mode, false, &session);
	if (ret)
		return ret;
	ret = compare_add(&session, memory.iov_base, memory.iov_len);
	compare_close(&session);
	return ret;
}

static bool works_with(struct compare *compare,
		       const struct compare_mode *mode, uint64_t keep,
		       rlim_t limit)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		_exit(try_in_child(compare, mode, keep, limit) != 0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

const char *compare_capability(struct compare *compare,
			       const struct compare_mode *mode)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} candidates[] = {
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
		{ CAP_SYS_RAWIO, "CAP_SYS_RAWIO" },
		{ CAP_IPC_LOCK, "CAP_IPC_LOCK" },
	};

	if (!works_with(compare, mode, ALL_CAPABILITIES, RLIM_INFINITY))
		return NULL;
	if (works_with(compare, mode, 0, RLIM_INFINITY))
		return "none";
	for (size_t i = 0; i < sizeof(candidates) / sizeof(*candidates); i++)
		if (works_with(compare, mode, UINT64_C(1) << candidates[i].bit,
			       RLIM_INFINITY))
			return candidates[i].name;
	return "more than one";
}

bool compare_counts_as_locked(struct compare *compare,
			      const struct compare_mode *mode)
{
	uint64_t keep = ALL_CAPABILITIES & ~(UINT64_C(1) << CAP_IPC_LOCK);

	return works_with(compare, mode, keep, RLIM_INFINITY) &&
	       !works_with(compare, mode, keep, MEMLOCK_LIMIT);
}
