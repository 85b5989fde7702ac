// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Pinned memory as text, as JSON and as a picture.
 */
#include <err.h>
#include <inttypes.h>

#include <dmamem/map.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/out.h"
#include "tools/dmamem/pin.h"

static void show_addresses(const struct runs *runs)
{
	char length[OUT_SIZE];

	printf("\n%s  offset in memory         length  DMA address%s\n",
	       out_style(stdout, OUT_BOLD), out_style(stdout, OUT_PLAIN));
	for (size_t i = 0; i < runs->nr; i++)
		printf("  %#16" PRIx64 "  %13s  %#" PRIx64 "\n",
		       runs->runs[i].offset,
		       out_size(length, runs->runs[i].length),
		       runs->runs[i].dma_addr);
}

int pin_show_text(const struct pinned *pinned)
{
	const struct pin_arguments *args = pinned->args;
	const struct runs *runs = &pinned->runs;
	char size[OUT_SIZE], longest[OUT_SIZE], mean[OUT_SIZE];

	printf("Memory      %s of %s\n", out_size(size, args->size),
	       args->kind->words);
	context_show(pinned->ctx);
	printf("Pinned      in %.1f ms, with finding and clearing pages\n",
	       (double)pinned->ns / 1e6);
	printf("Runs        %" PRIu64 ", the longest %s, the mean %s\n\n",
	       pinned->histogram.nr_runs,
	       out_size(longest, pinned->histogram.longest),
	       out_size(mean, args->size / pinned->histogram.nr_runs));
	runs_print_histogram(stdout, runs, &pinned->histogram);
	putchar('\n');
	if (runs_print_map(stdout, runs)) {
		warnx("no memory for the map");
		return CMD_FAILED;
	}
	if (args->addresses)
		show_addresses(runs);
	return CMD_DONE;
}

static void add_classes(struct json_object *object,
			const struct pinned *pinned)
{
	struct json_object *array = json_add_array(object, "histogram");
	uint64_t bytes[DMAMEM_RUN_CLASSES];

	runs_bytes(&pinned->runs, bytes);
	for (unsigned int i = 0; i < DMAMEM_RUN_CLASSES; i++) {
		struct json_object *class;

		if (!pinned->histogram.runs[i])
			continue;
		class = json_object_new_object();
		json_add_number(class, "at_least", DMAMEM_PAGE_SIZE << i);
		json_add_number(class, "runs", pinned->histogram.runs[i]);
		json_add_number(class, "bytes", bytes[i]);
		json_object_array_add(array, class);
	}
}

static void add_addresses(struct json_object *object, const struct runs *runs)
{
	struct json_object *array = json_add_array(object, "addresses");

	for (size_t i = 0; i < runs->nr; i++) {
		struct json_object *run = json_object_new_object();

		json_add_number(run, "offset", runs->runs[i].offset);
		json_add_number(run, "length", runs->runs[i].length);
		json_add_number(run, "dma_addr", runs->runs[i].dma_addr);
		json_object_array_add(array, run);
	}
}

int pin_show_json(const struct pinned *pinned)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "kind", pinned->args->kind->word);
	json_add_number(object, "bytes", pinned->args->size);
	context_add_json(pinned->ctx, object);
	json_add_number(object, "nanoseconds", pinned->ns);
	json_add_number(object, "runs", pinned->histogram.nr_runs);
	json_add_number(object, "longest", pinned->histogram.longest);
	add_classes(object, pinned);
	if (pinned->args->addresses)
		add_addresses(object, &pinned->runs);
	return json_print(object);
}

int pin_write_svg(const struct pinned *pinned)
{
	const struct pin_arguments *args = pinned->args;
	char size[OUT_SIZE], title[128], addresses[512];
	struct runs_caption caption = { title, addresses };
	FILE *stream;
	int err;

	snprintf(title, sizeof(title), "%s of %s",
		 out_size(size, args->size), args->kind->words);
	snprintf(addresses, sizeof(addresses), "%s, from %s: %s",
		 context_mode_words(dmamem_get_iova_mode(pinned->ctx)),
		 dmamem_get_provider(pinned->ctx),
		 dmamem_get_reason(pinned->ctx));
	stream = fopen(args->svg, "we");
	if (!stream) {
		warn("%s", args->svg);
		return CMD_FAILED;
	}
	err = runs_write_svg(stream, &pinned->runs, &pinned->histogram,
			     &caption);
	err |= ferror(stream);
	if (fclose(stream) || err) {
		warnx("%s could not be written", args->svg);
		return CMD_FAILED;
	}
	return CMD_DONE;
}
