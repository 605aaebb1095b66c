// Aggregations by a partition of the rows.

#include <stdlib.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/group/aggregate.h"
#include "ops/group/bucket_groups.h"

enum {
    PIECE = 2048,   // rows that are folded at a time, and groups that are given out
    MOST_WIDTH = 4, // words of a state
    NO_BUCKET = -1,
};

typedef struct aggregate {
    mb_fold fold;
    mb_column *column;    // owned
    int values, presence; // pieces of cargo; -1: none
    mb_buffer *states;    // of the groups of a bucket
    int64_t refused;      // this rank's first group whose result does not fit; -1: none
} aggregate;

// A key whose rows were dealt to several ranks: what this one found, of the last one of its share
// where it is the first rank that has it, of the first one where others come before.
typedef struct part {
    int64_t bucket; // NO_BUCKET: none
    int64_t rows;
    uint64_t states[MB_MOST_AGGREGATIONS][MOST_WIDTH];
} part;

typedef struct head {
    part part;
    int64_t groups; // of the rank, the ones that begin on other ranks left out
} head;

typedef struct room {
    uint32_t zeros[PIECE], kept_groups[PIECE], kept_offsets[PIECE];
    uint64_t values[PIECE];
    uint8_t valid[PIECE];
} room;

typedef struct aggregation {
    mb_context *cx;
    const mb_group_keys *keys;
    int n;
    aggregate of[MB_MOST_AGGREGATIONS];
    mb_sorting sorting;
    mb_cargo cargo[MB_MOST_CARGO];
    int rows_cargo; // the numbers of rows; -1: none
    mb_move move;
    mb_share own;
    mb_bucket_groups groups;
    int64_t given, reserved;    // groups so far, and those that there is room for
    int64_t seen, coming;       // rows so far, and those of this rank in all
    mb_buffer *results, *valid; // of the groups of a bucket
    mb_buffer *room_memory, *ends;
    room *room;
    int nbuilders; // of keys, sizes, aggregations
    mb_builder *builders[2 * MB_MOST_ROOTS + 1];
    part tail;
    head head;
} aggregation;

// --- What moves.

static int add_cargo(aggregation *work, const mb_column *column, bool presence)
{
    mb_sorting *sorting = &work->sorting;
    for (int c = 0; c < sorting->ncargo; c++)
        if (work->cargo[c].column == column && work->cargo[c].presence == presence) return c;
    int width = presence ? 1 : column ? column->width : (int)sizeof(uint32_t);
    work->cargo[sorting->ncargo] = (mb_cargo){column, presence, width};
    return sorting->ncargo++;
}

static mb_status load(aggregation *work, const mb_aggregation *given, aggregate *to)
{
    mb_layout *rows = work->keys->columns[0]->layout;
    to->values = to->presence = -1;
    to->refused = -1;
    if (given->column) {
        mb_status status = mb_settle(work->cx, given->column, rows, &to->column);
        if (status) return status;
        bool counted = given->kind == MB_FOLD_COUNT;
        if (!counted) to->values = add_cargo(work, to->column, false);
        if (to->column->missing) to->presence = add_cargo(work, to->column, true);
    }
    if (given->kind == MB_FOLD_ARGMIN || given->kind == MB_FOLD_ARGMAX)
        work->rows_cargo = add_cargo(work, NULL, false);
    return mb_fold_of(work->cx, given->kind, to->column, &to->fold);
}

static void open_sorting(aggregation *work, mb_layout *even)
{
    mb_sorting *sorting = &work->sorting;
    sorting->cx = work->cx;
    sorting->kernels = mb_sort_kernels_of(work->cx->isa);
    sorting->keys = work->keys->packed;
    sorting->columns = work->keys->codes;
    sorting->from = work->keys->columns[0]->layout;
    sorting->to = even;
    sorting->values = sorting->whole = true;
    sorting->cargo = work->cargo;
    work->move.sorting = sorting;
    work->rows_cargo = -1;
}

// --- Folding.

// Leaves out rows that are not there.
static void keep_present(mb_fold_rows *rows, const uint8_t *there, room *room)
{
    int64_t n = 0;
    for (int64_t i = 0; i < rows->n; i++) {
        room->kept_groups[n] = rows->groups[i];
        room->kept_offsets[n] = rows->offsets[i];
        if (rows->values) room->values[n] = rows->values[i];
        n += there[i];
    }
    rows->n = n;
    rows->groups = room->kept_groups;
    rows->offsets = room->kept_offsets;
    if (rows->values) rows->values = room->values;
}

