#include "ops/group/aggregate.h"

#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"

typedef struct aggregate {
    mb_fold fold;
    mb_column *column;                 // owned; laid out as the rows are
    int root;                          // which of the evaluated columns it is; -1: none
    mb_buffer *local, *received, *own; // states
    mb_buffer *results, *valid;
    mb_builder *builder;
} aggregate;

typedef struct aggregation {
    mb_context *cx;
    mb_numbering *numbering;
    int n, nroots;
    aggregate of[MB_MOST_AGGREGATIONS];
    mb_column *roots[MB_MOST_AGGREGATIONS];
    uint64_t first_row; // of this rank, from 1
} aggregation;

// Gives columns the layout of the rows; those with the layout stay pending.
static mb_status prepare_columns(aggregation *work, const mb_aggregation *given)
{
    mb_layout *rows = work->numbering->rows;
    mb_status status = MB_OK;
    for (int i = 0; i < work->n; i++) {
        mb_column *column = given[i].column;
        aggregate *to = &work->of[i];
        to->root = -1;
        if (!column) continue;
        for (int k = 0; k < i; k++)
            if (given[k].column == column) to->root = work->of[k].root;
        if (to->root >= 0)
            to->column = mb_column_retain(work->roots[to->root]);
        else if (mb_layout_equal(column->layout, rows))
            to->column = mb_column_retain(column);
        else
            MB_TRY(mb_settle(work->cx, column, rows, &to->column));
        if (to->root >= 0) continue;
        to->root = work->nroots++;
        work->roots[to->root] = to->column;
    }
done:
    return status;
}

static mb_status new_states(mb_context *cx, const mb_fold *fold, int64_t n, mb_buffer **states)
{
    mb_status status = fold->initial ? mb_buffer_new_array(cx, n, fold->width, states)
                                     : mb_buffer_new_zeroed(cx, n, fold->width, states);
    if (!status && fold->initial) mb_fold_clear(fold, n, (*states)->data);
    return status;
}

// Where groups have places, states are kept by these while rows are added.
static mb_status open_aggregates(aggregation *work, const mb_aggregation *given)
{
    const mb_numbering *numbering = work->numbering;
    const mb_factors *local = &numbering->local;
    int64_t nstates = local->numbers ? local->n : local->places.n;
    int64_t share = mb_numbering_share(numbering), need = 0;
    mb_status status = MB_OK;
    for (int i = 0; i < work->n && !status; i++) {
        aggregate *to = &work->of[i];
        status = mb_fold_of(work->cx, given[i].kind, to->column, &to->fold);
        need += (nstates + numbering->shuffle.n_received + share) * (int64_t)to->fold.width;
        need += share * (int64_t)sizeof(uint64_t);
    }
    if (!status) status = mb_memory_need(work->cx, need);
    for (int i = 0; i < work->n && !status; i++) {
        aggregate *to = &work->of[i];
        status = new_states(work->cx, &to->fold, nstates, &to->local);
    }
    return status;
}

// --- The pass over the rows.

typedef struct pass {
    const aggregation *work;
    uint32_t groups[MB_BLOCK_ROWS], numbers[MB_BLOCK_ROWS]; // of rows; 0, 1, ...
    uint8_t valid[MB_BLOCK_ROWS];
    mb_fold_room room;
} pass;

static void add_block(pass *pass, const aggregate *to, const mb_block *block,
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
                to->local->data);
}

// Adds rows as they are stored, where the fold can; says whether it did.
static bool add_stored(const mb_factors *local, const aggregate *to, const mb_block *block,
                       int64_t first, int64_t n)
{
    const mb_column *keys = local->places.keys;
    if (!keys || keys->validity.data || (block && (block->validity || block->base))) return false;
    mb_form form = block ? block->form : MB_U8;
    mb_add_stored *add = mb_fold_stored(&to->fold, keys->values.width, form);
    if (!add) return false;
    add((const char *)keys->values.data + first * keys->values.width, local->places.shift,
        block ? block->values : NULL, n, to->local->data);
    return true;
}

// The places of rows, or their local groups.
static const uint32_t *groups_of(const mb_factors *local, int64_t first, int64_t n, uint32_t *room)
{
    if (local->numbers) return mb_factors_take(local, first, n, room);
    mb_places_take(&local->places, first, n, room);
    return room;
}

