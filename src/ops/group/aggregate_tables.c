// Aggregations in tables of all groups.

#include "ops/group/aggregate.h"

#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "ops/group/group_output.h"

typedef struct aggregation {
    mb_context *cx;
    mb_numbering *numbering;
    int n, nroots;
    mb_fold_column of[MB_MOST_AGGREGATIONS]; // states: of local groups, then of those of this rank
    mb_column *roots[MB_MOST_AGGREGATIONS];  // columns to evaluate, each once
    int root[MB_MOST_AGGREGATIONS];          // that of an aggregation; -1: none
    size_t widest;                           // bytes of their states
    mb_buffer *received, *own[MB_MOST_AGGREGATIONS]; // states: of one aggregation; of each
    mb_group_output output;
    uint64_t first_row; // of this rank, from 1
} aggregation;

static void find_roots(aggregation *work)
{
    for (int i = 0; i < work->n; i++) {
        mb_column *column = work->of[i].column;
        int root = 0;
        while (root < work->nroots && work->roots[root] != column)
            root++;
        if (column && root == work->nroots) work->roots[work->nroots++] = column;
        work->root[i] = column ? root : -1;
    }
}

static mb_status new_states(mb_context *cx, const mb_fold *fold, int64_t n, mb_buffer **states)
{
    mb_status status = fold->initial ? mb_buffer_new_array(cx, n, fold->width, states)
                                     : mb_buffer_new_zeroed(cx, n, fold->width, states);
    if (!status && fold->initial) mb_fold_clear(fold, n, (*states)->data);
    return status;
}

// Where keys index tables directly, states are kept by these indices while rows are added.
static mb_status open_states(aggregation *work)
{
    const mb_numbering *numbering = work->numbering;
    const mb_factors *local = &numbering->local;
    int64_t nstates = local->numbers ? local->n : local->direct.n;
    int64_t share = mb_numbering_share(numbering);
    int64_t need = share * (int64_t)sizeof(uint64_t) * work->n;
    for (int i = 0; i < work->n; i++) {
        size_t width = work->of[i].fold.width;
        if (width > work->widest) work->widest = width;
        need += (nstates + share) * (int64_t)width;
    }
    need += numbering->shuffle.n_received * (int64_t)work->widest;
    mb_status status = mb_memory_need(work->cx, need);
    for (int i = 0; i < work->n && !status; i++)
        status = new_states(work->cx, &work->of[i].fold, nstates, &work->of[i].states);
    return status;
}

// --- The pass over the rows.

typedef struct pass {
    const aggregation *work;
    uint32_t groups[MB_BLOCK_ROWS], numbers[MB_BLOCK_ROWS]; // of rows; 0, 1, ...
    uint8_t valid[MB_BLOCK_ROWS];
    mb_fold_room room;
} pass;

static void add_block(pass *pass, const mb_fold_column *to, const mb_block *block,
                      const uint32_t *groups, int64_t first, int64_t n)
{
    const aggregation *work = pass->work;
    const mb_fold_rows rows = {.n = n,
                               .groups = groups,
                               .offsets = pass->numbers,
                               .first = work->first_row + (uint64_t)first};
    bool some = block && block->validity;
    if (some) mb_validity_bytes(block->validity, n, pass->valid);
    mb_fold_add(&to->fold, work->cx->isa, rows, block, some ? pass->valid : NULL, &pass->room,
                to->states->data);
}

// Adds rows as they are stored, where the fold can; says whether it did.
static bool add_stored(const mb_factors *local, const mb_fold_column *to, const mb_block *block,
                       int64_t first, int64_t n)
{
    const mb_column *keys = local->direct.keys;
    if (!keys || keys->validity.data || (block && (block->validity || block->base))) return false;
    mb_form form = block ? block->form : MB_U8;
    mb_add_stored *add = mb_fold_stored(&to->fold, keys->values.width, form);
    if (!add) return false;
    add((const char *)keys->values.data + first * keys->values.width, local->direct.shift,
        block ? block->values : NULL, n, to->states->data);
    return true;
}

// The table entries of rows, or their local groups.
static const uint32_t *groups_of(const mb_factors *local, int64_t first, int64_t n, uint32_t *room)
{
    if (local->numbers) return mb_factors_take(local, first, n, room);
    mb_direct_take(&local->direct, first, n, room);
    return room;
}