// Folds n <= PIECE rows of a rank, from place `at` of what it has sent on.
static void fold_rows(const aggregation *work, const aggregate *to, int rank, int64_t at, int64_t n,
                      const uint32_t *groups)
{
    const mb_move *move = &work->move;
    mb_fold_rows rows = {.n = n, .groups = groups, .offsets = work->room->zeros, .first = 1};
    if (work->rows_cargo >= 0) {
        rows.offsets = mb_move_cargo(move, work->rows_cargo, rank, at);
        rows.first = (uint64_t)work->sorting.from->start[rank] + 1;
    }
    if (to->values >= 0) {
        mb_block block = {.values = mb_move_cargo(move, to->values, rank, at),
                          .form = mb_form_of(to->column->type, to->column->width),
                          .base = to->column->base};
        rows.values = mb_block_widen(mb_kernels_of(work->cx->isa), &block, n, work->room->values);
    }
    if (to->presence >= 0)
        keep_present(&rows, mb_move_cargo(move, to->presence, rank, at), work->room);
    to->fold.add(&rows, to->states->data);
}

// Folds what has come of a bucket; `groups` of its rows, or NULL: they are one.
static void fold_bucket(const aggregation *work, int64_t k, const int64_t *at,
                        const uint32_t *groups, int64_t ngroups)
{
    for (int i = 0; i < work->n; i++) {
        const aggregate *to = &work->of[i];
        uint64_t *states = to->states->data;
        for (int64_t w = 0; w < ngroups * (int64_t)(to->fold.width / sizeof *states); w++)
            states[w] = to->fold.initial;
        const uint32_t *next = groups;
        for (int r = 0; r < mb_nranks(work->cx); r++) {
            int64_t rows = work->move.received[r * work->own.n + k];
            for (int64_t first = 0; first < rows; first += PIECE) {
                int64_t n = rows - first < PIECE ? rows - first : PIECE;
                fold_rows(work, to, r, at[r] + first, n, groups ? next : work->room->zeros);
                if (groups) next += n;
            }
        }
    }
}

// --- Giving out groups, in order.

// Makes room for groups: as many as there will be if they go on as they began.
static mb_status reserve(aggregation *work, int64_t more)
{
    int64_t wanted = work->given + more;
    if (wanted <= work->reserved) return MB_OK;
    double rest = (double)work->coming / (double)(work->seen + 1);
    int64_t about = (int64_t)((double)wanted * (rest > 1 ? rest : 1) * 1.05);
    if (about < wanted + PIECE) about = wanted + PIECE;
    if (about > work->coming + PIECE) about = work->coming + PIECE;
    for (int i = 0; i < work->nbuilders; i++) {
        mb_status status = mb_builder_resize(work->builders[i], about);
        if (status) return status;
    }
    work->reserved = about;
    return MB_OK;
}

// Codes become the words that they stand for, and these values.
static void look_up(const mb_column *column, const mb_buffer *dictionary, int64_t n, room *room)
{
    const uint64_t *words = dictionary->data;
    const uint64_t there = dictionary->size / sizeof *words;
    for (int64_t i = 0; column->missing && i < n; i++) {
        room->valid[i] = room->values[i] < there;
        if (!room->valid[i]) room->values[i] = 0;
    }
    for (int64_t i = 0; i < n; i++)
        room->values[i] = words[room->values[i]];
    mb_words_values(column, n, room->values);
}

// The values of key k, in room->values and room->valid, of n packed rows.
static void key_values(const aggregation *work, int k, uint64_t *words, int64_t n)
{
    const mb_group_keys *keys = work->keys;
    const mb_column *column = keys->columns[k];
    room *room = work->room;
    mb_keys_values(&keys->packed, k, &words, n, room->values, room->valid);
    if (keys->dictionaries[k]) {
        look_up(column, keys->dictionaries[k], n, room);
        mb_words_narrow(column->type, column->width, room->values, n);
    } else if (column->type == MB_FLOAT) {
        mb_words_narrow(MB_FLOAT, column->width, room->values, n);
    }
}

