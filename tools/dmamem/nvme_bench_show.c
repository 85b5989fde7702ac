// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What `dmamem nvme bench` has measured, as a table and as JSON.
 */
#include <inttypes.h>

#include "tools/dmamem/nvme_bench.h"

static const double percents[] = { 50, 90, 99, 99.9 };
static const char *const percent_keys[] = { "p50", "p90", "p99", "p99_9" };

#define NR_PERCENTS (sizeof(percents) / sizeof(percents[0]))

static const char *const op_words[] = {
	[BENCH_READ] = "reads",
	[BENCH_WRITE] = "writes",
	[BENCH_MIX] = "reads and writes",
};

static const char *const order_words[] = {
	[NVME_LOAD_SEQUENTIAL] = "sequential",
	[NVME_LOAD_RANDOM] = "random",
};

static const char *const pointer_words[] = {
	[NVME_PRPS] = "PRP",
	[NVME_SGLS] = "SGL",
};

static double per_second(const struct bench_row *row, double amount)
{
	return row->result.ns ? amount * 1e9 / (double)row->result.ns : 0;
}

static double mib_per_second(const struct bench_row *row)
{
	return per_second(row, (double)row->result.ios * (double)row->size) /
	       (1 << 20);
}

static void show_load(const struct bench_arguments *args)
{
	char part[OUT_SIZE], from[OUT_SIZE];

	printf("Load        %s %s, %u in flight, ", order_words[args->order],
	       op_words[args->op], args->depth);
	if (args->count)
		printf("%" PRIu64 " for each size\n", args->count);
	else
		printf("%u s for each size\n", args->seconds);
	printf("Part        %s from %s on%s\n",
	       out_size(part, args->range.length),
	       out_size(from, args->range.offset),
	       args->verify ? ", filled before and read back after each size" :
			      "");
}

void bench_show_head(const struct bench_arguments *args,
		     const struct nvme_session *session)
{
	const char *bold = out_style(stdout, OUT_BOLD);
	const char *plain = out_style(stdout, OUT_PLAIN);
	char size[OUT_SIZE];

	printf("Disk        %s: %s, namespace %u of %s\n",
	       session->function.bdf, nvme_get_info(session->ctrl)->model,
	       session->ns.nsid, out_size(size, nvme_session_bytes(session)));
	context_show(session->ctx);
	show_load(args);
	printf("\n%s%51s%s\n", bold, "latency in us", plain);
	printf("%s    size        IOPS    MiB/s     50 %%     90 %%", bold);
	printf("     99 %%   99.9 %%      most%s\n", plain);
	fflush(stdout);
}

static void show_latency(double ns, int width)
{
	printf(" %*.*f", width, ns < 1e8 ? 1 : 0, ns / 1e3);
}

void bench_show_row(const struct bench_row *row)
{
	const struct nvme_load_result *result = &row->result;
	char size[OUT_SIZE];

	printf("%8s %s %7.0f %8.1f", out_size(size, row->size),
	       pointer_words[row->pointers],
	       per_second(row, (double)result->ios), mib_per_second(row));
	for (size_t i = 0; i < NR_PERCENTS; i++)
		show_latency((double)latency_percentile(&result->latencies,
							percents[i]), 8);
	show_latency((double)result->latencies.longest, 9);
	putchar('\n');
	fflush(stdout);
}

struct json_object *bench_json_head(const struct bench_arguments *args,
				    const struct nvme_session *session)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "device", session->function.bdf);
	json_add_text(object, "driver", session->function.driver);
	json_add_text(object, "model", nvme_get_info(session->ctrl)->model);
	json_add_number(object, "namespace", session->ns.nsid);
	context_add_json(session->ctx, object);
	json_add_text(object, "op", op_words[args->op]);
	json_add_text(object, "order", order_words[args->order]);
	json_add_number(object, "depth", args->depth);
	json_add_number(object, "offset", args->range.offset);
	json_add_number(object, "length", args->range.length);
	return object;
}

struct json_object *bench_json_row(const struct bench_row *row)
{
	const struct nvme_load_result *result = &row->result;
	struct json_object *object = json_object_new_object();
	struct json_object *latency;

	json_add_number(object, "size", row->size);
	json_add_text(object, "pointers", pointer_words[row->pointers]);
	json_add_number(object, "commands", result->ios);
	json_add_number(object, "nanoseconds", result->ns);
	json_add_real(object, "iops", per_second(row, (double)result->ios));
	json_add_real(object, "mib_per_second", mib_per_second(row));
	json_add_number(object, "verified_bytes", result->checked);
	latency = json_add_object(object, "latency_ns");
	for (size_t i = 0; i < NR_PERCENTS; i++)
		json_add_number(latency, percent_keys[i],
				latency_percentile(&result->latencies,
						   percents[i]));
	json_add_number(latency, "max", result->latencies.longest);
	return object;
}
