// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What dmamem doctor says to programs. dmamem-doctor(1) describes the members.
 */
#include <linux/capability.h>
#include <string.h>

#include <dmamem/dmamem.h>

#include "tools/dmamem/doctor.h"
#include "tools/dmamem/json.h"

static void add_text_if(struct json_object *object, const char *key,
			const char *text)
{
	json_add_text(object, key, text[0] ? text : NULL);
}

static void add_module(struct json_object *object, const struct doctor *doctor)
{
	const struct module_state *module = &doctor->module;
	struct json_object *member = json_add_object(object, "module");

	json_add_bool(member, "loaded", module->loaded);
	add_text_if(member, "version", module->version);
	add_text_if(member, "srcversion", module->srcversion);
	add_text_if(member, "taint", module->taint);
	if (doctor->file_error) {
		json_add_text(member, "file", NULL);
		return;
	}
	member = json_add_object(member, "file");
	json_add_text(member, "path", doctor->file.path);
	add_text_if(member, "version", doctor->file.version);
	add_text_if(member, "srcversion", doctor->file.srcversion);
	add_text_if(member, "vermagic", doctor->file.vermagic);
	add_text_if(member, "signer", doctor->file.signer);
}

static void add_security(struct json_object *object,
			 const struct machine *machine)
{
	static const char * const secure_boot[] = {
		[MACHINE_NO_EFI] = NULL,
		[MACHINE_SECURE_BOOT_OFF] = "off",
		[MACHINE_SECURE_BOOT_ON] = "on",
		[MACHINE_SECURE_BOOT_UNKNOWN] = "unknown",
	};
	struct json_object *member = json_add_object(object, "security");

	json_add_text(member, "secure_boot", secure_boot[machine->secure_boot]);
	add_text_if(member, "lockdown", machine->lockdown);
	json_add_bool(member, "sig_enforce", machine->sig_enforce);
}

static void add_iommu(struct json_object *object,
		      const struct machine_iommu *iommu)
{
	struct json_object *member = json_add_object(object, "iommu");

	add_text_if(member, "units", iommu->names);
	add_text_if(member, "boot_options", iommu->options);
	json_add_number(member, "groups", iommu->groups);
	json_add_number(member, "identity_groups", iommu->identity);
}

static void add_limit(struct json_object *object, const char *key,
		      uint64_t limit)
{
	if (limit == UINT64_MAX)
		json_add_text(object, key, NULL);
	else
		json_add_number(object, key, limit);
}

static void add_process(struct json_object *object,
			const struct machine *machine)
{
	struct json_object *member = json_add_object(object, "process");

	json_add_number(member, "uid", machine->uid);
	json_add_bool(member, "cap_sys_rawio",
		      machine_capable(machine, CAP_SYS_RAWIO));
	json_add_bool(member, "cap_ipc_lock",
		      machine_capable(machine, CAP_IPC_LOCK));
	json_add_bool(member, "cap_sys_admin",
		      machine_capable(machine, CAP_SYS_ADMIN));
	json_add_bool(member, "cap_sys_module",
		      machine_capable(machine, CAP_SYS_MODULE));
	add_limit(member, "memlock", machine->memlock_limit);
	add_limit(member, "memlock_hard", machine->memlock_hard);
}

static void add_node(struct json_object *array, const struct machine_node *node)
{
	struct json_object *object = json_object_new_object(), *huge, *pool;

	json_object_array_add(array, object);
	json_add_number(object, "id", node->id);
	json_add_number(object, "total", node->total);
	json_add_number(object, "free", node->free);
	huge = json_add_array(object, "hugepages");
	for (unsigned int i = 0; i < node->nr_huge; i++) {
		pool = json_object_new_object();
		json_object_array_add(huge, pool);
		json_add_number(pool, "size", node->huge[i].size);
		json_add_number(pool, "nr", node->huge[i].nr);
		json_add_number(pool, "free", node->huge[i].free);
	}
}