// The states of places that occur become those of the local groups.
static void leave_places(const aggregation *work)
{
    const mb_factors *local = &work->numbering->local;
    if (local->numbers) return;
    const uint32_t *occupied = local->places.occupied->data;
    for (int k = 0; k < work->n; k++) {
        size_t width = work->of[k].fold.width;
        char *states = work->of[k].local->data;
        for (int64_t i = 0; i < local->n; i++)
            memmove(states + (size_t)i * width, states + occupied[i] * width, width);
    }
}

static mb_status take_rows(void *state, const mb_block *blocks, int64_t first, int64_t n)
{
    pass *pass = state;
    const aggregation *work = pass->work;
    const mb_factors *local = &work->numbering->local;
    const uint32_t *groups = NULL;
    for (int i = 0; i < work->n; i++) {
        const aggregate *to = &work->of[i];
        const mb_block *block = to->root < 0 ? NULL : &blocks[to->root];
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
    for (int i = 0; i < work->n; i++) {
        aggregate *to = &work->of[i];
        if (mb_nranks(cx) > 1) {
            MB_TRY(mb_buffer_new_array(cx, numbering->shuffle.n_received, to->fold.width,
                                       &to->received));
            MB_TRY(new_states(cx, &to->fold, share, &to->own));
        } else {
            to->own = mb_buffer_retain(to->local);
        }
        MB_TRY(mb_buffer_new_array(cx, share, sizeof(uint64_t), &to->results));
        if (!to->fold.whole) MB_TRY(mb_buffer_new_array(cx, share, 1, &to->valid));
    }
done:
    return status;
}

static void exchange_states(aggregation *work)
{
    const mb_numbering *numbering = work->numbering;
    if (mb_nranks(work->cx) == 1) return;
    for (int i = 0; i < work->n; i++) {
        aggregate *to = &work->of[i];
        mb_shuffle_send(&numbering->shuffle, to->local->data, to->fold.width, to->received->data);
        mb_fold_merge(&to->fold, to->received->data, numbering->shuffle.n_received,
                      numbering->places->data, to->own->data);
    }
}

static mb_status finish_aggregate(aggregation *work, aggregate *to)
{
    const mb_fold *fold = &to->fold;
    int64_t share = mb_numbering_share(work->numbering);
    uint8_t *valid = to->valid ? to->valid->data : NULL;
    int width = mb_fold_float_width(fold, to->column);
    int64_t bad = fold->finish(fold->operand, to->own->data, share, to->results->data, valid);
    if (bad >= 0)
        return mb_fold_refuse(work->cx, fold,
                              work->numbering->groups->start[mb_rank(work->cx)] + bad);
    mb_status status = mb_builder_open(work->cx, fold->result, share, NULL, width, &to->builder);
    if (status) return status;
    return mb_builder_append_words(to->builder, to->results->data, valid, share);
}

static mb_status build_results(aggregation *work, mb_column **results)
{
    mb_builder *builders[MB_MOST_AGGREGATIONS];
    mb_layout *layouts[MB_MOST_AGGREGATIONS];
    mb_status status = MB_OK;
    for (int i = 0; i < work->n && !status; i++) {
        status = finish_aggregate(work, &work->of[i]);
        builders[i] = work->of[i].builder;
        layouts[i] = work->numbering->groups;
    }
    MB_TRY(mb_step(work->cx, status, NULL));
    MB_TRY(mb_builder_finish(work->cx, builders, work->n, layouts, MB_GROUP_RESULTS, results));
done:
    return status;
}

static void close_aggregate(aggregate *to)
{
    mb_column_release(to->column);
    mb_buffer_release(to->local);
    mb_buffer_release(to->received);
    mb_buffer_release(to->own);
    mb_buffer_release(to->results);
    mb_buffer_release(to->valid);
    mb_builder_close(to->builder);
}

mb_status mb_aggregate_tables(mb_numbering *numbering, const mb_aggregation *aggregations, int n,
                              mb_column **results)
{
    mb_context *cx = numbering->cx;
    aggregation work = {.cx = cx, .numbering = numbering, .n = n};
    mb_status status;
    work.first_row = (uint64_t)numbering->rows->start[mb_rank(cx)] + 1;
    MB_TRY(prepare_columns(&work, aggregations));
    MB_TRY(mb_step(cx, open_aggregates(&work, aggregations), NULL));
    status = pass_over_rows(&work);
    if (!status) leave_places(&work);
    if (!status) status = prepare_exchange(&work);
    MB_TRY(mb_step(cx, status, NULL));
    exchange_states(&work);
    MB_TRY(build_results(&work, results));
done:
    for (int i = 0; i < n; i++)
        close_aggregate(&work.of[i]);
    return status;
}
