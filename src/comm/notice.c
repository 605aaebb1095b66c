// Whom we wait for. The board tells of the ranks of this machine. Of other machines rank 0 tells:
// who waits sends it word, so that those are named from whom there is none; and when it does not
// answer, each machine says so itself.

#include <stdarg.h>
#include <stdio.h>

#include "comm/board.h"
#include "core/clock.h"

enum { WORD_TAG = 1, ANSWER_TAG = 2 };

void mb_note_seen(mb_comm *comm, double now)
{
    atomic_store_explicit(&comm->board->slots[comm->node_rank].seen, now, memory_order_relaxed);
}

void mb_note_transfer(mb_comm *comm)
{
    mb_note_seen(comm, mb_now());
    atomic_fetch_add(&comm->board->slots[comm->node_rank].transfers, 1);
}

// A line for the user, which is cut where it would be too long.
typedef struct line {
    char text[1024];
    int length, named;
} line;

static void add(line *l, const char *format, ...) MB_PRINTF(2, 3);

static void add(line *l, const char *format, ...)
{
    va_list args;
    size_t room = sizeof l->text - (size_t)l->length;
    va_start(args, format);
    int length = vsnprintf(l->text + l->length, room, format, args);
    va_end(args);
    l->length += length < (int)room ? length : (int)room - 1;
}

static const char *host_of(const mb_comm *comm, int rank)
{
    return comm->hosts + (size_t)rank * MB_HOST_SIZE;
}

// "rank 3", and where it is when there are several machines.
static void add_rank(line *l, const mb_comm *comm, int rank)
{
    add(l, "rank %d", rank);
    if (comm->nodes > 1) add(l, " on %s", host_of(comm, rank));
}

static void begin(line *l, const mb_comm *comm, const mb_wait *wait, const char *what)
{
    *l = (line){0};
    add(l, "moonbear: ");
    add_rank(l, comm, comm->rank);
    add(l, " has waited %.3g s in %s for %s",
        wait->asked ? mb_now() - wait->began : comm->wait_seconds, comm->where, what);
}

// A rank of this node, and what is known of it.
static void add_neighbour(line *l, const mb_comm *comm, int i, const char *how)
{
    const slot *neighbour = &comm->board->slots[i];
    add(l, "%s", l->named++ ? ", " : "");
    add_rank(l, comm, comm->node_ranks[i]);
    if (mb_process_has_ended(comm, i)) how = "its process has ended; ";
    add(l, " (%s%s%s)", how, *neighbour->where ? "last in " : "nothing called yet",
        neighbour->where);
}

void mb_notice_end(mb_context *cx)
{
    const mb_comm *comm = cx->comm;
    int i = mb_process_neighbour(comm);
    const char *where = comm->board->slots[i].where;
    int rank = comm->node_ranks[i];
    mb_comm_abort(cx, "rank %d on %s: its process has ended (%s%s), and so does the job", rank,
                  host_of(comm, rank), *where ? "last in " : "nothing called yet", where);
}

static void say(const mb_context *cx, const line *l)
{
    mb_tell(cx, l->text);
}

void mb_board_notice(mb_context *cx, mb_wait *wait)
{
    const mb_comm *comm = cx->comm;
    line l;
    int first_waiter = 0;
    while (mb_board_late(comm, first_waiter))
        first_waiter++;
    if (first_waiter != comm->node_rank) return;
    begin(&l, comm, wait, "");
    for (int i = 0; i < comm->node_size; i++)
        if (mb_board_late(comm, i)) add_neighbour(&l, comm, i, "");
    if (l.named) say(cx, &l);
}

static void send_word(mb_context *cx, int to, int tag)
{
    MPI_Request request;
    cx->comm->word = cx->comm->k;
    MB_MPI(cx, MPI_Isend(&cx->comm->word, 1, MPI_UINT64_T, to, tag, cx->comm->data, &request));
    MB_MPI(cx, MPI_Request_free(&request));
}

