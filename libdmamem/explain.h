/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Failures in words.
 */
#ifndef DMAMEM_EXPLAIN_H
#define DMAMEM_EXPLAIN_H

#define DMAMEM_EXPLANATION_SIZE 512

/**
 * dmamem_because() - say in words why something fails
 * @explanation: DMAMEM_EXPLANATION_SIZE bytes
 * @ret: the error, negative
 * @format: as of printf(); one sentence, no full stop
 *
 * Return: @ret.
 */
int dmamem_because(char *explanation, int ret, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
