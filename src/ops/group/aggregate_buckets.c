// Aggregations by a partition of the rows.

#include <stdlib.h>
#include <string.h>

#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/group/aggregate.h"
#include "ops/group/bucket_groups.h"
#include "ops/group/group_output.h"

enum {
    PIECE = 2048,   // rows that are folded at a time
    MOST_WORDS = 4, // of a state
    NO_BUCKET = -1,
};

typedef struct aggregate {
    mb_fold fold;
    mb_column *column;    // owned
    int values, presence; // pieces of cargo; -1: none
    mb_buffer *states;    // of the groups of a bucket
    int64_t refused;      // this rank's first group whose result does not fit; -1: none
} aggregate;

// What a rank found of a key whose rows were dealt to several ranks.
typedef struct part {
    int64_t bucket; // NO_BUCKET: none
    int64_t rows;
    uint64_t states[MB_MOST_AGGREGATIONS][MOST_WORDS];
} part;

typedef struct head {
    part part;      // of the key that ranks before this one begin
    int64_t groups; // that begin on this rank
} head;

typedef struct room {
    uint32_t zeros[PIECE], kept_groups[PIECE], kept_offsets[PIECE];
    uint64_t values[PIECE];
} room;

typedef struct aggregation {
    mb_context *cx;
    const mb_group_keys *keys;
    int n;
    aggregate of[MB_MOST_AGGREGATIONS];
    mb_sorting sorting;
    mb_cargo cargo[MB_MOST_CARGO];
    int row_cargo; // the numbers of rows; -1: none
    mb_move move;
    mb_share own;
    mb_bucket_groups groups;
    mb_group_output output;
    int64_t seen, coming;       // rows so far, and those of this rank in all
    mb_buffer *results, *valid; // of the groups of a bucket
    mb_buffer *room_memory, *ends, *bucket_memory;
    room *room;
    head head;
    part tail; // of a key that ranks after this one go on with
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
        if (given->kind != MB_FOLD_COUNT) to->values = add_cargo(work, to->column, false);
        if (to->column->missing) to->presence = add_cargo(work, to->column, true);
    }
    if (given->kind == MB_FOLD_ARGMIN || given->kind == MB_FOLD_ARGMAX)
        work->row_cargo = add_cargo(work, NULL, false);
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
    work->row_cargo = -1;
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

// Folds n <= PIECE rows of a rank, from one on.
static void fold_rows(const aggregation *work, const aggregate *to, const mb_bucket *bucket,
                      int rank, int64_t first, int64_t n, const uint32_t *groups)
{
    mb_fold_rows rows = {.n = n, .groups = groups, .offsets = work->room->zeros, .first = 1};
    if (work->row_cargo >= 0) {
        rows.offsets = mb_bucket_cargo(bucket, work->row_cargo, rank, first);
        rows.first = (uint64_t)work->sorting.from->start[rank] + 1;
    }
    if (to->values >= 0) {
        mb_block block = {.values = mb_bucket_cargo(bucket, to->values, rank, first),
                          .form = mb_form_of(to->column->type, to->column->width),
                          .base = to->column->base};
        rows.values = mb_block_widen(mb_kernels_of(work->cx->isa), &block, n, work->room->values);
    }
    if (to->presence >= 0)
        keep_present(&rows, mb_bucket_cargo(bucket, to->presence, rank, first), work->room);
    to->fold.add(&rows, to->states->data);
}

// Folds a bucket; `groups` of its rows, or NULL: they are one.
static void fold_bucket(const aggregation *work, const mb_bucket *bucket, const uint32_t *groups)
{
    for (int i = 0; i < work->n; i++) {
        const aggregate *to = &work->of[i];
        uint64_t *states = to->states->data;
        int64_t words = work->groups.n * (int64_t)(to->fold.width / sizeof *states);
        for (int64_t w = 0; w < words; w++)
            states[w] = to->fold.initial;
        const uint32_t *next = groups;
        for (int r = 0; r < mb_nranks(work->cx); r++) {
            for (int64_t first = 0; first < bucket->rows[r]; first += PIECE) {
                int64_t n = bucket->rows[r] - first < PIECE ? bucket->rows[r] - first : PIECE;
                fold_rows(work, to, bucket, r, first, n, groups ? next : work->room->zeros);
                if (groups) next += n;
            }
        }
    }
}

