// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The harness runs each test in a process that ends in _exit(), where
 * LeakSanitizer does not look by itself: a test that leaks fails. Programs are
 * linked with --wrap=_exit when they are built with AddressSanitizer.
 */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

void __wrap__exit(int status)
{
	if (!status && __lsan_do_recoverable_leak_check())
		status = 1;
	__real__exit(status);
}
#endif
