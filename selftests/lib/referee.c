// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <endian.h>
#include <string.h>

#include "selftests/lib/referee.h"

static bool read_u64(const struct referee *referee, uint64_t dma,
		     uint64_t *value)
{
	uint64_t raw;

	if (!referee->read(referee->arg, dma, &raw, sizeof(raw)))
		return false;
	*value = le64toh(raw);
	return true;
}

/* One page of data, or what remains of it */
static void take_page(const struct referee *referee, uint64_t page,
		      uint64_t size, uint64_t *remaining)
{
	uint64_t len = *remaining < size ? *remaining : size;

	referee->data(referee->arg, page, len);
	*remaining -= len;
}

/*
 * A list may begin at any qword of a page and goes up to the end of the page.
 * The last qword of the page is a pointer to another list, which fills a page
 * from its start, if more than one page of data is left to transfer.
 */
static enum referee_verdict walk_list(const struct referee *referee,
				      uint64_t size, uint64_t at,
				      uint64_t remaining)
{
	while (remaining) {
		bool last_slot = !((at + 8) % size);
		uint64_t entry;

		if (!read_u64(referee, at, &entry))
			return REFEREE_UNREADABLE;
		if (entry % size)
			return REFEREE_PRP_OFFSET;
		if (last_slot && remaining > size) {
			at = entry;
			continue;
		}
		take_page(referee, entry, size, &remaining);
		at += 8;
	}
	return REFEREE_OK;
}

enum referee_verdict referee_prp(const struct referee *referee,
				 unsigned int mps_shift, uint64_t prp1,
				 uint64_t prp2, uint64_t len)
{
	uint64_t size = UINT64_C(1) << mps_shift;

	if (!len)
		return prp1 || prp2 ? REFEREE_PRP_RESERVED : REFEREE_OK;
	if (prp1 % 4)
		return REFEREE_PRP_ALIGNMENT;
	take_page(referee, prp1, size - prp1 % size, &len);

	if (!len)
		return prp2 ? REFEREE_PRP_RESERVED : REFEREE_OK;
	if (len > size) {
		if (prp2 % 8)
			return REFEREE_PRP_ALIGNMENT;
		return walk_list(referee, size, prp2, len);
	}
	if (prp2 % size)
		return REFEREE_PRP_OFFSET;
	take_page(referee, prp2, size, &len);
	return REFEREE_OK;
}

enum sgl_type {
	SGL_DATA_BLOCK = 0x0,
	SGL_BIT_BUCKET = 0x1,
	SGL_SEGMENT = 0x2,
	SGL_LAST_SEGMENT = 0x3,
};

/* Bytes 0-7 address, 8-11 length, 12-14 reserved, 15 type and sub type */
struct sgl_view {
	uint64_t addr;
	uint32_t len;
	unsigned int type;
};

static enum referee_verdict sgl_parse(const uint8_t raw[16],
				      struct sgl_view *view)
{
	uint64_t addr;
	uint32_t len;

	memcpy(&addr, raw, sizeof(addr));
	memcpy(&len, raw + 8, sizeof(len));
	view->addr = le64toh(addr);
	view->len = le32toh(len);
	view->type = raw[15] >> 4;

	if (raw[12] || raw[13] || raw[14])
		return REFEREE_SGL_RESERVED;
	if (view->type > SGL_LAST_SEGMENT || raw[15] & 0xf)
		return REFEREE_SGL_TYPE;
	if (view->type == SGL_BIT_BUCKET && view->addr)
		return REFEREE_SGL_RESERVED;
	return REFEREE_OK;
}

static bool is_pointer(const struct sgl_view *view)
{
	return view->type == SGL_SEGMENT || view->type == SGL_LAST_SEGMENT;
}

static enum referee_verdict sgl_take(const struct referee *referee,
				     const struct sgl_view *view,
				     uint64_t *remaining)
{
	if (view->len > *remaining)
		return REFEREE_SGL_LENGTH;
	*remaining -= view->len;

	if (view->type == SGL_DATA_BLOCK)
		referee->data(referee->arg, view->addr, view->len);
	else if (referee->discard)
		referee->discard(referee->arg, view->len);
	else
		return REFEREE_SGL_TYPE;
	return REFEREE_OK;
}

/*
 * Everything in one segment but a pointer at its end, which is handed back in
 * @view; without one, @view is the segment's last descriptor.
 */
static enum referee_verdict sgl_segment(const struct referee *referee,
					uint64_t addr, uint32_t len,
					uint64_t *remaining,
					struct sgl_view *view)
{
	for (uint32_t at = 0; at < len; at += 16) {
		enum referee_verdict verdict;
		uint8_t raw[16];

		if (!referee->read(referee->arg, addr + at, raw, sizeof(raw)))
			return REFEREE_UNREADABLE;
		verdict = sgl_parse(raw, view);
		if (verdict)
			return verdict;
		if (is_pointer(view)) {
			if (at + 16 != len)
				return REFEREE_SGL_CHAIN;
			break;
		}
		verdict = sgl_take(referee, view, remaining);
		if (verdict)
			return verdict;
	}
	return REFEREE_OK;
}

enum referee_verdict referee_sgl(const struct referee *referee,
				 const void *descriptor, uint64_t len)
{
	enum referee_verdict verdict;
	struct sgl_view view;

	verdict = sgl_parse(descriptor, &view);
	/* In the command: a data block, or where the first segment is */
	if (!verdict && view.type == SGL_BIT_BUCKET)
		return REFEREE_SGL_TYPE;
	if (!verdict && !is_pointer(&view))
		verdict = sgl_take(referee, &view, &len);

	while (!verdict && is_pointer(&view)) {
		bool last = view.type == SGL_LAST_SEGMENT;

		if (view.addr % 8 || !view.len || view.len % 16)
			return REFEREE_SGL_SEGMENT;
		verdict = sgl_segment(referee, view.addr, view.len, &len, &view);
		if (verdict)
			return verdict;
		if (last == is_pointer(&view))
			return REFEREE_SGL_CHAIN;
	}
	if (!verdict && len)
		return REFEREE_SGL_LENGTH;
	return verdict;
}