static void add_memory(struct json_object *object,
		       const struct machine *machine)
{
	struct json_object *member = json_add_array(object, "nodes");

	for (unsigned int i = 0; i < machine->nr_nodes; i++)
		add_node(member, &machine->nodes[i]);
	member = json_add_object(object, "thp");
	add_text_if(member, "enabled", machine->thp_enabled);
	add_text_if(member, "defrag", machine->thp_defrag);
	add_text_if(member, "shmem", machine->thp_shmem);
}

static void add_modes(struct json_object *object, unsigned int modes)
{
	static const char * const names[] = {
		[DMAMEM_IOVA_PA] = "pa",
		[DMAMEM_IOVA_VA] = "va",
		[DMAMEM_IOVA_DMA] = "dma",
	};
	struct json_object *array = json_add_array(object, "modes");

	for (int mode = DMAMEM_IOVA_PA; mode <= DMAMEM_IOVA_DMA; mode++)
		if (modes >> mode & 1)
			json_object_array_add(array,
					      json_object_new_string(names[mode]));
}

static void add_ways(struct json_object *object,
		     const struct way ways[DOCTOR_NR_WAYS],
		     const struct pci_function *function,
		     const struct machine *machine)
{
	struct json_object *list = json_add_object(object, "ways"), *member;
	char remedy[WAYS_TEXT];

	for (int i = 0; i < DOCTOR_NR_WAYS; i++) {
		const struct way *way = &ways[i];

		member = json_add_object(list, way->asked);
		json_add_text(member, "provider", way->provider);
		add_modes(member, way->modes);
		json_add_text(member, "error", way->error ?
			      strerrorname_np(-way->error) : NULL);
		json_add_text(member, "reason", way->reason);
		ways_remedy(way, function, machine, remedy);
		add_text_if(member, "remedy", remedy);
	}
}

static void add_names(struct json_object *object, const char *key,
		      const struct tree_names *names)
{
	struct json_object *array = json_add_array(object, key);

	for (size_t i = 0; i < names->nr; i++)
		json_object_array_add(array,
				      json_new_text(names->names[i]));
}

static void add_function(struct json_object *array,
			 const struct doctor_function *function,
			 const struct machine *machine)
{
	const struct pci_function *pci = &function->pci;
	struct json_object *object = json_object_new_object();

	json_object_array_add(array, object);
	json_add_text(object, "bdf", pci->bdf);
	json_add_number(object, "class", pci->class);
	json_add_text(object, "class_name", pci_class_name(pci->class));
	json_add_number(object, "vendor", pci->vendor);
	json_add_number(object, "device", pci->device);
	json_object_object_add(object, "node", json_object_new_int(pci->node));
	add_text_if(object, "driver", pci->driver);
	add_text_if(object, "device_file", function->node);
	add_names(object, "disks", &function->disks);
	add_names(object, "interfaces", &function->interfaces);
	add_text_if(object, "group", pci->group);
	add_text_if(object, "group_type", pci->group_type);
	add_names(object, "group_members", &pci->members);
	json_add_bool(object, "bridge", pci_is_bridge(pci));
	add_ways(object, function->ways, pci, machine);
}

int doctor_print_json(const struct doctor *doctor)
{
	const struct machine *machine = &doctor->machine;
	struct json_object *object = json_object_new_object(), *member;

	json_add_text(object, "version", DMAMEM_VERSION);
	member = json_add_object(object, "kernel");
	json_add_text(member, "release", machine->release);
	json_add_text(member, "architecture", machine->architecture);
	add_text_if(member, "distribution", machine->distribution);
	add_module(object, doctor);
	add_security(object, machine);
	add_iommu(object, &machine->iommu);
	add_process(object, machine);
	add_memory(object, machine);
	add_ways(object, doctor->ways, NULL, machine);
	member = json_add_array(object, "functions");
	for (size_t i = 0; i < doctor->nr; i++)
		add_function(member, &doctor->functions[i], machine);
	json_add_number(object, "bridges_left_out", doctor->bridges);
	return json_print(object);
}
