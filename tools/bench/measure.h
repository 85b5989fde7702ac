/* SPDX-License-Identifier: LGPL-2.1-or-later OR MIT */
/*
 * Measuring a function again and again: times with their spread and, where the
 * kernel lets us have a counter of the processor, instructions.
 */
#ifndef TOOLS_BENCH_MEASURE_H
#define TOOLS_BENCH_MEASURE_H

#include <stdbool.h>
#include <time.h>

/* Rounds, at most */
#define MEASURE_ROUNDS 101

/* What is measured, and what is done before and after it: 0 or -errno */
typedef int (*measure_fn)(void *arg);

/**
 * struct measure - what to measure
 * @before: before each round; may be NULL
 * @run: what is measured
 * @after: after each round; may be NULL
 * @arg: for the three
 * @rounds: how often, 1 to MEASURE_ROUNDS
 * @per: what each figure is divided by: what @run does as often
 * @clock: CLOCK_MONOTONIC, or one of the clocks of CPU time
 * @counter: from measure_counter_open(), or -1
 */
struct measure {
	measure_fn before;
	measure_fn run;
	measure_fn after;
	void *arg;
	unsigned int rounds;
	double per;
	clockid_t clock;
	int counter;
};

/**
 * struct spread - what came of it
 * @median: nanoseconds
 * @least: the fastest round
 * @most: the slowest round
 * @instructions: median of the counter; negative if there is none
 */
struct spread {
	double median;
	double least;
	double most;
	double instructions;
};

/**
 * measure_run() - measure
 * @measure: what
 * @spread: what came of it, unchanged on failure
 *
 * Return: 0, or what a function returned; the round's @after has not run then.
 */
int measure_run(const struct measure *measure, struct spread *spread);

/**
 * measure_summarise() - what a series of values says
 * @values: the values; are put in order
 * @nr: how many, not 0
 * @spread: median, least and most of them, without instructions
 */
void measure_summarise(double *values, unsigned int nr, struct spread *spread);

/**
 * measure_counter_open() - a counter of instructions of this thread
 * @kernel: count those of the kernel, too
 *
 * Return: a file descriptor, or -errno: -EACCES (perf_event_paranoid), -ENOENT
 * (the processor, or a virtual one, has no such counter), or others.
 */
int measure_counter_open(bool kernel);

#endif
