/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Data that tells where on the disk it belongs: the 8-byte word at byte 8 * i
 * of the disk is output i of the SplitMix64 generator for a seed,
 * little-endian.
 */
#ifndef TOOLS_NVME_PATTERN_H
#define TOOLS_NVME_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/**
 * pattern_fill() - write what belongs on the disk
 * @data: where to, of any alignment
 * @len: bytes, a multiple of 8
 * @seed: of the generator
 * @disk: byte of the disk that the first one belongs to, a multiple of 8
 */
void pattern_fill(void *data, size_t len, uint64_t seed, uint64_t disk);

/**
 * pattern_check() - compare with what belongs on the disk
 * @data: what was read
 * @len: as for pattern_fill()
 * @seed: as for pattern_fill()
 * @disk: as for pattern_fill()
 *
 * Return: offset of the first byte that differs, @len if none does.
 */
size_t pattern_check(const void *data, size_t len, uint64_t seed,
		     uint64_t disk);

#endif
