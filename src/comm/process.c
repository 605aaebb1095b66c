// The processes of a node's ranks, as far as this one can see them: signals to them, and whether
// they have ended. A launcher may leave the other ranks alone when one is killed, as srun does, and
// who waits for rank 0's user waits without a limit.
//
// Each rank watches the process of the next one of its node, the last that of the first: whoever is
// left, somebody who waits sees it, and one tells of it. The only rank of a node is not watched.

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "comm/board.h"

void mb_process_introduce(mb_comm *comm)
{
    slot *mine = &comm->board->slots[comm->node_rank];
    struct stat numbers;
    mine->pid = getpid();
    mine->pid_space = stat("/proc/self/ns/pid", &numbers) == 0 ? numbers.st_ino : 0;
}

// The number of a rank's process here; 0 when it has none, as in another container.
static pid_t pid_of(const mb_comm *comm, int i)
{
    const slot *slots = comm->board->slots;
    return slots[i].pid_space == slots[comm->node_rank].pid_space ? slots[i].pid : 0;
}

// A descriptor of a rank's process, which stays with it when its number goes to another; -1 with
// errno set when there is none.
static int open_process(const mb_comm *comm, int i)
{
    pid_t pid = pid_of(comm, i);
    errno = EINVAL;
    return pid ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

// It can be read once the process has ended, whether or not its parent has asked for its status.
static bool is_over(int process)
{
    struct pollfd ended = {.fd = process, .events = POLLIN};
    return process >= 0 && poll(&ended, 1, 0) > 0;
}

bool mb_process_has_ended(const mb_comm *comm, int i)
{
    int process = open_process(comm, i);
    if (process < 0) return errno == ESRCH;
    bool ended = is_over(process);
    close(process);
    return ended;
}

int mb_process_neighbour(const mb_comm *comm)
{
    return (comm->node_rank + 1) % comm->node_size;
}

void mb_process_watch(mb_comm *comm)
{
    comm->neighbour = comm->node_size > 1 ? open_process(comm, mb_process_neighbour(comm)) : -1;
}

void mb_process_unwatch(mb_comm *comm)
{
    if (comm->neighbour >= 0) close(comm->neighbour);
}

// Most launchers end the job by themselves, with the status of the rank that died: they have until
// the next look.
bool mb_process_look(const mb_comm *comm, mb_wait *wait, double now)
{
    const double interval = 2;
    if (wait->next_look == 0) wait->next_look = now + interval;
    if (now < wait->next_look) return false;
    wait->next_look = now + interval;
    bool again = wait->bereaved;
    wait->bereaved = is_over(comm->neighbour);
    return again && wait->bereaved;
}

void mb_comm_interrupt(mb_context *cx)
{
    mb_comm *comm = cx->comm;
    atomic_store(&comm->interrupt, 1);
    void (*break_off)(void *) = atomic_load(&comm->break_off);
    if (break_off) break_off(comm->break_state);
}

bool mb_comm_interrupted(const mb_context *cx)
{
    return atomic_load(&cx->comm->interrupt);
}

mb_status mb_comm_heed_interrupt(mb_context *cx)
{
    return mb_comm_interrupted(cx) ? mb_fail(cx, MB_EINTERRUPT, "interrupted") : MB_OK;
}

void mb_comm_on_interrupt(mb_context *cx, void (*break_off)(void *state), void *state)
{
    if (break_off) cx->comm->break_state = state;
    atomic_store(&cx->comm->break_off, break_off);
}

void mb_comm_signal(mb_context *cx, int signal)
{
    atomic_store(&cx->comm->board->slots[cx->comm->node_rank].signal, signal);
}

void mb_process_interrupt(mb_context *cx)
{
    mb_comm *comm = cx->comm;
    mb_comm_interrupt(cx);
    for (int i = 0; i < comm->node_size; i++) {
        pid_t pid = pid_of(comm, i);
        int signal = atomic_load(&comm->board->slots[i].signal);
        if (pid && signal && mb_board_late(comm, i)) kill(pid, signal);
    }
}