// The keys and sizes of groups first .. first + n - 1 of a bucket, n <= PIECE; `above` is what the
// bucket tells of keys.
static mb_status give_keys(aggregation *work, uint64_t above, int64_t first, int64_t n)
{
    const mb_bucket_groups *groups = &work->groups;
    int nkeys = work->keys->n;
    uint64_t words[PIECE], counts[PIECE];
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n; i++) {
        uint32_t group = groups->order[first + i];
        words[i] = above | groups->words[group];
        counts[i] = groups->counts[group];
    }
    for (int k = 0; k < nkeys && !status; k++) {
        key_values(work, k, words, n);
        status = mb_builder_append(work->builders[k], work->room->values,
                                   work->keys->columns[k]->missing ? work->room->valid : NULL, n);
    }
    return status ? status : mb_builder_append(work->builders[nkeys], counts, NULL, n);
}

// Finds the first group of a bucket, by its key, whose result does not fit.
static void find_refused(const aggregation *work, aggregate *to)
{
    const mb_fold *fold = &to->fold;
    uint64_t result;
    uint8_t valid;
    for (int64_t i = 0; i < work->groups.n && to->refused < 0; i++) {
        const char *state = to->states->data;
        state += work->groups.order[i] * fold->width;
        if (fold->finish(fold->type, state, 1, &result, &valid) >= 0) to->refused = work->given + i;
    }
}

static mb_status give_results(aggregation *work, aggregate *to, mb_builder *builder)
{
    const mb_fold *fold = &to->fold;
    const uint64_t *results = work->results->data;
    uint8_t *valid = work->valid->data;
    const uint32_t *order = work->groups.order;
    room *room = work->room;
    int64_t all = work->groups.n;
    mb_status status = MB_OK;
    if (to->refused >= 0) return MB_OK;
    if (fold->finish(fold->type, to->states->data, all, work->results->data, valid) >= 0) {
        find_refused(work, to);
        return MB_OK;
    }
    for (int64_t first = 0; first < all && !status; first += PIECE) {
        int64_t n = all - first < PIECE ? all - first : PIECE;
        for (int64_t i = 0; i < n; i++)
            room->values[i] = results[order[first + i]];
        for (int64_t i = 0; !fold->whole && i < n; i++)
            room->valid[i] = valid[order[first + i]];
        mb_words_narrow(fold->result, mb_fold_float_width(fold, to->column), room->values, n);
        status = mb_builder_append(builder, room->values, fold->whole ? NULL : room->valid, n);
    }
    return status;
}

static mb_status give_groups(aggregation *work, uint64_t above)
{
    int64_t all = work->groups.n;
    mb_status status = reserve(work, all);
    for (int64_t first = 0; first < all && !status; first += PIECE)
        status = give_keys(work, above, first, all - first < PIECE ? all - first : PIECE);
    for (int i = 0; i < work->n && !status; i++)
        status = give_results(work, &work->of[i], work->builders[work->keys->n + 1 + i]);
    work->given += all;
    return status;
}

// --- Buckets.

static void save_part(const aggregation *work, int64_t bucket, int64_t rows, part *part)
{
    part->bucket = bucket;
    part->rows = rows;
    for (int i = 0; i < work->n; i++)
        memcpy(part->states[i], work->of[i].states->data, work->of[i].fold.width);
}

static mb_status take_single(aggregation *work, int64_t k, const int64_t *at, int64_t rows)
{
    const mb_sorting *sorting = &work->sorting;
    int64_t bucket = work->own.first + k;
    mb_bucket_groups_single(&work->groups, rows);
    fold_bucket(work, k, at, NULL, 1);
    if (sorting->before[bucket] < work->own.begin) {
        save_part(work, bucket, rows, &work->head.part);
        return MB_OK;
    }
    if (sorting->before[bucket + 1] > work->own.end) {
        save_part(work, bucket, rows, &work->tail);
        return MB_OK;
    }
    return give_groups(work, sorting->low[bucket]);
}

