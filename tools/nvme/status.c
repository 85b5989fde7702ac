// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * Words for what can go wrong.
 */
#include <errno.h>
#include <string.h>

#include "tools/nvme/nvme.h"
#include "tools/nvme/spec.h"

struct text {
	int code;
	const char *text;
};

/* Type in bits 10:8, code in 7:0; "Status Code" in both specifications */
static const struct text status_texts[] = {
	{ 0x000, "Successful Completion" },
	{ 0x001, "Invalid Command Opcode" },
	{ 0x002, "Invalid Field in Command" },
	{ 0x003, "Command ID Conflict" },
	{ 0x004, "Data Transfer Error" },
	{ 0x005, "Commands Aborted due to Power Loss Notification" },
	{ 0x006, "Internal Error" },
	{ 0x007, "Command Abort Requested" },
	{ 0x008, "Command Aborted due to SQ Deletion" },
	{ 0x00b, "Invalid Namespace or Format" },
	{ 0x00c, "Command Sequence Error" },
	{ 0x00d, "Invalid SGL Segment Descriptor" },
	{ 0x00e, "Invalid Number of SGL Descriptors" },
	{ 0x00f, "Data SGL Length Invalid" },
	{ 0x010, "Metadata SGL Length Invalid" },
	{ 0x011, "SGL Descriptor Type Invalid" },
	{ 0x013, "PRP Offset Invalid" },
	{ 0x020, "Namespace is Write Protected" },
	{ 0x021, "Command Interrupted" },
	{ 0x022, "Transient Transport Error" },
	{ 0x080, "LBA Out of Range" },
	{ 0x081, "Capacity Exceeded" },
	{ 0x082, "Namespace Not Ready" },
	{ 0x083, "Reservation Conflict" },
	{ 0x084, "Format In Progress" },
	{ 0x100, "Completion Queue Invalid" },
	{ 0x101, "Invalid Queue Identifier" },
	{ 0x102, "Invalid Queue Size" },
	{ 0x105, "Asynchronous Event Request Limit Exceeded" },
	{ 0x108, "Invalid Interrupt Vector" },
	{ 0x10c, "Invalid Queue Deletion" },
	{ 0x10d, "Feature Identifier Not Saveable" },
	{ 0x10e, "Feature Not Changeable" },
	{ 0x180, "Conflicting Attributes" },
	{ 0x181, "Invalid Protection Information" },
	{ 0x182, "Attempted Write to Read Only Range" },
	{ 0x280, "Write Fault" },
	{ 0x281, "Unrecovered Read Error" },
	{ 0x282, "End-to-end Guard Check Error" },
	{ 0x285, "Compare Failure" },
	{ 0x286, "Access Denied" },
	{ 0x287, "Deallocated or Unwritten Logical Block" },
};

static const struct text error_texts[] = {
	{ EAGAIN, "the queue pair is full" },
	{ EBUSY, "a kernel driver or another process has the controller" },
	{ ECONNRESET, "somebody else has reset the controller" },
	{ E2BIG, "longer than the controller or the queue pair takes" },
	{ EFAULT, "the memory is not registered, or not mapped" },
	{ EIO, "the controller refused or failed a command" },
	{ ENODEV, "there is no such PCI function, or it has gone" },
	{ ENOENT, "there is no such namespace" },
	{ ENOSPC, "the controller has no more queues" },
	{ ENOTRECOVERABLE, "the controller reports a fatal status (CSTS.CFS)" },
	{ ENOTTY, "the PCI function is not an NVMe controller" },
	{ ENXIO, "BAR 0 is too small for the doorbells" },
	{ EOPNOTSUPP, "the controller or namespace needs what we do not do" },
	{ EPROTO, "the controller completed a command it was not given" },
	{ ETIMEDOUT, "the controller does not answer" },
};

static const char *find(const struct text *texts, size_t nr, int code)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (texts[i].code == code)
			return texts[i].text;
	return NULL;
}

const char *nvme_status_text(uint16_t status)
{
	const char *text = find(status_texts,
				sizeof(status_texts) / sizeof(status_texts[0]),
				NVME_STATUS_CODE(status));

	return text ? text : "Unknown Status";
}

const char *nvme_error_text(int err)
{
	const char *text = find(error_texts,
				sizeof(error_texts) / sizeof(error_texts[0]),
				-err);

	return text ? text : strerror(-err);
}
