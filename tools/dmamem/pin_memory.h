/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Memory of a kind that `dmamem pin` is asked for by a word.
 */
#ifndef DMAMEM_TOOLS_PIN_MEMORY_H
#define DMAMEM_TOOLS_PIN_MEMORY_H

#include <stdint.h>

/**
 * struct pin_kind - a kind of memory
 * @word: its name as an argument
 * @words: what it is, for people
 * @unit: bytes that it comes in multiples of
 * @map: map @size bytes; NULL with errno if there are none. @path is only for
 *       the kind "file".
 */
struct pin_kind {
	const char *word;
	const char *words;
	uint64_t unit;
	void *(*map)(uint64_t size, const char *path);
};

/* The first is the default; ends with one without a word */
extern const struct pin_kind pin_kinds[];

/* Find a kind by its word; NULL if there is none */
const struct pin_kind *pin_kind_find(const char *word);

#endif