static mb_status take_bucket(aggregation *work, int64_t k, int64_t *at)
{
    const mb_sorting *sorting = &work->sorting;
    int64_t bucket = work->own.first + k, rows = mb_move_bucket_rows(&work->move, k);
    mb_status status = MB_OK;
    if (rows == 0) return MB_OK;
    work->seen += rows;
    if (mb_sort_single(sorting, bucket)) {
        status = take_single(work, k, at, rows);
    } else {
        mb_bucket_groups_find(&work->groups, k, at);
        fold_bucket(work, k, at, work->groups.rows, work->groups.n);
        status = give_groups(work, sorting->low[bucket] >> sorting->shift << sorting->shift);
    }
    for (int r = 0; r < mb_nranks(work->cx); r++)
        at[r] += work->move.received[r * work->own.n + k];
    return status;
}

static mb_status open_builders(aggregation *work)
{
    const mb_group_keys *keys = work->keys;
    mb_status status = MB_OK;
    mb_builder **next = work->builders;
    work->nbuilders = keys->n + 1 + work->n;
    for (int k = 0; k < keys->n; k++) {
        const mb_column *column = keys->columns[k];
        MB_TRY(mb_builder_open(work->cx, column->type, 0, column->bounded ? &column->range : NULL,
                               column->width, next++));
    }
    MB_TRY(mb_builder_open(work->cx, MB_INT, 0, NULL, 8, next++));
    for (int i = 0; i < work->n; i++) {
        const aggregate *to = &work->of[i];
        int width = mb_fold_float_width(&to->fold, to->column);
        MB_TRY(mb_builder_open(work->cx, to->fold.result, 0, NULL, width, next++));
    }
done:
    return status;
}

static mb_status open_folds(aggregation *work)
{
    mb_context *cx = work->cx;
    int64_t most = work->move.largest;
    mb_status status;
    MB_TRY(mb_bucket_groups_open(&work->move, &work->groups));
    MB_TRY(mb_buffer_new_array(cx, most, sizeof(uint64_t), &work->results));
    MB_TRY(mb_buffer_new_array(cx, most, 1, &work->valid));
    MB_TRY(mb_buffer_new_zeroed(cx, 1, sizeof(room), &work->room_memory));
    MB_TRY(mb_buffer_new_array(cx, mb_nranks(cx), sizeof(head), &work->ends));
    work->room = work->room_memory->data;
    for (int i = 0; i < work->n; i++)
        MB_TRY(mb_buffer_new_array(cx, most, work->of[i].fold.width, &work->of[i].states));
    MB_TRY(open_builders(work));
done:
    return status;
}

static mb_status take_buckets(aggregation *work, int64_t *at)
{
    mb_status status = open_folds(work);
    work->own = mb_share_of(&work->sorting, mb_rank(work->cx));
    work->tail.bucket = work->head.part.bucket = NO_BUCKET;
    for (int64_t k = 0; k < work->own.n; k++)
        work->coming += mb_move_bucket_rows(&work->move, k);
    for (int64_t k = 0; k < work->own.n && !status; k++)
        status = take_bucket(work, k, at);
    work->head.groups = work->given + (work->tail.bucket != NO_BUCKET);
    return status;
}

// --- Results.

// Merges what other ranks have found of the last key of this one.
static mb_status give_tail(aggregation *work)
{
    static const uint32_t place = 0;
    const head *ends = work->ends->data;
    const part *tail = &work->tail;
    int64_t rows = tail->rows;
    if (tail->bucket == NO_BUCKET) return MB_OK;
    for (int i = 0; i < work->n; i++)
        memcpy(work->of[i].states->data, tail->states[i], work->of[i].fold.width);
    for (int r = mb_rank(work->cx) + 1; r < mb_nranks(work->cx); r++) {
        if (ends[r].part.bucket != tail->bucket) break;
        for (int i = 0; i < work->n; i++)
            work->of[i].fold.merge(ends[r].part.states[i], 1, &place, work->of[i].states->data);
        rows += ends[r].part.rows;
    }
    mb_bucket_groups_single(&work->groups, rows);
    return give_groups(work, work->sorting.low[tail->bucket]);
}

static mb_status check_refused(const aggregation *work, const mb_layout *found)
{
    for (int i = 0; i < work->n; i++)
        if (work->of[i].refused >= 0)
            return mb_fold_refuse(work->cx, &work->of[i].fold,
                                  found->start[mb_rank(work->cx)] + work->of[i].refused);
    return MB_OK;
}

