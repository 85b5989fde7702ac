// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What the subcommands of `dmamem nvme` share: a controller that is up.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <dmamem/alloc.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/interrupt.h"
#include "tools/dmamem/nvme_session.h"
#include "tools/dmamem/use.h"

#define MAX_BLOCKS 65536

static const struct argp_option options[] = {
	{ "namespace", 'n', "NSID", 0, "Namespace; default: the first", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct nvme_target *target = state->input;
	uint64_t nsid;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &target->choice;
		return 0;
	case 'n':
		if (parse_number(arg, 1, UINT32_MAX - 1, &nsid))
			argp_error(state, "'%s' is no namespace: 1, 2, ...",
				   arg);
		else
			target->nsid = nsid;
		return 0;
	case ARGP_KEY_END:
		if (!target->bdf[0])
			argp_error(state, "which controller? BDF is missing");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = {
	{ &context_argp, 0, NULL, 0 },
	{ 0 },
};

const struct argp nvme_target_argp = {
	.options = options,
	.parser = parse_option,
	.children = children,
};

void nvme_target_set(struct nvme_target *target, const char *text,
		     struct argp_state *state)
{
	if (parse_bdf(text, target->bdf))
		argp_error(state, "'%s' is no PCI address, such as 0000:00:04.0",
			   text);
	target->choice.device = target->bdf;
}

static bool can_be_driven(const char *driver)
{
	static const char * const drivers[] = {
		"", "dmamem", "vfio-pci", "uio_pci_generic",
	};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strcmp(driver, drivers[i]))
			return true;
	return false;
}

/* Whoever has it would be hurt, and could not be waited for */
static int check_use(const struct pci_function *function)
{
	char why[USE_WHY];
	int err = use_check("", function, why);

	if (err == -EBUSY) {
		warnx("%s is in use: %s", function->bdf, why);
		if (!can_be_driven(function->driver))
			fprintf(stderr, "-> end that, or insist: 'dmamem bind --force %s'\n",
				function->bdf);
		return CMD_REFUSED;
	}
	if (err)
		warnx("%s", strerror(-err));
	return err ? CMD_FAILED : CMD_DONE;
}

static int check_function(struct nvme_session *session)
{
	const char *bdf = session->target->bdf;
	const struct pci_function *function = &session->function;
	int ret;

	if (pci_function_read("", bdf, &session->function)) {
		warnx("there is no PCI function %s; 'dmamem doctor' lists them",
		      bdf);
		return CMD_USAGE;
	}
	if (function->class != PCI_CLASS_NVME) {
		warnx("%s is no NVMe controller but: %s", bdf,
		      pci_class_name(function->class));
		return CMD_USAGE;
	}
	ret = check_use(function);
	if (!ret && !can_be_driven(function->driver)) {
		warnx("%s is bound to %s, which uses it: 'dmamem bind %s' takes it over",
		      bdf, function->driver, bdf);
		return CMD_CANNOT;
	}
	return ret;
}

/* The library knows more of what is wrong with memory */
static int controller_failed(const struct nvme_session *session,
			     const char *what, int err)
{
	switch (-err) {
	case ENOMEM:
	case ERANGE:
	case EREMOTEIO:
		return context_failed(session->ctx, what, err);
	default:
		warnx("%s: %s", what, nvme_error_text(err));
		return err == -EINVAL ? CMD_FAILED : context_exit_code(err);
	}
}

static int first_namespace(struct nvme_session *session)
{
	const char *bdf = session->target->bdf;
	int err = nvme_namespace_first(session->ctrl, &session->ns);

	switch (err) {
	case 0:
		return CMD_DONE;
	case -ENOENT:
		warnx("%s has no namespace", bdf);
		return CMD_CANNOT;
	case -EOPNOTSUPP:
		warnx("%s has no namespace that can be used: 'dmamem nvme identify %s' says why",
		      bdf, bdf);
		return CMD_CANNOT;
	default:
		return controller_failed(session, "namespace", err);
	}
}

static int named_namespace(struct nvme_session *session, uint32_t nsid)
{
	const char *bdf = session->target->bdf;
	struct nvme_namespace ns = { 0 };
	int err = nvme_namespace_after(session->ctrl, nsid - 1, &ns);

	if (err && err != -ENOENT && err != -EOPNOTSUPP)
		return controller_failed(session, "namespace", err);
	if (ns.nsid != nsid) {
		warnx("%s has no namespace %u: 'dmamem nvme identify %s' lists them",
		      bdf, nsid, bdf);
		return CMD_USAGE;
	}
	if (err) {
		warnx("namespace %u cannot be used: %s", nsid,
		      nvme_namespace_unusable(&ns));
		return CMD_CANNOT;
	}
	session->ns = ns;
	return CMD_DONE;
}

int nvme_session_namespace(struct nvme_session *session)
{
	uint32_t nsid = session->target->nsid;

	return nsid ? named_namespace(session, nsid) : first_namespace(session);
}

int nvme_session_open(const struct nvme_target *target,
		      struct nvme_session *session)
{
	int ret, err;

	*session = (struct nvme_session){ .target = target };
	ret = check_function(session);
	if (!ret)
		ret = context_open(&target->choice, 0, &session->ctx);
	if (ret)
		return ret;
	/* Commands in flight come to their end before the process does */
	interrupt_catch(0);
	err = nvme_open(session->ctx, target->bdf, &session->ctrl);
	return err ? controller_failed(session, target->bdf, err) : CMD_DONE;
}

int nvme_session_queue(struct nvme_session *session, unsigned int depth,
		       size_t size, size_t memory)
{
	int err = nvme_qpair_create(session->ctrl, depth, size,
				    &session->qpair);

	if (err)
		return controller_failed(session, "queues", err);
	err = dmamem_alloc(session->ctx, memory, 0, DMAMEM_ANY_NODE,
			   &session->memory);
	return err ? context_failed(session->ctx, "memory for data", err) :
		     CMD_DONE;
}

/* If the controller cannot be stopped, the memory stays pinned until we die */
int nvme_session_close(struct nvme_session *session)
{
	int err = nvme_close(session->ctrl);

	pci_function_free(&session->function);
	if (err) {
		warnx("%s: cannot be stopped: %s", session->target->bdf,
		      nvme_error_text(err));
		return CMD_FAILED;
	}
	dmamem_close(session->ctx);
	return CMD_DONE;
}

int nvme_session_failed(const struct nvme_session *session, const char *what,
			uint64_t disk_byte, int err, uint16_t status)
{
	uint64_t block = disk_byte >> session->ns.lba_shift;

	if (err == -EIO)
		warnx("%s at block %" PRIu64 ": %s (status 0x%x)", what, block,
		      nvme_status_text(status), status);
	else
		warnx("%s at block %" PRIu64 ": %s", what, block,
		      nvme_error_text(err));
	return CMD_FAILED;
}

uint64_t nvme_session_bytes(const struct nvme_session *session)
{
	return session->ns.nr_lbas << session->ns.lba_shift;
}

size_t nvme_session_transfer(const struct nvme_session *session, size_t wanted)
{
	size_t most = nvme_get_info(session->ctrl)->max_transfer;
	size_t block = (size_t)1 << session->ns.lba_shift;

	if (most > MAX_BLOCKS * block)
		most = MAX_BLOCKS * block;
	if (wanted > most)
		wanted = most;
	return wanted < block ? block : wanted & ~(block - 1);
}
