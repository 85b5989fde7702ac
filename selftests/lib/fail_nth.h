/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * The kernel's fault injection, one failure at a time: the n-th place at which
 * this thread's system calls could fail, for want of memory or because user
 * memory cannot be read or written, does fail.
 */
#ifndef DMAMEM_SELFTESTS_FAIL_NTH_H
#define DMAMEM_SELFTESTS_FAIL_NTH_H

/*
 * A descriptor with which the calling thread orders failures, of any kind. The
 * settings this needs are the machine's and stay. -ENOENT if the kernel has no
 * fault injection, -EACCES if the caller may not.
 */
int fail_nth_open(void);

/* Order the failure of the @n-th place from here on; 0 or -errno */
int fail_nth_arm(int fd, unsigned int n);

/* Order no failure any more: was there one (1) or not (0)? Or -errno */
int fail_nth_disarm(int fd);

#endif