// --- Giving out the groups of a bucket, in order.

static mb_status give_keys(aggregation *work, uint64_t above)
{
    const mb_bucket_groups *groups = &work->groups;
    uint64_t words[MB_OUTPUT_GROUPS], sizes[MB_OUTPUT_GROUPS];
    mb_status status = MB_OK;
    for (int64_t first = 0; first < groups->n && !status; first += MB_OUTPUT_GROUPS) {
        int64_t n = groups->n - first < MB_OUTPUT_GROUPS ? groups->n - first : MB_OUTPUT_GROUPS;
        for (int64_t i = 0; i < n; i++) {
            uint32_t group = groups->order[first + i];
            words[i] = above | groups->words[group];
            sizes[i] = groups->counts[group];
        }
        status = mb_group_output_keys(&work->output, words, sizes, n);
    }
    return status;
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
        if (fold->finish(fold->type, state, 1, &result, &valid) >= 0)
            to->refused = work->output.given + i;
    }
}

static mb_status give_results(aggregation *work, int number)
{
    aggregate *to = &work->of[number];
    mb_group_output *output = &work->output;
    const mb_fold *fold = &to->fold;
    const uint64_t *results = work->results->data;
    uint8_t *valid = work->valid->data;
    const uint32_t *order = work->groups.order;
    int64_t all = work->groups.n;
    mb_status status = MB_OK;
    if (to->refused >= 0) return MB_OK;
    if (fold->finish(fold->type, to->states->data, all, work->results->data, valid) >= 0) {
        find_refused(work, to);
        return MB_OK;
    }
    for (int64_t first = 0; first < all && !status; first += MB_OUTPUT_GROUPS) {
        int64_t n = all - first < MB_OUTPUT_GROUPS ? all - first : MB_OUTPUT_GROUPS;
        for (int64_t i = 0; i < n; i++)
            output->values[i] = results[order[first + i]];
        for (int64_t i = 0; !fold->whole && i < n; i++)
            output->valid[i] = valid[order[first + i]];
        status = mb_group_output_results(output, number, fold, to->column, n);
    }
    return status;
}

