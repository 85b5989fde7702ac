// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pin ordinary memory and print the addresses that a device must use:
 *
 *	pin [PCI address of the device, as 0000:00:04.0]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dmamem/memory.h>

#define LEN (8 * DMAMEM_PAGE_SIZE)

static struct dmamem_context *open_context(const char *device)
{
	char why[256];
	const struct dmamem_options options = {
		.size = sizeof(options),
		.device = device,
		.explanation = why,
		.explanation_size = sizeof(why),
	};
	struct dmamem_context *ctx;

	if (!dmamem_open(&options, &ctx))
		return ctx;
	fprintf(stderr, "pin: %s\n", why);
	return NULL;
}

/* One line for each run of consecutive addresses */
static void print_addresses(struct dmamem_context *ctx, const char *memory)
{
	for (uint64_t at = 0, run; at < LEN; at += run) {
		uint64_t addr;

		run = LEN - at;
		addr = dmamem_translate(ctx, memory + at, &run);
		printf("%p -> 0x%010" PRIx64 ", %" PRIu64 " bytes\n",
		       (const void *)(memory + at), addr, run);
	}
}

int main(int argc, char **argv)
{
	struct dmamem_context *ctx;
	char *memory, why[256];

	ctx = open_context(argc > 1 ? argv[1] : NULL);
	memory = aligned_alloc(DMAMEM_PAGE_SIZE, LEN);
	if (!ctx || !memory)
		return 1;
	memset(memory, 0, LEN);

	if (dmamem_register(ctx, memory, LEN)) {
		dmamem_explain(ctx, why, sizeof(why));
		fprintf(stderr, "pin: %s\n", why);
		return 1;
	}
	printf("Addresses from %s\n", dmamem_get_provider(ctx));
	print_addresses(ctx, memory);
	printf("They stay as they are until you press Enter.\n");
	fflush(stdout);
	getchar();

	dmamem_unregister(ctx, memory, LEN);
	free(memory);
	dmamem_close(ctx);
	return 0;
}
