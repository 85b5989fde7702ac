// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
/*
 * The programs of examples/ do what they say. Each runs in a child of its own;
 * what it prints is looked at while it runs.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "selftests/lib/skip.h"
#include "tools/memory/pages.h"

#define SOCKET "/tmp/dmamem-example"
#define NR_PAGES 4
#define LINE 128
#define PRPS "%u PRP entries: PRP1 0x%" SCNx64 ", PRP2 0x%" SCNx64
#define PFN_MASK ((UINT64_C(1) << 55) - 1)

/* main() of each, see selftests/build.mk */
int example_pin(int argc, char **argv);
int example_queue(int argc, char **argv);
int example_keys(int argc, char **argv);
int example_handover(int argc, char **argv);

struct example {
	pid_t pid;
	int in;
	FILE *out;
};

static void start(struct example *example, int (*run)(int argc, char **argv),
		  char *argument)
{
	static char name[] = "example";
	char *argv[] = { name, argument, NULL };
	int in[2], out[2];

	fflush(NULL);
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		abort();
	example->pid = fork();
	if (!example->pid) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		close(in[1]);
		exit(run(argument ? 2 : 1, argv));
	}
	close(in[0]);
	close(out[1]);
	example->in = in[1];
	example->out = fdopen(out[0], "r");
}

