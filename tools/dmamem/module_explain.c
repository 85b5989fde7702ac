// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Why a module was not loaded, and what to do about it.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/cmd.h"
#include "tools/dmamem/machine.h"
#include "tools/dmamem/module.h"
#include "tools/dmamem/tree.h"

#define SIGN "sign it with an enrolled key: see 'Secure boot' in dmamem-load(1)"

struct failure {
	const char *name;
	bool is_path;
	bool is_readable;
	struct machine machine;
	struct module_file file;
	char *why;
	char *remedy;
};

#define WHY(failure, ...) snprintf((failure)->why, MODULE_WHY, __VA_ARGS__)
#define REMEDY(failure, ...) \
	snprintf((failure)->remedy, MODULE_WHY, __VA_ARGS__)

static int explain_missing(struct failure *failure)
{
	if (failure->is_readable) {
		WHY(failure, "%s uses functions that this kernel (%s) does not have",
		    failure->file.path, failure->machine.release);
		REMEDY(failure, "the kernel's log names them; build the module for this kernel");
		return CMD_CANNOT;
	}
	if (failure->is_path) {
		WHY(failure, "there is no %s", failure->name);
		return CMD_USAGE;
	}
	WHY(failure, "there is no module %s for this kernel (%s)", failure->name,
	    failure->machine.release);
	if (!strcmp(failure->name, "dmamem"))
		REMEDY(failure, "install the package dmamem-dkms, or name a file with --file");
	else
		REMEDY(failure, "install the rest of the kernel's modules");
	return CMD_CANNOT;
}

static int explain_signature(struct failure *failure)
{
	if (failure->file.signer[0])
		WHY(failure, "%s: this kernel does not know the key of '%s'",
		    failure->file.path, failure->file.signer);
	else
		WHY(failure, "%s is not signed: this kernel refuses it",
		    failure->file.path);
	REMEDY(failure, SIGN);
	return CMD_CANNOT;
}

/* The kernel says EPERM for each of these */
static int explain_permission(const char *root, struct failure *failure)
{
	const struct machine *machine = &failure->machine;

	if (!machine_capable(machine, CAP_SYS_MODULE)) {
		WHY(failure, "modules are loaded by who has CAP_SYS_MODULE");
		REMEDY(failure, "run it as root, with sudo for example");
		return CMD_CANNOT;
	}
	if (tree_number(root, 0, "/proc/sys/kernel/modules_disabled")) {
		WHY(failure, "until the next boot no module is loaded (kernel.modules_disabled)");
		return CMD_CANNOT;
	}
	if (!failure->file.signer[0] && machine->lockdown[0] &&
	    strcmp(machine->lockdown, "none") != 0) {
		WHY(failure, "%s is not signed, and the kernel is locked down (%s)",
		    failure->file.path, machine->lockdown);
		REMEDY(failure, SIGN);
		return CMD_CANNOT;
	}
	WHY(failure, "the kernel does not permit it");
	return CMD_FAILED;
}

static int explain_format(struct failure *failure)
{
	const struct module_file *file = &failure->file;
	size_t release = strcspn(file->vermagic, " ");

	if (!failure->is_readable || !release) {
		WHY(failure, "%s is no kernel module", failure->name);
		return CMD_USAGE;
	}
	if (strlen(failure->machine.release) != release ||
	    strncmp(file->vermagic, failure->machine.release, release) != 0) {
		WHY(failure, "%s is for kernel %.*s", file->path, (int)release,
		    file->vermagic);
		REMEDY(failure, "build it for %s: 'dkms autoinstall', or 'make kmod'",
		       failure->machine.release);
		return CMD_CANNOT;
	}
	WHY(failure, "%s was built for another configuration of this kernel (%s)",
	    file->path, file->vermagic);
	REMEDY(failure, "the kernel's log says more; build it against this kernel's own headers");
	return CMD_CANNOT;
}

static int explain(const char *root, struct failure *failure, int error)
{
	switch (error) {
	case -ENOENT:
		return explain_missing(failure);
	case -EKEYREJECTED:
	case -ENOKEY:
		return explain_signature(failure);
	case -EBADMSG:
	case -ELIBBAD:
		WHY(failure, "the signature of %s is damaged",
		    failure->file.path);
		REMEDY(failure, "sign it again; stripping a module takes its signature off");
		return CMD_FAILED;
	case -EPERM:
		return explain_permission(root, failure);
	case -ENOEXEC:
		return explain_format(failure);
	case -ENOSYS:
		WHY(failure, "this kernel was built without modules");
		return CMD_CANNOT;
	case -EEXIST:
		WHY(failure, "%s is loaded already", failure->name);
		return CMD_FAILED;
	case -EINVAL:
		if (!failure->is_readable)
			return explain_format(failure);
		WHY(failure, "the module does not take these parameters");
		REMEDY(failure, "the kernel's log names the one; 'modinfo %s' describes them",
		       failure->name);
		return CMD_FAILED;
	default:
		WHY(failure, "%s cannot be loaded: %s", failure->name,
		    strerrordesc_np(-error));
		return CMD_FAILED;
	}
}

int module_explain_load(const char *root, const char *name, int error,
			char *why, char *remedy)
{
	struct failure failure = {
		.name = name,
		.is_path = strchr(name, '/'),
		.why = why,
		.remedy = remedy,
	};

	remedy[0] = '\0';
	machine_read(root, &failure.machine);
	failure.is_readable = !module_find(name, &failure.file);
	return explain(root, &failure, error);
}
