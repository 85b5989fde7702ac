// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * dmamem nvme identify: what controller and namespaces are.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/nvme_session.h"

struct identify_arguments {
	struct nvme_target target;
	bool json;
};

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "Print one JSON object", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct identify_arguments *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->target;
		break;
	case KEY_JSON:
		args->json = true;
		break;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one controller, not also '%s'", arg);
		nvme_target_set(&args->target, arg, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	{ &nvme_target_argp, 0, NULL, 0 },
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "BDF",
	.doc = "Say what controller and namespaces are.",
	.children = children,
};

/* SGLS of Identify Controller in words */
static const char *sgl_words(uint32_t sgls)
{
	switch (sgls & 3) {
	case 1:
		return "yes, memory at any byte";
	case 2:
		return "yes, memory at multiples of 4 bytes";
	default:
		return "no";
	}
}

static void show_function(const struct nvme_session *session)
{
	const struct pci_function *function = &session->function;

	printf("Controller  %s (%04x:%04x), ", function->bdf, function->vendor,
	       function->device);
	if (function->driver[0])
		printf("bound to %s", function->driver);
	else
		printf("bound to no driver");
	if (function->group[0])
		printf(", IOMMU group %s", function->group);
	if (function->node >= 0)
		printf(", NUMA node %d", function->node);
	putchar('\n');
}

static void show_controller(const struct nvme_session *session)
{
	const struct nvme_info *info = nvme_get_info(session->ctrl);
	char size[OUT_SIZE];

	show_function(session);
	printf("Model       %s\n"
	       "Serial      %s\n"
	       "Firmware    %s\n"
	       "NVMe        %u.%u.%u\n", info->model, info->serial,
	       info->firmware, info->version >> 16, info->version >> 8 & 0xff,
	       info->version & 0xff);
	printf("Transfers   %s%s a command\n",
	       info->max_transfer == SIZE_MAX ? "" : "at most ",
	       info->max_transfer == SIZE_MAX ? "of any size" :
	       out_size(size, info->max_transfer));
	printf("Queues      up to %u entries\n"
	       "SGLs        %s\n"
	       "Cache       %s\n", info->max_queue_entries,
	       sgl_words(info->sgls),
	       info->volatile_cache ? "volatile; writes are safe after a flush" :
				      "none that is volatile");
	context_show(session->ctx);
}

static void show_namespace(const struct nvme_namespace *ns)
{
	const char *why = nvme_namespace_unusable(ns);
	char size[OUT_SIZE];

	if (why) {
		printf("Namespace %u cannot be used: %s\n", ns->nsid, why);
		return;
	}
	printf("Namespace %u %s: %" PRIu64 " blocks of %u bytes\n", ns->nsid,
	       out_size(size, ns->nr_lbas << ns->lba_shift), ns->nr_lbas,
	       1U << ns->lba_shift);
}

/* @array is NULL for text */
static void list_namespace(const struct nvme_namespace *ns,
			   struct json_object *array)
{
	const char *why = nvme_namespace_unusable(ns);
	struct json_object *one;

	if (!array) {
		show_namespace(ns);
		return;
	}
	one = json_object_new_object();
	json_add_number(one, "nsid", ns->nsid);
	json_add_bool(one, "usable", !why);
	if (why) {
		json_add_text(one, "why", why);
	} else {
		json_add_number(one, "blocks", ns->nr_lbas);
		json_add_number(one, "block_size",
				UINT64_C(1) << ns->lba_shift);
	}
	json_object_array_add(array, one);
}

/* All of them, or the one that was asked for */
static int list_namespaces(struct nvme_session *session,
			   struct json_object *array)
{
	struct nvme_namespace ns = { 0 };
	int err;

	if (session->target->nsid) {
		err = nvme_session_namespace(session);
		if (!err)
			list_namespace(&session->ns, array);
		return err;
	}
	while (!(err = nvme_namespace_after(session->ctrl, ns.nsid, &ns)) ||
	       err == -EOPNOTSUPP)
		list_namespace(&ns, array);
	if (err == -ENOENT)
		return CMD_DONE;
	warnx("the namespace after %u: %s", ns.nsid, nvme_error_text(err));
	return CMD_FAILED;
}

static int show_json(struct nvme_session *session)
{
	const struct nvme_info *info = nvme_get_info(session->ctrl);
	struct json_object *object = json_object_new_object();
	char version[32];
	int ret;

	snprintf(version, sizeof(version), "%u.%u.%u", info->version >> 16,
		 info->version >> 8 & 0xff, info->version & 0xff);
	json_add_text(object, "device", session->function.bdf);
	json_add_text(object, "driver", session->function.driver);
	json_add_text(object, "model", info->model);
	json_add_text(object, "serial", info->serial);
	json_add_text(object, "firmware", info->firmware);
	json_add_text(object, "nvme", version);
	json_add_number(object, "max_transfer",
			info->max_transfer == SIZE_MAX ? 0 :
			info->max_transfer);
	json_add_number(object, "max_queue_entries", info->max_queue_entries);
	json_add_number(object, "sgls", info->sgls);
	json_add_bool(object, "volatile_cache", info->volatile_cache);
	context_add_json(session->ctx, object);
	ret = list_namespaces(session, json_add_array(object, "namespaces"));
	return json_print(object) ? CMD_FAILED : ret;
}

int nvme_identify(int argc, char **argv)
{
	struct identify_arguments args = { 0 };
	struct nvme_session session;
	int ret;

	argp_parse(&argp, argc, argv, 0, NULL, &args);
	ret = nvme_session_open(&args.target, &session);
	if (!ret && args.json) {
		ret = show_json(&session);
	} else if (!ret) {
		show_controller(&session);
		ret = list_namespaces(&session, NULL);
	}
	return nvme_session_close(&session) ? CMD_FAILED : ret;
}