/* The next line without its end; empty if there is none */
static char *next_line(struct example *example, char line[LINE])
{
	if (!fgets(line, LINE, example->out))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* How many values of the format, as of scanf(), the next line has */
static int __attribute__((format(scanf, 3, 4)))
scan_line(struct example *example, char line[LINE], const char *format, ...)
{
	va_list args;
	int nr;

	va_start(args, format);
	nr = vsscanf(next_line(example, line), format, args);
	va_end(args);
	return nr;
}

static int wait_for(struct example *example)
{
	int status;

	close(example->in);
	fclose(example->out);
	if (waitpid(example->pid, &status, 0) != example->pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Physical address of a page of another process */
static uint64_t phys_of(pid_t pid, uint64_t addr)
{
	uint64_t entry = 0;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(fd, &entry, sizeof(entry), addr / PAGE * sizeof(entry)) < 0)
		entry = 0;
	close(fd);
	return (entry & PFN_MASK) * PAGE + addr % PAGE;
}

FIXTURE(examples)
{
	char line[LINE];
	struct example example;
};

FIXTURE_SETUP(examples)
{
	if (access("/dev/dmamem", F_OK))
		SKIP_SETUP("the module is not loaded");
	unlink(SOCKET);
}

FIXTURE_TEARDOWN(examples)
{
	unlink(SOCKET);
}

TEST_F(examples, pin)
{
	struct example *pin = &self->example;
	uint64_t addr, dma, len, total = 0;

	start(pin, example_pin, NULL);
	EXPECT_STREQ("Addresses from kmod", next_line(pin, self->line));
	while (scan_line(pin, self->line,
			 "0x%" SCNx64 " -> 0x%" SCNx64 ", %" SCNu64 " bytes",
			 &addr, &dma, &len) == 3) {
		for (uint64_t at = 0; at < len; at += PAGE)
			EXPECT_EQ(phys_of(pin->pid, addr + at), dma + at);
		total += len;
	}
	EXPECT_EQ(8 * PAGE, total);
	EXPECT_STREQ("They stay as they are until you press Enter.",
		     self->line);
	EXPECT_EQ(1, write(pin->in, "\n", 1));
	EXPECT_EQ(0, wait_for(pin));
}

/* The list that is written is on the page behind the queues */
TEST_F(examples, queue)
{
	uint64_t sq, cq, prp1, prp2, page, entries[4];
	struct example *queue = &self->example;
	unsigned int nr_entries;

	start(queue, example_queue, NULL);
	ASSERT_EQ(1, scan_line(queue, self->line,
			       "Submission queue at 0x%" SCNx64, &sq));
	ASSERT_EQ(1, scan_line(queue, self->line,
			       "Completion queue at 0x%" SCNx64, &cq));
	EXPECT_EQ(0, sq % PAGE);
	EXPECT_EQ(sq + 256 * 64, cq);

	ASSERT_EQ(3, scan_line(queue, self->line, PRPS, &nr_entries, &page,
			       &prp2));
	EXPECT_EQ(11, nr_entries);
	EXPECT_EQ(1024, page % PAGE);
	EXPECT_STREQ("  PRP2 points into the map: no list was written",
		     next_line(queue, self->line));

	ASSERT_EQ(3, scan_line(queue, self->line, PRPS, &nr_entries, &prp1,
			       &prp2));
	EXPECT_EQ(5, nr_entries);
	EXPECT_EQ(cq + PAGE, prp2);
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(1, scan_line(queue, self->line,
				       "  list: 0x%" SCNx64, &entries[i]));
	EXPECT_EQ(page - 1024, entries[2]);
	EXPECT_EQ(0, wait_for(queue));
}

/* Line by line; addresses are given relative to the first */
TEST_F(examples, keys)
{
	static const struct {
		const char *format;
		size_t offset;
	} expected[] = {
		{ "adapter: 16384 bytes at 0x%" PRIx64 " have key 0x100", 0 },
		{ "adapter: 16384 bytes at 0x%" PRIx64 " have key 0x101",
		  4 * PAGE },
		{ "adapter: 16384 bytes at 0x%" PRIx64 " have key 0x102",
		  8 * PAGE },
		{ "piece 4 is one too many: No space left on device", 0 },
		{ "0x%" PRIx64 ": key 0x100 for 16284 bytes", 100 },
		{ "0x%" PRIx64 ": key 0x101 for 12288 bytes", 5 * PAGE },
		{ "adapter: the key of 16384 bytes at 0x%" PRIx64 " is gone",
		  0 },
		{ "0x%" PRIx64 ": key 0x0 for 16284 bytes", 100 },
		{ "adapter: the key of 16384 bytes at 0x%" PRIx64 " is gone",
		  4 * PAGE },
		{ "adapter: the key of 16384 bytes at 0x%" PRIx64 " is gone",
		  8 * PAGE },
	};
	struct example *keys = &self->example;
	uint64_t first = 0;
	char wanted[LINE];

	start(keys, example_keys, NULL);
	ASSERT_EQ(1, scan_line(keys, self->line,
			       "adapter: %*u bytes at 0x%" SCNx64, &first));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		snprintf(wanted, sizeof(wanted), expected[i].format,
			 first + expected[i].offset);
		EXPECT_STREQ(wanted, self->line);
		next_line(keys, self->line);
	}
	EXPECT_STREQ("", self->line);
	EXPECT_EQ(0, wait_for(keys));
}

/* Which start it is, and the address of each page */
static unsigned int read_start(struct example *example, char line[LINE],
			       uint64_t pages[NR_PAGES])
{
	unsigned int number;

	if (scan_line(example, line, "Start %u", &number) != 1)
		return 0;
	for (int i = 0; i < NR_PAGES; i++)
		if (scan_line(example, line, "page %*u is at 0x%" SCNx64,
			      &pages[i]) != 1)
			return 0;
	return number;
}

/* Whoever receives it has the memory: nobody does anything with it */
static void take_and_forget(void)
{
	char message[64];
	struct sockaddr_un addr = { AF_UNIX, SOCKET };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(sock, (void *)&addr, sizeof(addr)) ||
	    recv(sock, message, sizeof(message), 0) <= 0)
		abort();
	close(sock);
}

TEST_F(examples, handover)
{
	uint64_t first[NR_PAGES], pages[NR_PAGES];
	struct example starts[3];
	char path[] = SOCKET;

	start(&starts[0], example_handover, path);
	ASSERT_EQ(1, read_start(&starts[0], self->line, first));
	for (unsigned int i = 1; i < ARRAY_SIZE(starts); i++) {
		start(&starts[i], example_handover, path);
		EXPECT_EQ(0, wait_for(&starts[i - 1]));
		ASSERT_EQ(i + 1, read_start(&starts[i], self->line, pages));
		EXPECT_EQ(0, memcmp(first, pages, sizeof(pages)));
	}
	take_and_forget();
	EXPECT_EQ(0, wait_for(&starts[2]));
}

TEST_HARNESS_MAIN
