// Clocks.
#pragma once

#include <time.h>

// Seconds on a clock.
static inline double mb_seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Seconds on one that never goes back.
static inline double mb_now(void)
{
    return mb_seconds(CLOCK_MONOTONIC);
}
