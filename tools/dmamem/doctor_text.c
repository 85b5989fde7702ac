// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem doctor says to people, in 80 columns.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/dmamem/doctor.h"
#include "tools/dmamem/out.h"

/* Where what follows a label begins, and what follows the name of a way */
#define COLUMN 12
#define ARROW "-> "

static void item_in(enum out_style style, const char *label,
		    const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void item_in(enum out_style style, const char *label,
		    const char *format, ...)
{
	char text[PATH_MAX + WAYS_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("%s%-*s%s", out_style(stdout, style), COLUMN, label,
	       out_style(stdout, OUT_PLAIN));
	out_wrapped(stdout, COLUMN, text);
}

#define item(...) item_in(OUT_BOLD, __VA_ARGS__)

/* What to do about the line before */
static void advise(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static void advise(const char *format, ...)
{
	char text[WAYS_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("%*s%s%s", COLUMN, "", out_style(stdout, OUT_WARN), ARROW);
	out_wrapped(stdout, COLUMN + strlen(ARROW), text);
	fputs(out_style(stdout, OUT_PLAIN), stdout);
}

static void print_kernel(const struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;

	item("Kernel", "%s, %s%s%s", machine->release, machine->architecture,
	     machine->distribution[0] ? ", " : "", machine->distribution);
}

static void print_module(const struct doctor *doctor)
{
	const struct module_state *module = &doctor->module;
	const struct module_file *file = &doctor->file;

	if (module->loaded)
		item("Module", "loaded%s%s%s", module->version[0] ?
		     ", version " : "", module->version,
		     strchr(module->taint, 'E') ? ", not signed" : "");
	else
		item("Module", "not loaded");
	if (!doctor->file_error)
		item("", "%s, %s%s", file->path, file->signer[0] ?
		     "signed by " : "not signed", file->signer);
	else if (doctor->file_error == -ENOENT)
		item("", "not among the modules of this kernel");
	else
		item("", "%s", strerrordesc_np(-doctor->file_error));
	if (!doctor->file_error && !module->loaded)
		advise("dmamem load");
	if (doctor->file_error == -ENOENT && !module->loaded)
		advise("install the package dmamem-dkms, or dmamem load --file PATH");
}

static void print_security(const struct doctor *doctor)
{
	static const char * const secure_boot[] = {
		[MACHINE_NO_EFI] = "none (no EFI)",
		[MACHINE_SECURE_BOOT_OFF] = "off",
		[MACHINE_SECURE_BOOT_ON] = "on",
		[MACHINE_SECURE_BOOT_UNKNOWN] = "unknown",
	};
	const struct machine *machine = &doctor->machine;
	bool known = machine->lockdown[0];
	bool locked = known && strcmp(machine->lockdown, "none");

	item("Secure boot", "%s; lockdown: %s; unsigned modules are %s%s",
	     secure_boot[machine->secure_boot],
	     known ? machine->lockdown : "unknown",
	     machine->sig_enforce || locked ? "refused" : "taken",
	     machine->sig_enforce || known ? "" :
	     ", if the kernel is not locked down");
	if ((machine->sig_enforce || locked) && !doctor->file.signer[0] &&
	    !doctor->module.loaded)
		advise("sign dmamem.ko: see 'Secure boot' in dmamem-load(1)");
}

static void print_iommu(const struct machine *machine)
{
	const struct machine_iommu *iommu = &machine->iommu;
	char remedy[WAYS_TEXT];

	if (iommu->groups) {
		item("IOMMU", "%s, translates for %u of %u groups%s%s",
		     iommu->names[0] ? iommu->names : "of unknown kind",
		     iommu->groups - iommu->identity, iommu->groups,
		     iommu->options[0] ? "; booted with " : "", iommu->options);
		return;
	}
	item("IOMMU", "none%s%s", iommu->options[0] ? ", booted with " : "",
	     iommu->options);
	ways_get_iommu(machine, remedy);
	advise("%s", remedy);
}

static void print_privilege(const struct machine *machine)
{
	static const struct {
		unsigned int capability;
		const char *name;
	} names[] = {
		{ CAP_SYS_RAWIO, "CAP_SYS_RAWIO" },
		{ CAP_IPC_LOCK, "CAP_IPC_LOCK" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
		{ CAP_SYS_MODULE, "CAP_SYS_MODULE" },
	};
	char has[MACHINE_TEXT] = "", lacks[MACHINE_TEXT] = "", *text;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		text = machine_capable(machine, names[i].capability) ? has :
								       lacks;
		snprintf(text + strlen(text), MACHINE_TEXT - strlen(text),
			 " %s", names[i].name);
	}
	item("User", "uid %u, with%s%s%s", machine->uid, has[0] ? has :
	     " no capability that matters", has[0] && lacks[0] ?
	     ", without" : "", has[0] ? lacks : "");
}

static void print_memlock(const struct machine *machine)
{
	char soft[OUT_SIZE], hard[OUT_SIZE];

	if (machine_capable(machine, CAP_IPC_LOCK)) {
		item("Memlock", "no limit, with CAP_IPC_LOCK");
		return;
	}
	if (machine->memlock_limit == UINT64_MAX) {
		item("Memlock", "no limit");
		return;
	}
	item("Memlock", "%s of pinned memory", out_size(soft,
							machine->memlock_limit));
	if (machine->memlock_hard == UINT64_MAX)
		advise("for more: ulimit -l unlimited");
	else if (machine->memlock_hard > machine->memlock_limit)
		advise("for up to %s: ulimit -l %ju",
		       out_size(hard, machine->memlock_hard),
		       (uintmax_t)machine->memlock_hard >> 10);
	else
		advise("for more: /etc/security/limits.conf, or LimitMEMLOCK= of a systemd unit");
}

/* Sizes of which there are none are only named */
static void list_huge(const struct machine_node *node, bool reserved,
		      const char *before, char *text, size_t size)
{
	char number[OUT_SIZE];

	for (unsigned int i = 0; i < node->nr_huge; i++) {
		const struct machine_huge *huge = &node->huge[i];
		size_t length = strlen(text);

		out_size(number, huge->size);
		if (reserved && huge->nr)
			snprintf(text + length, size - length,
				 "%s%ju of %s (%ju free)", before,
				 (uintmax_t)huge->nr, number,
				 (uintmax_t)huge->free);
		if (!reserved && !huge->nr)
			snprintf(text + length, size - length, "%s%s", before,
				 number);
		if (reserved == !!huge->nr)
			before = ", ";
	}
}

static void print_node(const struct machine_node *node)
{
	char total[OUT_SIZE], available[OUT_SIZE], label[16], text[256] = "";

	list_huge(node, true, "; huge pages: ", text, sizeof(text));
	list_huge(node, false, "; no huge pages of ", text, sizeof(text));
	snprintf(label, sizeof(label), "Node %u", node->id);
	item(label, "%s, %s free%s", out_size(total, node->total),
	     out_size(available, node->free), text);
}

static void print_thp(const struct machine *machine)
{
	if (!machine->thp_enabled[0])
		item("THP", "the kernel has none");
	else
		item("THP", "enabled: %s, defrag: %s, for memfd: %s",
		     machine->thp_enabled, machine->thp_defrag,
		     machine->thp_shmem);
}

/* The library knows that the caller may have huge pages of its own */
static void print_reserved(const struct machine *machine)
{
	for (unsigned int i = 0; i < machine->nr_nodes; i++)
		for (unsigned int j = 0; j < machine->nodes[i].nr_huge; j++)
			if (machine->nodes[i].huge[j].free)
				return;
	advise("no huge page is free: sysctl vm.nr_hugepages=512");
}

static void print_way(const struct way *way,
		      const struct pci_function *function,
		      const struct machine *machine)
{
	const char *modes = ways_mode_names(way->modes);
	char remedy[WAYS_TEXT], label[16];

	snprintf(label, sizeof(label), "  %s", way->asked);
	if (!way->provider) {
		item_in(OUT_BAD, label, "no: %s", way->reason);
		ways_remedy(way, function, machine, remedy);
		if (remedy[0])
			advise("%s", remedy);
	} else if (strcmp(way->provider, way->asked) != 0) {
		item_in(OUT_GOOD, label, "takes %s, %s: %s", way->provider,
			modes, way->reason);
	} else {
		item_in(OUT_GOOD, label, "yes, %s", modes);
		if (!strcmp(way->provider, "hugepage"))
			print_reserved(machine);
	}
}

static void print_ways(const struct way ways[DOCTOR_NR_WAYS],
		       const struct pci_function *function,
		       const struct machine *machine)
{
	if (ways[DOCTOR_AUTO].provider)
		print_way(&ways[DOCTOR_AUTO], function, machine);
	else
		item_in(OUT_BAD, "  auto", "finds no way");
	for (int i = DOCTOR_AUTO + 1; i < DOCTOR_NR_WAYS; i++)
		if (function || i != DOCTOR_VFIO)
			print_way(&ways[i], function, machine);
}

/* VFIO without an IOMMU makes groups of unknown type */
static const char *group_words(const char *type)
{
	if (!strcmp(type, "identity"))
		return "the IOMMU lets every address through";
	return strcmp(type, "unknown") ? "the IOMMU translates" :
					 "nothing may translate";
}

static void print_group(const struct pci_function *pci)
{
	char others[1024] = "";

	if (!pci->group[0]) {
		item("  group", "none: no IOMMU is set up for it");
		return;
	}
	for (size_t i = 0; i < pci->members.nr; i++)
		if (strcmp(pci->members.names[i], pci->bdf) != 0)
			snprintf(others + strlen(others),
				 sizeof(others) - strlen(others), " %s",
				 pci->members.names[i]);
	item("  group", "%s, %s%s; %s (%s)", pci->group,
	     others[0] ? "shared with" : "alone in it", others,
	     group_words(pci->group_type), pci->group_type);
}

static void add_names(char *text, size_t size, const struct tree_names *names)
{
	for (size_t i = 0; i < names->nr; i++)
		snprintf(text + strlen(text), size - strlen(text), " %s",
			 names->names[i]);
}

static void print_driver(const struct doctor_function *function)
{
	char made[512] = "";

	if (function->node[0])
		snprintf(made, sizeof(made), " %s", function->node);
	add_names(made, sizeof(made), &function->disks);
	add_names(made, sizeof(made), &function->interfaces);
	if (function->pci.driver[0])
		item("  driver", "%s%s%s", function->pci.driver,
		     made[0] ? ":" : "", made);
	else
		item("  driver", "none");
}

static void print_function(const struct doctor_function *function,
			   const struct machine *machine)
{
	const struct pci_function *pci = &function->pci;

	printf("\n%s%s  %s %04x:%04x", out_style(stdout, OUT_BOLD), pci->bdf,
	       pci_class_name(pci->class), pci->vendor, pci->device);
	if (pci->node >= 0)
		printf(", node %d", pci->node);
	printf("%s\n", out_style(stdout, OUT_PLAIN));
	print_driver(function);
	print_group(pci);
	if (pci_is_bridge(pci))
		item("  auto", "no: it is a bridge");
	else
		print_ways(function->ways, pci, machine);
}

void doctor_print(const struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;

	item("dmamem", "%s", DMAMEM_VERSION);
	print_kernel(doctor);
	print_module(doctor);
	print_security(doctor);
	print_iommu(machine);
	print_privilege(machine);
	print_memlock(machine);
	for (unsigned int i = 0; i < machine->nr_nodes; i++)
		print_node(&machine->nodes[i]);
	print_thp(machine);
	printf("\n%sWithout a PCI function%s\n", out_style(stdout, OUT_BOLD),
	       out_style(stdout, OUT_PLAIN));
	print_ways(doctor->ways, NULL, machine);
	for (size_t i = 0; i < doctor->nr; i++)
		print_function(&doctor->functions[i], machine);
	if (doctor->bridges)
		printf("\nLeft out, because they are for the kernel alone: bridges (%u).\n",
		       doctor->bridges);
}
