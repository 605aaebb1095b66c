// The one wait loop for MPI. MPICH spins inside its blocking calls and never yields, which costs
// thousands of times the message when ranks outnumber cores, so nothing here blocks inside MPI.
//
// A wait tests at once, then yields for a while, then sleeps: as processors differ, for a part of
// how long the wait has lasted, until waking costs next to nothing of it.

#include <math.h>
#include <sched.h>
#include <time.h>

#include "comm/internal.h"
#include "core/clock.h"

void mb_wait_check(mb_context *cx, mb_wait *wait, mb_notice *notice)
{
    mb_comm *comm = cx->comm;
    double now = mb_now();
    if (wait->began == 0) {
        wait->began = now;
        wait->next_notice = now + comm->wait_seconds;
        wait->deadline = now + comm->deadline_seconds;
    }
    mb_note_seen(comm, now);
    if (mb_process_look(comm, wait, now)) mb_notice_end(cx);
    if (comm->patient) return;
    if (now >= wait->began + comm->wait_seconds && comm->rank == 0) mb_notice_answer(cx);
    if (notice && now >= wait->next_notice) {
        wait->next_notice = now + 20 * comm->wait_seconds;
        notice(cx, wait);
    }
    if (comm->deadline_seconds > 0 && now >= wait->deadline) {
        if (now >= wait->deadline + comm->deadline_seconds)
            mb_comm_abort(cx,
                          "rank %d on %s: a wait of %.1f s in %s passed twice MOONBEAR_DEADLINE",
                          comm->rank, comm->hosts + (size_t)comm->rank * MB_HOST_SIZE,
                          now - wait->began, comm->where);
        mb_process_interrupt(cx);
    }
}

double mb_wait_pause(const mb_comm *comm, mb_wait *wait)
{
    const double lateness = 1.0 / 32, share = 1.0 / 200; // of the wait; of a processor
    const double longest = 0.02;                         // nobody at a prompt notices
    double work = mb_seconds(CLOCK_THREAD_CPUTIME_ID), most = longest;
    if (wait->sleeps++ == 0)
        wait->work = work;
    else if (!comm->patient)
        most = fmin(most, (work - wait->work) / (double)(wait->sleeps - 1) / share);
    return fmin(most, (mb_now() - wait->since) * lateness);
}

bool mb_wait_yield(mb_comm *comm, const mb_wait *wait)
{
    const double longest = 2e-3, longest_in_crowd = 5e-5;
    const double alone = 2e-5; // a yield takes longer only when somebody else has run meanwhile
    enum { CROWD_STAYS = 64 };
    double now = mb_now(), since = now - wait->since;
    if (since >= (comm->crowd > 0 ? longest_in_crowd : longest)) {
        if (comm->crowd > 0) comm->crowd--;
        return false;
    }
    sched_yield();
    if (mb_now() - now > alone) comm->crowd = CROWD_STAYS;
    return true;
}

void mb_wait_turn(mb_context *cx, mb_wait *wait, mb_notice *notice)
{
    enum { TESTS = 20 };
    wait->turns++;
    if (wait->turns < TESTS) return;
    if (wait->turns == TESTS) wait->since = mb_now();
    if (mb_wait_yield(cx->comm, wait)) return;
    nanosleep(&(struct timespec){.tv_nsec = (long)(1e9 * mb_wait_pause(cx->comm, wait))}, NULL);
    mb_wait_check(cx, wait, notice);
}

// Tests requests; after a sleep several times, as long as each takes much longer than it does when
// nothing moves, and as long as a copy of some kilobytes, for the clock counts in tens of
// nanoseconds. The first one finds cold caches. Sets `moving` when all did; `which` when one is
// complete: it, or MPI_UNDEFINED when none is left.
static bool test(mb_context *cx, MPI_Request *requests, int n, bool after_sleep, int *which,
                 bool *moving)
{
    enum { IN_A_ROW = 4, SLOWER = 4 };
    const double shortest_copy = 1e-6;
    double *idle = &cx->comm->idle_test;
    int done;
    *moving = false;
    MB_MPI(cx, MPI_Testany(n, requests, which, &done, MPI_STATUS_IGNORE));
    if (done || !after_sleep) return done;
    for (int i = 0; i < IN_A_ROW; i++) {
        double before = mb_now();
        MB_MPI(cx, MPI_Testany(n, requests, which, &done, MPI_STATUS_IGNORE));
        if (done) return true;
        double taken = mb_now() - before;
        if (taken < *idle) *idle = taken;
        if (taken <= fmax(SLOWER * *idle, shortest_copy)) return false;
    }
    *moving = true;
    return false;
}

static int wait_any(mb_context *cx, MPI_Request *requests, int n, mb_notice *notice)
{
    mb_wait wait = {0};
    cx->comm->moving = true;
    for (;;) {
        bool moving;
        int which;
        if (test(cx, requests, n, wait.sleeps > 0, &which, &moving)) return which;
        if (moving) wait.turns = wait.sleeps = 0; // the wait begins anew
        mb_wait_turn(cx, &wait, notice);
    }
}

void mb_wait_request(mb_context *cx, MPI_Request *request, mb_notice *notice)
{
    wait_any(cx, request, 1, notice);
}

int mb_wait_transfers(mb_context *cx, MPI_Request *requests, int n)
{
    mb_note_transfer(cx->comm);
    int which = wait_any(cx, requests, n, mb_transfer_notice);
    mb_note_transfer(cx->comm);
    return which == MPI_UNDEFINED ? -1 : which;
}

void mb_wait_transfer(mb_context *cx, MPI_Request *request)
{
    mb_wait_transfers(cx, request, 1);
}

void mb_progress(mb_context *cx)
{
    int flag;
    MB_MPI(cx, MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, cx->comm->node, &flag, MPI_STATUS_IGNORE));
}

void mb_wait_calibrate(mb_context *cx)
{
    enum { TIMES = 16 };
    double *idle = &cx->comm->idle_test;
    *idle = 1;
    for (int i = 0; i < TIMES; i++) {
        double before = mb_now();
        mb_progress(cx);
        double taken = mb_now() - before;
        if (taken < *idle) *idle = taken;
    }
}