// The next word with a tag; the rank that sent it, or -1 when there is none.
static int receive_word(mb_context *cx, int tag, uint64_t *word)
{
    int flag;
    MPI_Status from;
    MB_MPI(cx, MPI_Iprobe(MPI_ANY_SOURCE, tag, cx->comm->data, &flag, &from));
    if (!flag) return -1;
    MB_MPI(cx, MPI_Recv(word, 1, MPI_UINT64_T, from.MPI_SOURCE, tag, cx->comm->data,
                        MPI_STATUS_IGNORE));
    return from.MPI_SOURCE;
}

void mb_notice_answer(mb_context *cx)
{
    mb_comm *comm = cx->comm;
    uint64_t word;
    for (int rank; (rank = receive_word(cx, WORD_TAG, &word)) >= 0;) {
        comm->heard[comm->node_of[rank]] = word;
        send_word(cx, rank, ANSWER_TAG);
    }
}

static bool is_answered(mb_context *cx)
{
    uint64_t word;
    bool answered = false;
    while (receive_word(cx, ANSWER_TAG, &word) >= 0)
        answered = true;
    return answered;
}

void mb_notice_drain(mb_context *cx)
{
    uint64_t word;
    while (receive_word(cx, WORD_TAG, &word) >= 0)
        ;
    (void)is_answered(cx);
}

// The ranks of machines that have sent no word: "ranks 4-7 on b".
static void add_silent(line *l, const mb_comm *comm)
{
    for (int first = 0, next; first < comm->nranks; first = next) {
        int node = comm->node_of[first];
        for (next = first + 1; next < comm->nranks && comm->node_of[next] == node; next++)
            ;
        bool waits = comm->heard[node] + 1 >= comm->k; // and not long ago
        if (waits || node == comm->node_of[comm->rank]) continue;
        add(l, "%s%s %d", l->named++ ? ", " : "; no word from ",
            next - first > 1 ? "ranks" : "rank", first);
        if (next - first > 1) add(l, "-%d", next - 1);
        add(l, " on %s", host_of(comm, first));
    }
    if (!l->named) add(l, ", which all wait, too");
}

// For other machines. Words need a while to come: first we send ours, or wait for those of others.
static void tell_of_machines(mb_context *cx, mb_wait *wait, line *l)
{
    mb_comm *comm = cx->comm;
    if (!wait->asked) {
        wait->asked = true;
        wait->next_notice = mb_now() + comm->wait_seconds / 2;
        if (comm->rank > 0) send_word(cx, 0, WORD_TAG);
        return;
    }
    if (comm->rank == 0) {
        add_silent(l, comm);
    } else {
        if (is_answered(cx)) return;
        add(l, "; no word from ");
        add_rank(l, comm, 0);
    }
    say(cx, l);
    wait->asked = false;
}

void mb_leaders_notice(mb_context *cx, mb_wait *wait)
{
    line l;
    begin(&l, cx->comm, wait, "other machines");
    tell_of_machines(cx, wait, &l);
}

// How a rank of this node stands to a transfer that takes too long: one that is inside and runs
// only waits itself.
typedef enum standing { PAST, INSIDE, BEFORE, STOPPED } standing;

static standing standing_of(const mb_comm *comm, int i)
{
    const slot *slots = comm->board->slots;
    uint64_t mine = atomic_load(&slots[comm->node_rank].transfers);
    uint64_t its = atomic_load(&slots[i].transfers);
    if (mb_process_has_ended(comm, i)) return STOPPED;
    if (its != mine) return its < mine ? BEFORE : PAST;
    return mb_now() - atomic_load(&slots[i].seen) < comm->wait_seconds / 2 ? INSIDE : STOPPED;
}

void mb_transfer_notice(mb_context *cx, mb_wait *wait)
{
    const mb_comm *comm = cx->comm;
    line l;
    for (int i = 0; i < comm->node_rank; i++)
        if (standing_of(comm, i) == INSIDE) return; // it speaks
    begin(&l, comm, wait, "data");
    for (int i = 0; i < comm->node_size; i++) {
        standing its = standing_of(comm, i);
        if (its != BEFORE && its != STOPPED) continue;
        if (!l.named) add(&l, " of ");
        add_neighbour(&l, comm, i, its == STOPPED ? "it has stopped; " : "");
    }
    if (comm->nodes == 1 || l.named)
        say(cx, &l);
    else
        tell_of_machines(cx, wait, &l);
}
