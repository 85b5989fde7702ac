// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * What it takes to set a mode up here, found out by trying.
 */
#include "tools/dmamem/compare_mode.h"
#include "tools/dmamem/compare_privilege.h"
#include "tools/dmamem/interrupt.h"

static const char *iova_words(const struct compare_session *session)
{
	if (!session->ctx)
		return "physical";
	switch (dmamem_get_iova_mode(session->ctx)) {
	case DMAMEM_IOVA_VA:
		return "those of the process, translated by an IOMMU";
	case DMAMEM_IOVA_DMA:
		return "chosen by the kernel, translated by an IOMMU";
	default:
		return "physical";
	}
}

static void try_mode(struct compare *compare, const struct compare_mode *mode,
		     struct json_object *object)
{
	struct compare_session session;
	const char *capability;
	int ret = compare_open(compare, mode, false, &session);

	json_add_bool(object, "works", !ret);
	json_add_text(object, "why", ret ? session.why :
				     session.ctx ?
				     dmamem_get_reason(session.ctx) : "");
	if (ret)
		return;
	json_add_text(object, "addresses", iova_words(&session));
	compare_close(&session);
	capability = compare_capability(compare, mode);
	json_add_text(object, "capability", capability);
	if (capability)
		json_add_bool(object, "memlock",
			      compare_counts_as_locked(compare, mode));
	else
		json_add_text(object, "memlock", NULL);
}

int compare_setup(struct compare *compare)
{
	struct json_object *list = json_add_array(compare->report, "setup");

	for (unsigned int i = 0; i < nr_compare_modes && !interrupted(); i++) {
		const struct compare_mode *mode = &compare_modes[i];
		struct json_object *object;

		if (mode->control)
			continue;
		compare_say(compare, "setup: %s", mode->name);
		object = json_object_new_object();
		json_add_text(object, "mode", mode->name);
		json_add_text(object, "title", mode->title);
		json_add_text(object, "reserved", mode->hugetlb_only ?
				      "all of it, in hugetlb pages" : "nothing");
		json_add_text(object, "driver", mode->driver);
		json_add_text(object, "boot", mode->boot);
		try_mode(compare, mode, object);
		json_object_array_add(list, object);
	}
	return 0;
}