// The layout of the groups as they were found.
static mb_status lay_out(const aggregation *work, mb_layout **found)
{
    const head *ends = work->ends->data;
    mb_buffer *counts;
    int nranks = mb_nranks(work->cx);
    mb_status status = mb_buffer_new_array(work->cx, nranks, sizeof(int64_t), &counts);
    if (status) return status;
    for (int r = 0; r < nranks; r++)
        ((int64_t *)counts->data)[r] = ends[r].groups;
    status = mb_layout_counts(work->cx, counts->data, found);
    mb_buffer_release(counts);
    return status;
}

static mb_status finish_builders(aggregation *work, mb_layout *found, mb_layout *even,
                                 mb_column **columns)
{
    mb_layout *layouts[2 * MB_MOST_ROOTS + 1];
    mb_status status;
    for (int i = 0; i < work->nbuilders; i++)
        layouts[i] = found;
    MB_TRY(mb_builder_finish(work->cx, work->builders, work->nbuilders, layouts, 0, columns));
    for (int i = 0; i < work->nbuilders; i++) {
        mb_column *moved;
        mb_builder_close(work->builders[i]);
        work->builders[i] = NULL;
        MB_TRY(mb_realign(work->cx, columns[i], even, &moved));
        mb_column_release(columns[i]);
        columns[i] = moved;
    }
done:
    return status;
}

static mb_status build_results(aggregation *work, mb_group_results *results)
{
    mb_column *columns[2 * MB_MOST_ROOTS + 1] = {NULL};
    mb_layout *found = NULL, *even = NULL;
    mb_status status = give_tail(work);
    if (!status) status = lay_out(work, &found);
    if (!status) status = mb_layout_even(work->cx, found->n_global, &even);
    if (!status) status = check_refused(work, found);
    for (int i = 0; i < work->nbuilders && !status; i++)
        status = mb_builder_resize(work->builders[i], work->given);
    MB_TRY(mb_step(work->cx, status, NULL));
    MB_TRY(finish_builders(work, found, even, columns));
    memcpy(results->keys, columns, (size_t)work->keys->n * sizeof *columns);
    results->sizes = columns[work->keys->n];
    memcpy(results->results, columns + work->keys->n + 1, (size_t)work->n * sizeof *columns);
    memset(columns, 0, sizeof columns);
    results->groups = mb_layout_retain(even);
done:
    for (int i = 0; i < work->nbuilders; i++)
        mb_column_release(columns[i]);
    mb_layout_release(found);
    mb_layout_release(even);
    return status;
}

static void close_aggregation(aggregation *work)
{
    for (int i = 0; i < work->n; i++) {
        mb_column_release(work->of[i].column);
        mb_buffer_release(work->of[i].states);
    }
    for (int i = 0; i < work->nbuilders; i++)
        mb_builder_close(work->builders[i]);
    mb_bucket_groups_close(&work->groups);
    if (work->move.sorting) mb_move_close(&work->move);
    mb_sorting_close(&work->sorting);
    mb_buffer_release(work->results);
    mb_buffer_release(work->valid);
    mb_buffer_release(work->room_memory);
    mb_buffer_release(work->ends);
    free(work);
}

mb_status mb_aggregate_buckets(mb_context *cx, const mb_group_keys *keys,
                               const mb_aggregation *aggregations, int n, mb_group_results *results)
{
    mb_layout *even = NULL;
    mb_pieces received;
    aggregation *work = calloc(1, sizeof *work);
    if (!work) return mb_fail(cx, MB_EMEMORY, "groups: out of memory");
    work->cx = cx;
    work->keys = keys;
    work->n = n;
    mb_status status = mb_layout_even(cx, keys->columns[0]->layout->n_global, &even);
    if (!status) open_sorting(work, even);
    for (int i = 0; i < n; i++)
        MB_TRY(load(work, &aggregations[i], &work->of[i]));
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_sort_survey(&work->sorting));
    MB_TRY(mb_sort_cut(&work->sorting));
    MB_TRY(mb_move_rows(&work->move, &received));
    MB_TRY(mb_step(cx, take_buckets(work, received.offsets), NULL));
    mb_gather_all(cx, &work->head, sizeof work->head, work->ends->data);
    MB_TRY(build_results(work, results));
done:
    mb_layout_release(even);
    close_aggregation(work);
    return status;
}
