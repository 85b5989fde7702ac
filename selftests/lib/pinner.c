// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>

#include "selftests/lib/pinner.h"
#include "selftests/lib/uapi.h"
#include "selftests/lib/unserved.h"
#include "tools/memory/pages.h"

static void *run_pin(void *arg)
{
	struct pinner *pinner = arg;

	pinner->result = uapi_pin_id(pinner->fd, pinner->addr,
				     pinner->nr * PAGE, DMAMEM_PIN_WRITE);
	return NULL;
}

int pinner_start(struct pinner *pinner, int fd, size_t nr)
{
	int ret;

	pinner->fd = fd;
	pinner->nr = nr;
	pinner->uffd = unserved_map(&pinner->addr, nr * PAGE);
	if (pinner->uffd < 0)
		return -ENOTSUP;
	ret = -pthread_create(&pinner->thread, NULL, run_pin, pinner);
	return ret ? ret : unserved_wait(pinner->uffd);
}

int pinner_finish(struct pinner *pinner)
{
	for (size_t i = 0; i < pinner->nr; i++)
		unserved_serve(pinner->uffd);
	pthread_join(pinner->thread, NULL);
	return pinner->result;
}
