// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Memory that a map's tables take: resident pages before and after. Prints
 * NAME BYTES, per GiB.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libdmamem/map_private.h"

#define BASE UINT64_C(0x100000000000)

static uint64_t resident_bytes(void)
{
	unsigned long total, resident;
	FILE *file = fopen("/proc/self/statm", "r");

	if (!file || fscanf(file, "%lu %lu", &total, &resident) != 2)
		exit(1);
	fclose(file);
	return (uint64_t)resident * sysconf(_SC_PAGESIZE);
}

/* Pieces that are not neighbours for the device */
static void set_pieces(struct dmamem_map *map, uint64_t size, uint64_t piece,
		       uint64_t first)
{
	for (uint64_t i = 0; i < size; i += piece)
		if (dmamem_map_set(map, BASE + i, piece,
				   first + (i ^ piece) * 2))
			exit(1);
}

static void measure(const char *name, uint64_t gibs, uint64_t piece,
		    uint64_t first)
{
	struct dmamem_map *map;
	uint64_t before;

	if (dmamem_map_create(DMAMEM_MAP_LINEAR, UINT64_MAX, &map))
		exit(1);
	/* The root comes in pages of entries for 512 GiB: take part in one */
	if (dmamem_map_set(map, BASE + 511 * GIB_SIZE, GIB_SIZE, 0))
		exit(1);
	before = resident_bytes();
	set_pieces(map, gibs * GIB_SIZE, piece, first);
	printf("%s %ju\n", name,
	       (uintmax_t)((resident_bytes() - before) / gibs));
	dmamem_map_free(map);
}

int main(void)
{
	resident_bytes();
	measure("contiguous", UINT64_C(64) << 10, GIB_SIZE, 0);
	measure("2MiB-pieces", 64, CHUNK_SIZE, 0);
	measure("2MiB-pieces-8TiB", UINT64_C(8) << 10, CHUNK_SIZE, 0);
	measure("2MiB-pieces-unaligned", 64, CHUNK_SIZE, PAGE_BYTES);
	measure("4KiB-pieces", 4, PAGE_BYTES, 0);
	return 0;
}
