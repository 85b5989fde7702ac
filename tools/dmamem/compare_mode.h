/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Modes: ways for a process to learn where its memory is for a device.
 */
#ifndef DMAMEM_TOOLS_COMPARE_MODE_H
#define DMAMEM_TOOLS_COMPARE_MODE_H

#include <sys/uio.h>

#include <dmamem/memory.h>

#include "tools/dmamem/compare.h"

struct compare_session;

/**
 * struct compare_mode - a way to get addresses
 * @name: in tables
 * @title: in full
 * @driver: that compare.device is bound to meanwhile; "": to none; NULL: the
 *          mode works without a device
 * @hugetlb_only: takes no other memory
 * @control: registers nothing: what happens to memory that nobody cares for
 * @boot: what must be said when the machine boots
 * @provider: of libdmamem; NULL: not through the library
 * @open: fill in a session whose @mode is set. 0, or -errno and @why.
 * @add: register memory. 0 or -errno.
 * @remove: release it. 0 or -errno.
 * @close: undo @open
 */
struct compare_mode {
	const char *name;
	const char *title;
	const char *driver;
	bool hugetlb_only;
	bool control;
	const char *boot;
	const char *provider;
	int (*open)(struct compare_session *session, const char *device);
	int (*add)(struct compare_session *session, void *addr, size_t len);
	int (*remove)(struct compare_session *session, void *addr, size_t len);
	void (*close)(struct compare_session *session);
};

extern const struct compare_mode compare_modes[];
extern const unsigned int nr_compare_modes;

/**
 * struct compare_session - a mode in use
 * @mode: the mode
 * @ctx: the library's context, NULL in modes that do without
 * @map: DMA addresses of what is registered, NULL if there are none
 * @own_map: the same, if it is not that of @ctx
 * @pagemap: /proc/self/pagemap
 * @why: words for what has failed last
 */
struct compare_session {
	const struct compare_mode *mode;
	struct dmamem_context *ctx;
	const struct dmamem_map *map;
	struct dmamem_map *own_map;
	int pagemap;
	char why[COMPARE_WHY];
};

/**
 * compare_open() - start to use a mode
 * @compare: the comparison; its device is bound as the mode wants it
 * @mode: the mode
 * @for_device: the addresses are for compare.device even if the mode needs none
 * @session: filled in; @why also on failure
 *
 * Return: 0 or -errno.
 */
int compare_open(struct compare *compare, const struct compare_mode *mode,
		 bool for_device, struct compare_session *session);

/* compare_add(), compare_remove(): register and release; -errno with @why */
int compare_add(struct compare_session *session, void *addr, size_t len);
int compare_remove(struct compare_session *session, void *addr, size_t len);

/* Stop using it; what is still registered is released */
void compare_close(struct compare_session *session);

/**
 * compare_is_physical() - are the addresses of a session physical ones?
 * @session: the session
 *
 * Return: whether pagemap shows the same addresses.
 */
bool compare_is_physical(const struct compare_session *session);

/**
 * struct compare_runs - what registered memory consists of for a device
 * @number: runs of consecutive addresses
 * @longest: bytes of the longest
 * @classes: [n]: how many have 4 KiB << n or more, but less than twice that
 */
struct compare_runs {
	uint64_t number;
	uint64_t longest;
	uint64_t classes[DMAMEM_RUN_CLASSES];
};

/* Count the runs of memory that is registered */
struct compare_runs compare_count_runs(const struct compare_session *session,
				       const struct iovec *memory);

#endif
