// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "selftests/lib/function.h"
#include "selftests/lib/raw_nvme.h"
#include "selftests/lib/uapi.h"
#include "tools/memory/pages.h"

#define BAR_BYTES 0x2000
#define ENTRIES 64

/* Registers, in units of 32 bits */
#define CC (0x14 / 4)
#define CSTS (0x1c / 4)
#define AQA (0x24 / 4)
#define ASQ (0x28 / 4)
#define ACQ (0x30 / 4)
#define DOORBELLS (0x1000 / 4)

#define CC_ENABLE (1 | 6 << 16 | 4 << 20)
#define CSTS_READY 1

#define CREATE_SQ 0x01
#define CREATE_CQ 0x05
#define READ 0x02

/* Queue q: submissions are page 2 * q of the queues, completions 2 * q + 1 */
struct command {
	uint32_t dw0;
	uint32_t nsid;
	uint64_t unused[2];
	uint64_t prp1;
	uint64_t prp2;
	uint32_t dw10;
	uint32_t dw11;
	uint32_t dw12;
	uint32_t unused2[3];
};

struct completion {
	uint32_t result;
	uint32_t unused;
	uint16_t head;
	uint16_t queue;
	uint16_t id;
	uint16_t status;
};

int raw_nvme_open(struct raw_nvme *nvme, const char *driver)
{
	int ret;

	memset(nvme, 0, sizeof(*nvme));
	ret = function_find(FUNCTION_NVME, nvme->bdf);
	if (!ret)
		ret = function_bind(nvme->bdf, driver);
	if (!ret)
		ret = function_enable(nvme->bdf, 1);
	if (ret)
		return ret;
	nvme->bar = function_map(nvme->bdf, BAR_BYTES);
	return nvme->bar ? 0 : -EIO;
}

static int wait_ready(struct raw_nvme *nvme, uint32_t ready)
{
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if ((nvme->bar[CSTS] & CSTS_READY) == ready)
			return 0;
		usleep(10000);
	}
	return -ETIMEDOUT;
}

static void write64(struct raw_nvme *nvme, unsigned int reg, uint64_t value)
{
	nvme->bar[reg] = value;
	nvme->bar[reg + 1] = value >> 32;
}

static void submit(struct raw_nvme *nvme, unsigned int q,
		   const struct command *command)
{
	struct command *queue = (void *)(nvme->queues + 2 * q * PAGE);

	queue[nvme->tail[q]] = *command;
	nvme->tail[q] = (nvme->tail[q] + 1) % ENTRIES;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	nvme->bar[DOORBELLS + 2 * q] = nvme->tail[q];
}

/* Status of the next completion, or -EAGAIN; the phase turns with each lap */
static int complete(struct raw_nvme *nvme, unsigned int q)
{
	volatile struct completion *queue =
		(void *)(nvme->queues + (2 * q + 1) * PAGE);
	unsigned int slot = nvme->head[q] % ENTRIES;
	uint16_t status = queue[slot].status;

	if ((status & 1) == (nvme->head[q] / ENTRIES) % 2)
		return -EAGAIN;
	nvme->head[q]++;
	nvme->bar[DOORBELLS + 2 * q + 1] = nvme->head[q] % ENTRIES;
	return status >> 1;
}

static int admin(struct raw_nvme *nvme, const struct command *command)
{
	int status, tries;

	submit(nvme, 0, command);
	for (tries = 0; tries < 500; tries++) {
		status = complete(nvme, 0);
		if (status != -EAGAIN)
			return status ? -EIO : 0;
		usleep(10000);
	}
	return -ETIMEDOUT;
}

static int create_queues(struct raw_nvme *nvme)
{
	struct command cq = {
		.dw0 = CREATE_CQ,
		.prp1 = nvme->dma[3],
		.dw10 = (ENTRIES - 1) << 16 | 1,
		.dw11 = 1,
	};
	struct command sq = {
		.dw0 = CREATE_SQ,
		.prp1 = nvme->dma[2],
		.dw10 = (ENTRIES - 1) << 16 | 1,
		.dw11 = 1 << 16 | 1,
	};
	int ret = admin(nvme, &cq);

	return ret ? ret : admin(nvme, &sq);
}

int raw_nvme_start(struct raw_nvme *nvme, int fd)
{
	int region, ret;
	unsigned int i;

	nvme->queues = pages_map(4 * PAGE);
	if (!nvme->queues)
		return -ENOMEM;
	memset(nvme->queues, 0, 4 * PAGE);
	region = uapi_pin_id(fd, nvme->queues, 4 * PAGE, DMAMEM_PIN_WRITE);
	if (region < 0)
		return region;
	for (i = 0; i < 4; i++)
		nvme->dma[i] = uapi_dma_addr(fd, region, i * PAGE);

	nvme->bar[CC] = 0;
	ret = wait_ready(nvme, 0);
	if (ret)
		return ret;
	nvme->bar[AQA] = (ENTRIES - 1) << 16 | (ENTRIES - 1);
	write64(nvme, ASQ, nvme->dma[0]);
	write64(nvme, ACQ, nvme->dma[1]);
	nvme->bar[CC] = CC_ENABLE;
	ret = wait_ready(nvme, CSTS_READY);
	return ret ? ret : create_queues(nvme);
}

void raw_nvme_read(struct raw_nvme *nvme, uint64_t lba, uint64_t page1,
		   uint64_t page2)
{
	struct command command = {
		.dw0 = READ | nvme->tail[1] << 16,
		.nsid = 1,
		.prp1 = page1,
		.prp2 = page2,
		.dw10 = lba,
		.dw12 = 2 * PAGE / 512 - 1,
	};

	submit(nvme, 1, &command);
}

int raw_nvme_completed(struct raw_nvme *nvme)
{
	int done = 0;

	while (complete(nvme, 1) != -EAGAIN)
		done++;
	return done;
}
