// The one wait loop for MPI. MPICH spins inside its blocking calls and never yields, which costs
// thousands of times the message when ranks outnumber cores, so nothing here blocks inside MPI.

#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "comm/internal.h"

double mb_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void mb_wait_check(mb_context *cx, mb_wait *wait, void (*notice)(mb_context *cx))
{
    mb_comm *comm = cx->comm;
    double now = mb_now();
    if (wait->since == 0) {
        wait->since = now;
        wait->next_notice = now + comm->wait_seconds;
        wait->deadline = now + comm->deadline_seconds;
    }
    if (comm->patient) return;
    if (notice && now >= wait->next_notice) {
        notice(cx);
        wait->next_notice = now + 20 * comm->wait_seconds;
    }
    if (comm->deadline_seconds > 0 && now >= wait->deadline) {
        if (now >= wait->deadline + comm->deadline_seconds)
            mb_comm_abort(cx, "rank %d: a wait of %.1f s in %s passed twice MOONBEAR_DEADLINE",
                          comm->rank, now - wait->since, comm->where);
        mb_comm_interrupt(cx);
        mb_board_interrupt(cx);
    }
}

void mb_wait_turn(mb_context *cx, mb_wait *wait, void (*notice)(mb_context *cx))
{
    enum { TESTS = 20, YIELDS = 2000 };
    wait->turns++;
    if (wait->turns < TESTS) return;
    if (wait->turns < YIELDS) {
        sched_yield();
        return;
    }
    // Past a millisecond or two: sleep, twice as long each time, up to a millisecond, or twenty
    // where a person may be typing.
    int64_t doubled = wait->turns - YIELDS, most = cx->comm->patient ? 20000000 : 1000000;
    int64_t nanoseconds = doubled < 15 ? 1000 << doubled : most;
    if (nanoseconds > most) nanoseconds = most;
    nanosleep(&(struct timespec){.tv_nsec = nanoseconds}, NULL);
    mb_wait_check(cx, wait, notice);
}

void mb_wait_request(mb_context *cx, MPI_Request *request, void (*notice)(mb_context *cx))
{
    const double busy = 5e-6; // a test that takes so long has moved data: the wait begins anew
    mb_wait wait = {0};
    int done = 0;
    for (;;) {
        double before = mb_now();
        MB_MPI(cx, MPI_Test(request, &done, MPI_STATUS_IGNORE));
        if (done) return;
        if (mb_now() - before > busy) wait.turns = 0;
        mb_wait_turn(cx, &wait, notice);
    }
}