// Moves the states of used entries to the front, where they are those of the local groups.
static void compact_states(const aggregation *work)
{
    const mb_factors *local = &work->numbering->local;
    if (local->numbers) return;
    const uint32_t *used = local->direct.used->data;
    for (int k = 0; k < work->n; k++) {
        size_t width = work->of[k].fold.width;
        char *states = work->of[k].states->data;
        for (int64_t i = 0; i < local->n; i++)
            memmove(states + (size_t)i * width, states + used[i] * width, width);
    }
}

static mb_status take_rows(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    pass *pass = state;
    const aggregation *work = pass->work;
    const mb_factors *local = &work->numbering->local;
    const uint32_t *groups = NULL;
    for (int i = 0; i < work->n; i++) {
        const mb_fold_column *to = &work->of[i];
        const mb_block *block = work->root[i] < 0 ? NULL : &blocks[work->root[i]];
        if (add_stored(local, to, block, first, n)) continue;
        if (!groups) groups = groups_of(local, first, n, pass->groups);
        add_block(pass, to, block, groups, first, n);
    }
    return MB_OK;
}

static mb_status pass_over_rows(aggregation *work)
{
    pass pass = {.work = work};
    for (uint32_t i = 0; i < MB_BLOCK_ROWS; i++)
        pass.numbers[i] = i;
    if (work->nroots) return mb_evaluate(work->cx, work->roots, work->nroots, take_rows, &pass);
    int64_t rows = mb_layout_rows(work->numbering->rows, mb_rank(work->cx));
    for (int64_t first = 0; first < rows; first += MB_BLOCK_ROWS) {
        int64_t n = rows - first < MB_BLOCK_ROWS ? rows - first : MB_BLOCK_ROWS;
        mb_status status = take_rows(&pass, NULL, first, n);
        if (status) return status;
    }
    return MB_OK;
}

// --- From local groups to their owners.

static mb_status prepare_exchange(aggregation *work)
{
    mb_context *cx = work->cx;
    const mb_numbering *numbering = work->numbering;
    int64_t share = mb_numbering_share(numbering);
    mb_status status = MB_OK;
    if (mb_nranks(cx) > 1)
        MB_TRY(
            mb_buffer_new_array(cx, numbering->shuffle.n_received, work->widest, &work->received));
    for (int i = 0; i < work->n && work->received; i++)
        MB_TRY(new_states(cx, &work->of[i].fold, share, &work->own[i]));
    MB_TRY(mb_group_output_open(cx, work->of, work->n, NULL, share, &work->output));
done:
    return status;
}

static void exchange_states(aggregation *work)
{
    const mb_numbering *numbering = work->numbering;
    if (mb_nranks(work->cx) == 1) return;
    for (int i = 0; i < work->n; i++) {
        mb_fold_column *to = &work->of[i];
        void *received = work->received->data;
        mb_shuffle_send(&numbering->shuffle, to->states->data, to->fold.width, received);
        mb_fold_merge(&to->fold, received, numbering->shuffle.n_received,
                      numbering->group_ids->data, work->own[i]->data);
        mb_buffer_release(to->states);
        to->states = work->own[i];
        work->own[i] = NULL;
    }
}

static void close_aggregation(aggregation *work)
{
    mb_fold_columns_close(work->of, work->n);
    for (int i = 0; i < work->n; i++)
        mb_buffer_release(work->own[i]);
    mb_buffer_release(work->received);
    mb_group_output_close(&work->output);
}

mb_status mb_aggregate_tables(mb_numbering *numbering, const mb_aggregation *aggregations, int n,
                              int first, mb_column **results)
{
    mb_context *cx = numbering->cx;
    aggregation work = {.cx = cx, .numbering = numbering, .n = n};
    mb_status status = mb_fold_columns_open(cx, aggregations, n, numbering->rows, false, work.of);
    work.first_row = (uint64_t)numbering->rows->start[mb_rank(cx)] + 1;
    find_roots(&work);
    if (!status) status = open_states(&work);
    MB_TRY(mb_step(cx, status, NULL));
    status = pass_over_rows(&work);
    if (!status) compact_states(&work);
    if (!status) status = prepare_exchange(&work);
    MB_TRY(mb_step(cx, status, NULL));
    exchange_states(&work);
    status = mb_group_output_results(&work.output, NULL, mb_numbering_share(numbering));
    MB_TRY(mb_group_output_finish(&work.output, status, numbering->groups, numbering->groups, first,
                                  results));
done:
    close_aggregation(&work);
    return status;
}
