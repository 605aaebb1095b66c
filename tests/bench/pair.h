// Two processes that do the same work at once, for programs that measure what a machine can do.
#pragma once

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAIR = 2, TRIALS = 5 };

// What the two processes share.
typedef struct meeting {
    atomic_int arrived;
    double seconds[PAIR][TRIALS];
} meeting;

static inline void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static inline double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// One of the two: all trials, each begun when both are there.
static inline void take_part(int process, void *(*prepare)(int), void (*act)(int, void *),
                             meeting *shared)
{
    void *work = prepare ? prepare(process) : NULL;
    act(process, work);
    for (int trial = 0; trial < TRIALS; trial++) {
        atomic_fetch_add(&shared->arrived, 1);
        while (atomic_load(&shared->arrived) < PAIR * (trial + 1))
            sched_yield();
        double start = now();
        act(process, work);
        shared->seconds[process][trial] = now() - start;
    }
    _exit(EXIT_SUCCESS);
}

// The seconds that the longer of two processes takes to act, the least of the trials. `prepare`,
// which may be NULL, makes what is given to `act`.
static inline double pair_seconds(void *(*prepare)(int process),
                                  void (*act)(int process, void *work))
{
    meeting *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) die("mmap");
    for (int process = 0; process < PAIR; process++) {
        pid_t child = fork();
        if (child < 0) die("fork");
        if (child == 0) take_part(process, prepare, act, shared);
    }
    for (int status; wait(&status) > 0;)
        if (status) exit(EXIT_FAILURE);
    double best = 1e9;
    for (int trial = 0; trial < TRIALS; trial++) {
        const double a = shared->seconds[0][trial], b = shared->seconds[1][trial];
        const double longer = a > b ? a : b;
        if (longer < best) best = longer;
    }
    munmap(shared, sizeof *shared);
    return best;
}
