// Agreements. Within a node the ranks meet at a board in shared memory, ten times quicker than
// through MPI and steady when ranks outnumber cores; the first rank of each node then agrees with
// those of the other nodes.
//
// Each rank has a slot with two records, used in turn: a rank can write record k + 2 only after all
// have arrived at k + 1, that is, after all have read record k.

#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "comm/board.h"
#include "core/clock.h"

mb_status mb_board_open(mb_context *cx)
{
    mb_comm *comm = cx->comm;
    size_t size = sizeof(mb_board) + (size_t)comm->node_size * sizeof(slot);
    MPI_Aint mine = comm->node_rank == 0 ? (MPI_Aint)(size + CACHE_LINE) : 0;
    void *memory;
    int unit;
    MB_MPI(cx, MPI_Win_allocate_shared(mine, 1, MPI_INFO_NULL, comm->node, &memory, &comm->window));
    MB_MPI(cx, MPI_Win_shared_query(comm->window, 0, &mine, &unit, &memory));
    uintptr_t at = ((uintptr_t)memory + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    comm->board = (mb_board *)at; // NOLINT(performance-no-int-to-ptr): aligning by hand
    if (comm->node_rank == 0) memset(comm->board, 0, size);
    MB_MPI(cx, MPI_Barrier(comm->node));
    mb_process_introduce(comm);
    MB_MPI(cx, MPI_Barrier(comm->node));
    mb_process_watch(comm);
    return MB_OK;
}

void mb_record_combine(mb_record *into, const mb_record *from)
{
    into->flags |= from->flags;
    if (from->hash > into->hash) into->hash = from->hash;
    if (from->hash_complement > into->hash_complement)
        into->hash_complement = from->hash_complement;
    if (from->failing > into->failing) into->failing = from->failing;
    into->payload.sum += from->payload.sum;
    into->payload.count += from->payload.count;
    for (int i = 0; i < 4; i++)
        if (from->payload.max[i] > into->payload.max[i])
            into->payload.max[i] = from->payload.max[i];
}

static void open_gate(gate *g, uint64_t k)
{
    atomic_store(&g->k, (unsigned)k);
    if (atomic_load(&g->sleepers)) syscall(SYS_futex, &g->k, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
}

static void sleep_at(gate *g, unsigned seen, double seconds)
{
    struct timespec most = {.tv_nsec = (long)(1e9 * seconds)};
    atomic_fetch_add(&g->sleepers, 1);
    syscall(SYS_futex, &g->k, FUTEX_WAIT, seen, &most, NULL, 0);
    atomic_fetch_sub(&g->sleepers, 1);
}

static inline void pause_briefly(void)
{
#if defined __x86_64__
    __builtin_ia32_pause();
#endif
}

// Waits for a gate: spins for as long as a message would take, then lets others run, then sleeps.
// MPI moves the messages of others only while this rank is inside it, so that a peer may be stuck
// in an exchange until this rank looks after it. That can be when an exchange came just before;
// else only the program around this runtime can have sent something.
static void pass_gate(mb_context *cx, gate *g, uint64_t k)
{
    enum { SPINS = 100, YIELDS_A_PROBE = 8 };
    const double longest = 0.2;
    mb_wait wait = {0};
    for (int turn = 0;; turn++) {
        unsigned seen = atomic_load_explicit(&g->k, memory_order_acquire);
        if (seen == (unsigned)k) return;
        if (turn < SPINS) {
            pause_briefly();
        } else if (turn == SPINS) {
            wait.since = mb_now();
        } else if (mb_wait_yield(cx->comm, &wait)) {
            if (cx->comm->moving && turn % YIELDS_A_PROBE == 0) mb_progress(cx);
        } else {
            sleep_at(g, seen, cx->comm->moving ? mb_wait_pause(cx->comm, &wait) : longest);
            mb_progress(cx);
            mb_wait_check(cx, &wait, mb_board_notice);
        }
    }
}

void mb_board_close(mb_context *cx)
{
    mb_process_unwatch(cx->comm);
    MPI_Win_free(&cx->comm->window);
}

static void agree_across(mb_context *cx, uint64_t k)
{
    mb_comm *comm = cx->comm;
    mb_board *board = comm->board;
    mb_record mine = {0};
    MPI_Request request;
    for (int i = 0; i < comm->node_size; i++)
        mb_record_combine(&mine, &board->slots[i].record[k % 2]);
    MB_MPI(cx, MPI_Iallreduce(&mine, &board->result[k % 2], 1, comm->record_type, comm->record_op,
                              comm->leaders, &request));
    mb_wait_request(cx, &request, mb_leaders_notice);
    open_gate(&board->agreed, k);
}

static void arrive(mb_comm *comm, uint64_t k)
{
    mb_board *board = comm->board;
    atomic_store(&board->slots[comm->node_rank].k, k);
    uint64_t arrivals = atomic_fetch_add(&board->arrivals, 1) + 1;
    if (arrivals == k * (uint64_t)comm->node_size) open_gate(&board->arrived, k);
}

static void say(mb_comm *comm, const mb_record *record, uint64_t k)
{
    slot *mine = &comm->board->slots[comm->node_rank];
    mine->record[k % 2] = *record;
    if (record->flags & (FLAG_ENTER | FLAG_LEAVE)) memcpy(mine->where, comm->where, MB_WHERE_SIZE);
}

void mb_agree(mb_context *cx, mb_record *record)
{
    mb_comm *comm = cx->comm;
    mb_board *board = comm->board;
    uint64_t k = ++comm->k;
    comm->traffic.agreements++;
    say(comm, record, k);
    arrive(comm, k);
    if (comm->nodes == 1) {
        pass_gate(cx, &board->arrived, k);
        comm->moving = false; // all ranks are past their exchanges
        memset(record, 0, sizeof *record);
        for (int i = 0; i < comm->node_size; i++)
            mb_record_combine(record, &board->slots[i].record[k % 2]);
        return;
    }
    if (comm->node_rank == 0) {
        pass_gate(cx, &board->arrived, k);
        agree_across(cx, k);
    } else {
        pass_gate(cx, &board->agreed, k);
        comm->moving = false;
    }
    *record = board->result[k % 2];
}

bool mb_board_shares(const mb_comm *comm, size_t size)
{
    return comm->nodes == 1 && size <= MB_BOARD_BYTES;
}

// On a single node the slots are in rank order, since the node was split off with the ranks' order.
void mb_board_share(mb_context *cx, const void *mine, size_t size, int only, void *all)
{
    mb_comm *comm = cx->comm;
    mb_board *board = comm->board;
    uint64_t k = ++comm->k;
    if (only < 0 || only == comm->rank)
        memcpy(board->slots[comm->node_rank].shared[k % 2], mine, size);
    arrive(comm, k);
    pass_gate(cx, &board->arrived, k);
    comm->moving = false;
    if (only >= 0) {
        if (only != comm->rank) memcpy(all, board->slots[only].shared[k % 2], size);
        return;
    }
    for (int i = 0; i < comm->node_size; i++)
        memcpy((char *)all + (size_t)i * size, board->slots[i].shared[k % 2], size);
}
