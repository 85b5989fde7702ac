// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Kernel, firmware, IOMMU and what the process may do.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/dmamem/machine.h"
#include "tools/dmamem/tree.h"

#define SECURE_BOOT "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

/* What follows @key in the line that starts with it; "" if there is none */
static void find_line(const char *root, const char *path, const char *key,
		      char *value, size_t size)
{
	char name[PATH_MAX], line[1024];
	FILE *stream;

	value[0] = '\0';
	snprintf(name, sizeof(name), "%s%s", root, path);
	stream = fopen(name, "re");
	if (!stream)
		return;
	while (fgets(line, sizeof(line), stream)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(value, size, "%s", line + strlen(key));
		break;
	}
	fclose(stream);
}

static void read_kernel(const char *root, struct machine *machine)
{
	char name[MACHINE_TEXT];
	struct utsname names;

	tree_read(root, machine->release, sizeof(machine->release),
		  "/proc/sys/kernel/osrelease");
	if (!uname(&names))
		snprintf(machine->architecture, sizeof(machine->architecture),
			 "%s", names.machine);
	find_line(root, "/etc/os-release", "PRETTY_NAME=", name, sizeof(name));
	name[strcspn(name + 1, "\"") + 1] = '\0';
	snprintf(machine->distribution, sizeof(machine->distribution), "%s",
		 name + strspn(name, "\""));
}

/* Firmware that does not know of it has other variables, if they are shown */
static enum machine_secure_boot without_variable(const char *root)
{
	struct tree_names names;
	bool others;

	if (!tree_exists(root, "/sys/firmware/efi"))
		return MACHINE_NO_EFI;
	tree_list(root, &names, "/sys/firmware/efi/efivars");
	others = names.nr;
	tree_list_free(&names);
	return others ? MACHINE_SECURE_BOOT_OFF : MACHINE_SECURE_BOOT_UNKNOWN;
}

/* Four bytes of attributes, then the variable */
static enum machine_secure_boot read_secure_boot(const char *root)
{
	enum machine_secure_boot state = MACHINE_SECURE_BOOT_UNKNOWN;
	unsigned char variable[5];
	char path[PATH_MAX];
	FILE *stream;

	snprintf(path, sizeof(path), "%s/sys/firmware/efi/efivars/%s", root,
		 SECURE_BOOT);
	stream = fopen(path, "re");
	if (!stream)
		return errno == ENOENT ? without_variable(root) :
					 MACHINE_SECURE_BOOT_UNKNOWN;
	if (fread(variable, sizeof(variable), 1, stream) == 1)
		state = variable[4] ? MACHINE_SECURE_BOOT_ON :
				      MACHINE_SECURE_BOOT_OFF;
	fclose(stream);
	return state;
}

static void read_security(const char *root, struct machine *machine)
{
	char enforce[8];

	machine->secure_boot = read_secure_boot(root);
	tree_chosen(root, machine->lockdown, sizeof(machine->lockdown),
		    "/sys/kernel/security/lockdown");
	tree_read(root, enforce, sizeof(enforce),
		  "/sys/module/module/parameters/sig_enforce");
	machine->sig_enforce = enforce[0] == 'Y';
}

static uint64_t limit(const char *text)
{
	return strcmp(text, "unlimited") ? strtoull(text, NULL, 10) :
					   UINT64_MAX;
}

static void read_privilege(const char *root, struct machine *machine)
{
	char text[MACHINE_TEXT], soft[32] = "", hard[32] = "";

	find_line(root, "/proc/self/status", "CapEff:", text, sizeof(text));
	machine->capabilities = strtoull(text, NULL, 16);
	find_line(root, "/proc/self/limits", "Max locked memory", text,
		  sizeof(text));
	if (sscanf(text, "%31s %31s", soft, hard) == 2) {
		machine->memlock_limit = limit(soft);
		machine->memlock_hard = limit(hard);
	}
	machine->uid = geteuid();
}

static void append(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length ? " " : "", word);
}

static void read_command_line(const char *root, struct machine_iommu *iommu)
{
	static const char * const options[] = {
		"intel_iommu=", "amd_iommu=", "iommu=", "iommu.", "arm-smmu",
	};
	char line[4096], *saved;

	tree_read(root, line, sizeof(line), "/proc/cmdline");
	for (char *word = strtok_r(line, " ", &saved); word;
	     word = strtok_r(NULL, " ", &saved))
		for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
			if (!strncmp(word, options[i], strlen(options[i])))
				append(iommu->options, sizeof(iommu->options),
				       word);
}

static void read_iommu(const char *root, struct machine_iommu *iommu)
{
	struct tree_names names;
	char type[32];

	read_command_line(root, iommu);
	tree_list(root, &names, "/sys/class/iommu");
	for (size_t i = 0; i < names.nr; i++)
		append(iommu->names, sizeof(iommu->names), names.names[i]);
	tree_list_free(&names);

	tree_list(root, &names, "/sys/kernel/iommu_groups");
	iommu->groups = names.nr;
	for (size_t i = 0; i < names.nr; i++) {
		tree_read(root, type, sizeof(type),
			  "/sys/kernel/iommu_groups/%s/type", names.names[i]);
		iommu->identity += !strcmp(type, "identity");
	}
	tree_list_free(&names);
}

bool machine_capable(const struct machine *machine, unsigned int capability)
{
	return machine->capabilities >> capability & 1;
}

void machine_read(const char *root, struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	read_kernel(root, machine);
	read_security(root, machine);
	read_privilege(root, machine);
	read_iommu(root, &machine->iommu);
	machine_read_memory(root, machine);
}
