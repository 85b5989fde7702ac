// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Namespaces: which there are, and their block size.
 */
#include <endian.h>
#include <errno.h>

#include "tools/nvme/admin.h"

static int next_active(struct nvme_controller *ctrl, uint32_t *nsid)
{
	const uint32_t *list;
	const void *data;
	int ret;

	if (*nsid >= ctrl->info.nr_namespaces)
		return -ENOENT;
	ret = nvme_admin_identify(ctrl, NVME_CNS_ACTIVE_NAMESPACES, *nsid,
				  &data);
	if (ret)
		return ret;
	list = data;
	*nsid = le32toh(list[0]);
	return *nsid ? 0 : -ENOENT;
}

const char *nvme_namespace_unusable(const struct nvme_namespace *ns)
{
	if (ns->metadata)
		return "its blocks carry metadata";
	if (ns->lba_shift < 9 || ns->lba_shift > 31)
		return "its blocks are below 512 bytes or above 2 GiB";
	return NULL;
}

int nvme_namespace_after(struct nvme_controller *ctrl, uint32_t nsid,
			 struct nvme_namespace *ns)
{
	const struct nvme_lba_format *format;
	const struct nvme_id_namespace *id;
	const void *data;
	int ret;

	ret = next_active(ctrl, &nsid);
	if (ret)
		return ret;
	ret = nvme_admin_identify(ctrl, NVME_CNS_NAMESPACE, nsid, &data);
	if (ret)
		return ret;

	id = data;
	format = &id->lbaf[nvme_flbas_index(id->flbas)];
	*ns = (struct nvme_namespace){
		.nsid = nsid,
		.lba_shift = format->lbads,
		.nr_lbas = le64toh(id->nsze),
		.metadata = le16toh(format->ms),
	};
	return nvme_namespace_unusable(ns) ? -EOPNOTSUPP : 0;
}

int nvme_namespace_first(struct nvme_controller *ctrl,
			 struct nvme_namespace *ns)
{
	struct nvme_namespace found = { 0 };
	int last = -ENOENT, ret;

	while ((ret = nvme_namespace_after(ctrl, found.nsid, &found)) ==
	       -EOPNOTSUPP)
		last = ret;
	if (!ret)
		*ns = found;
	return ret == -ENOENT ? last : ret;
}