static mb_status give_groups(aggregation *work, uint64_t above)
{
    double part = (double)(work->seen + 1) / (double)(work->coming + 1);
    mb_status status = mb_group_output_reserve(&work->output, work->groups.n, part);
    if (!status) status = give_keys(work, above);
    for (int i = 0; i < work->n && !status; i++)
        status = give_results(work, i);
    work->output.given += work->groups.n;
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

static mb_status take_single(aggregation *work, const mb_bucket *bucket, int64_t number)
{
    const mb_sorting *sorting = &work->sorting;
    mb_bucket_groups_single(&work->groups, bucket->n);
    fold_bucket(work, bucket, NULL);
    work->seen += bucket->n;
    if (sorting->before[number] < work->own.begin)
        save_part(work, number, bucket->n, &work->head.part);
    else if (sorting->before[number + 1] > work->own.end)
        save_part(work, number, bucket->n, &work->tail);
    else
        return give_groups(work, sorting->low[number]);
    return MB_OK;
}

static mb_status take_several(void *state, const mb_bucket *bucket)
{
    aggregation *work = state;
    if (!mb_bucket_groups_find(&work->groups, bucket))
        return mb_bucket_split(bucket, take_several, work);
    fold_bucket(work, bucket, work->groups.rows);
    work->seen += bucket->n;
    return give_groups(work, bucket->above);
}

// Bucket k of this rank, which is at at[r] in what has come of each rank r.
static mb_status take_bucket(aggregation *work, int64_t k, const int64_t *at)
{
    const mb_sorting *sorting = &work->sorting;
    const int nranks = mb_nranks(work->cx);
    int64_t *rows = work->bucket_memory->data, number = work->own.first + k;
    const char **parts = (const char **)(rows + nranks);
    mb_bucket bucket = {.move = &work->move, .rows = rows, .parts = parts};
    bucket.n = mb_move_bucket_rows(&work->move, k);
    bucket.above = sorting->low[number] >> sorting->shift << sorting->shift;
    if (bucket.n == 0) return MB_OK;
    for (int r = 0; r < nranks; r++) {
        rows[r] = work->move.received[r * work->own.n + k];
        parts[r] = mb_move_keys(&work->move, r, at[r]);
        for (int c = 0; c < sorting->ncargo; c++)
            parts[(c + 1) * nranks + r] = mb_move_cargo(&work->move, c, r, at[r]);
    }
    if (mb_sort_single(sorting, number)) return take_single(work, &bucket, number);
    return take_several(work, &bucket);
}

static mb_status open_folds(aggregation *work)
{
    mb_context *cx = work->cx;
    int64_t pointers = (2 + (int64_t)work->sorting.ncargo) * mb_nranks(cx), most;
    mb_status status;
    MB_TRY(mb_group_output_open(cx, work->keys, &work->output));
    MB_TRY(mb_bucket_groups_open(cx, work->move.largest, &work->groups));
    most = work->groups.most;
    MB_TRY(mb_buffer_new_array(cx, most, sizeof(uint64_t), &work->results));
    MB_TRY(mb_buffer_new_array(cx, most, 1, &work->valid));
    MB_TRY(mb_buffer_new_zeroed(cx, 1, sizeof(room), &work->room_memory));
    MB_TRY(mb_buffer_new_array(cx, mb_nranks(cx), sizeof(head), &work->ends));
    MB_TRY(mb_buffer_new_array(cx, pointers, sizeof(int64_t), &work->bucket_memory));
    work->room = work->room_memory->data;
    for (int i = 0; i < work->n; i++) {
        aggregate *to = &work->of[i];
        MB_TRY(mb_buffer_new_array(cx, most, to->fold.width, &to->states));
        MB_TRY(mb_group_output_add(&work->output, &to->fold, to->column));
    }
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
    for (int64_t k = 0; k < work->own.n && !status; k++) {
        status = take_bucket(work, k, at);
        for (int r = 0; r < mb_nranks(work->cx); r++)
            at[r] += work->move.received[r * work->own.n + k];
    }
    work->head.groups = work->output.given + (work->tail.bucket != NO_BUCKET);
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

static mb_status build_results(aggregation *work, mb_group_results *results)
{
    mb_column *columns[MB_MOST_OUTPUTS] = {NULL};
    mb_layout *found = NULL, *even = NULL;
    const int nkeys = work->keys->n;
    mb_status status = give_tail(work);
    if (!status) status = lay_out(work, &found);
    if (!status) status = mb_layout_even(work->cx, found->n_global, &even);
    if (!status) status = check_refused(work, found);
    MB_TRY(mb_step(work->cx, status, NULL));
    MB_TRY(mb_group_output_finish(&work->output, found, even, columns));
    memcpy(results->keys, columns, (size_t)nkeys * sizeof *columns);
    results->sizes = columns[nkeys];
    memcpy(results->results, columns + nkeys + 1, (size_t)work->n * sizeof *columns);
    memset(columns, 0, sizeof columns);
    results->groups = mb_layout_retain(even);
done:
    for (int i = 0; i < MB_MOST_OUTPUTS; i++)
        mb_column_release(columns[i]);
    mb_layout_release(found);
    mb_layout_release(even);
    return status;
}

static void close_aggregation(aggregation *work)
{
    mb_buffer *buffers[] = {work->results, work->valid, work->room_memory, work->ends,
                            work->bucket_memory};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        mb_buffer_release(buffers[i]);
    for (int i = 0; i < work->n; i++) {
        mb_column_release(work->of[i].column);
        mb_buffer_release(work->of[i].states);
    }
    mb_group_output_close(&work->output);
    mb_bucket_groups_close(&work->groups);
    if (work->move.sorting) mb_move_close(&work->move);
    mb_sorting_close(&work->sorting);
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
    for (int i = 0; i < n && !status; i++)
        status = load(work, &aggregations[i], &work->of[i]);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_sort_survey(&work->sorting));
    MB_TRY(mb_step(cx, mb_sort_need(&work->sorting, 0), NULL));
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
