// Aggregations by a partition of the rows.

#include <stdlib.h>
#include <string.h>

#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "core/progress.h"
#include "ops/group/aggregate.h"
#include "ops/group/bucket_folds.h"
#include "ops/group/bucket_groups.h"
#include "ops/group/bucket_select.h"
#include "ops/group/group_output.h"
#include "ops/group/split_select.h"

enum { NO_BUCKET = -1 };
enum { HEAD, TAIL, ENDS };

// The states that a rank has of a key whose rows are split among several ranks.
typedef struct part {
    int64_t bucket; // NO_BUCKET: none
    int64_t rows;
    uint64_t states[MB_MOST_AGGREGATIONS][MB_FOLD_WORDS];
} part;

typedef struct head {
    part part;      // of the last key of the ranks before, if it has rows here
    int64_t groups; // whose first rows are on this rank
} head;

typedef struct aggregation {
    mb_context *cx;
    const mb_group_keys *keys;
    mb_group_columns *found; // NULL: keys and sizes are known
    int n, first_result;
    mb_bucket_folds folds;
    mb_sorting sorting;
    mb_move move;
    mb_share own;
    mb_bucket_groups groups;
    mb_group_output output;
    int64_t seen, coming; // rows folded so far, and rows of this rank
    mb_buffer *ends, *bucket_memory;
    head head;
    part tail; // of this rank's last key, if it has rows on the ranks after
    // Of aggregations that select: the order keys of the values of head and tail, scratch, and the
    // results for the tail.
    mb_buffer *orders[ENDS][MB_MOST_AGGREGATIONS], *split_memory;
    int64_t norders[ENDS][MB_MOST_AGGREGATIONS];
    double selected[MB_MOST_AGGREGATIONS];
} aggregation;

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
    sorting->payload = work->folds.payload;
    sorting->npayload = work->folds.npayload;
    work->move.sorting = sorting;
}

// --- Output of the groups of a bucket, in order.

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

static mb_status give_groups(aggregation *work, uint64_t above)
{
    double part = (double)(work->seen + 1) / (double)(work->coming + 1);
    const mb_bucket_groups *groups = &work->groups;
    mb_status status = mb_group_output_reserve(&work->output, groups->n, part);
    if (!status && work->found) status = give_keys(work, above);
    if (!status) status = mb_group_output_results(&work->output, groups->order, groups->n);
    return status;
}

// --- Buckets.

// Keeps what this rank has of a key that other ranks have rows of, too.
static mb_status save_part(aggregation *work, const mb_bucket *bucket, int64_t number, int end)
{
    part *part = end == HEAD ? &work->head.part : &work->tail;
    mb_status status = MB_OK;
    part->bucket = number;
    part->rows = bucket->n;
    mb_bucket_folds_add_part(&work->folds, bucket);
    for (int i = 0; i < work->n && !status; i++) {
        const mb_fold_column *of = &work->folds.of[i];
        if (mb_fold_selects(of->fold.kind)) {
            status =
                mb_buffer_new_array(work->cx, bucket->n, sizeof(uint64_t), &work->orders[end][i]);
            if (status) break;
            work->norders[end][i] =
                mb_bucket_orders(&work->folds, i, bucket, work->orders[end][i]->data);
        } else {
            memcpy(part->states[i], of->states->data, of->fold.width);
        }
    }
    return status;
}

static mb_status take_single(aggregation *work, const mb_bucket *bucket, int64_t number)
{
    const mb_sorting *sorting = &work->sorting;
    work->seen += bucket->n;
    if (sorting->before[number] < work->own.begin) return save_part(work, bucket, number, HEAD);
    if (sorting->before[number + 1] > work->own.end) return save_part(work, bucket, number, TAIL);
    mb_bucket_groups_single(&work->groups, bucket->n);
    mb_status status = mb_bucket_folds_add(&work->folds, bucket, 1, NULL);
    return status ? status : give_groups(work, sorting->low[number]);
}

static mb_status take_several(void *state, const mb_bucket *bucket)
{
    aggregation *work = state;
    if (!mb_bucket_groups_find(&work->groups, bucket))
        return mb_bucket_split(bucket, take_several, work);
    mb_status status = mb_bucket_folds_add(&work->folds, bucket, work->groups.n, work->groups.rows);
    work->seen += bucket->n;
    return status ? status : give_groups(work, bucket->above);
}

// Takes bucket k of this rank, which begins at at[r] in the rows received from each rank r.
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
        for (int c = 0; c < sorting->npayload; c++)
            parts[(c + 1) * nranks + r] = mb_move_payload(&work->move, c, r, at[r]);
    }
    if (mb_sort_single(sorting, number)) return take_single(work, &bucket, number);
    return take_several(work, &bucket);
}

static bool selects(const aggregation *work)
{
    for (int i = 0; i < work->n; i++)
        if (mb_fold_selects(work->folds.of[i].fold.kind)) return true;
    return false;
}

static mb_status open_folds(aggregation *work)
{
    mb_context *cx = work->cx;
    int64_t pointers = (2 + (int64_t)work->sorting.npayload) * mb_nranks(cx);
    int64_t most_split = selects(work) ? mb_nranks(cx) - 1 : 0;
    mb_status status;
    MB_TRY(mb_buffer_new_array(cx, most_split + mb_split_need(most_split), sizeof(int64_t),
                               &work->split_memory));
    MB_TRY(mb_bucket_groups_open(cx, work->move.largest, &work->groups));
    MB_TRY(mb_bucket_folds_open(&work->folds, work->groups.most));
    MB_TRY(mb_group_output_open(cx, work->folds.of, work->n, work->found ? work->keys : NULL, 0,
                                &work->output));
    MB_TRY(mb_buffer_new_array(cx, mb_nranks(cx), sizeof(head), &work->ends));
    MB_TRY(mb_buffer_new_array(cx, pointers, sizeof(int64_t), &work->bucket_memory));
done:
    return status;
}

static mb_status take_buckets(aggregation *work)
{
    int64_t *at = work->move.shuffle.received.starts;
    mb_status status = open_folds(work);
    work->own = mb_share_of(&work->sorting, mb_rank(work->cx));
    work->tail.bucket = work->head.part.bucket = NO_BUCKET;
    for (int64_t k = 0; k < work->own.n; k++)
        work->coming += mb_move_bucket_rows(&work->move, k);
    for (int64_t k = 0; k < work->own.n && !status; k++) {
        status = take_bucket(work, k, at);
        for (int r = 0; r < mb_nranks(work->cx); r++)
            at[r] += work->move.received[r * work->own.n + k];
        const int64_t rows = mb_move_bucket_rows(&work->move, k);
        mb_progress_spill_add(work->cx, rows, rows * work->move.width);
    }
    work->head.groups = work->output.given + (work->tail.bucket != NO_BUCKET);
    return status;
}

// --- Results.

// The number of a bucket among those that several ranks have rows of: -1 where it is none. `n`
// gets how many there are.
static int number_split(const aggregation *work, int64_t bucket, int *n)
{
    const head *ends = work->ends->data;
    int64_t last = NO_BUCKET;
    int number = -1;
    *n = 0;
    for (int r = 0; r < mb_nranks(work->cx); r++) {
        if (ends[r].part.bucket == NO_BUCKET || ends[r].part.bucket == last) continue;
        last = ends[r].part.bucket;
        if (last == bucket) number = *n;
        ++*n;
    }
    return number;
}

// Computes what selects among the values that several ranks have of a key. Collective.
static void select_split(aggregation *work)
{
    const int64_t buckets[ENDS] = {[HEAD] = work->head.part.bucket, [TAIL] = work->tail.bucket};
    double *results = work->split_memory->data;
    for (int i = 0; i < work->n; i++) {
        mb_split_part parts[ENDS];
        int n = 0;
        if (!mb_fold_selects(work->folds.of[i].fold.kind)) continue;
        for (int e = 0; e < ENDS; e++) {
            const mb_buffer *orders = work->orders[e][i];
            parts[e] = (mb_split_part){.group = number_split(work, buckets[e], &n),
                                       .orders = orders ? orders->data : NULL,
                                       .n = work->norders[e][i]};
        }
        mb_split_select(work->cx, work->folds.of[i].fold.type->kind, parts, ENDS, n,
                        work->folds.of[i].fold.q, (void *)(results + n), results);
        if (parts[TAIL].group >= 0) work->selected[i] = results[parts[TAIL].group];
    }
}

// Merges the states that the ranks after have of this rank's last key.
static mb_status give_tail(aggregation *work)
{
    static const uint32_t group = 0;
    const head *ends = work->ends->data;
    const part *tail = &work->tail;
    const mb_fold_column *of = work->folds.of;
    int64_t rows = tail->rows;
    if (tail->bucket == NO_BUCKET) return MB_OK;
    for (int i = 0; i < work->n; i++)
        if (mb_fold_selects(of[i].fold.kind))
            memcpy(of[i].states->data, &work->selected[i], sizeof(double));
        else
            memcpy(of[i].states->data, tail->states[i], of[i].fold.width);
    for (int r = mb_rank(work->cx) + 1; r < mb_nranks(work->cx); r++) {
        if (ends[r].part.bucket != tail->bucket) break;
        for (int i = 0; i < work->n; i++)
            if (!mb_fold_selects(of[i].fold.kind))
                mb_fold_merge(&of[i].fold, ends[r].part.states[i], 1, &group, of[i].states->data);
        rows += ends[r].part.rows;
    }
    mb_bucket_groups_single(&work->groups, rows);
    return give_groups(work, work->sorting.low[tail->bucket]);
}

// The layout of the groups on the ranks that have folded them.
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

static mb_status build_results(aggregation *work, mb_column **results)
{
    mb_column *columns[MB_MOST_OUTPUTS], **keys = columns + work->n;
    mb_layout *found = NULL, *even = NULL;
    mb_group_columns *to = work->found;
    mb_status status = give_tail(work);
    if (!status) status = lay_out(work, &found);
    if (!status) status = mb_layout_even(work->cx, found->n_global, &even);
    MB_TRY(mb_group_output_finish(&work->output, status, found, even, work->first_result, columns));
    memcpy(results, columns, (size_t)work->n * sizeof *columns);
    if (!to) goto done;
    memcpy(to->keys, keys, (size_t)work->keys->n * sizeof *keys);
    to->sizes = keys[work->keys->n];
    to->layout = mb_layout_retain(even);
done:
    mb_layout_release(found);
    mb_layout_release(even);
    return status;
}

static void close_aggregation(aggregation *work)
{
    mb_buffer_release(work->ends);
    mb_buffer_release(work->split_memory);
    for (int i = 0; i < work->n; i++)
        for (int e = 0; e < ENDS; e++)
            mb_buffer_release(work->orders[e][i]);
    mb_buffer_release(work->bucket_memory);
    mb_bucket_folds_close(&work->folds);
    mb_group_output_close(&work->output);
    mb_bucket_groups_close(&work->groups);
    if (work->move.sorting) mb_move_close(&work->move);
    mb_sorting_close(&work->sorting);
    free(work);
}

mb_status mb_aggregate_buckets(mb_context *cx, const mb_group_keys *keys,
                               const mb_aggregation *aggregations, int n, int first,
                               mb_column **results, mb_group_columns *found)
{
    mb_layout *even = NULL;
    aggregation *work = mb_allocate(cx, 1, sizeof *work);
    if (!work) return MB_EMEMORY;
    work->cx = cx;
    work->keys = keys;
    work->found = found;
    work->n = n;
    work->first_result = first;
    mb_layout *rows = keys->columns[0]->layout;
    mb_status status = mb_layout_even(cx, rows->n_global, &even);
    if (!status) status = mb_bucket_folds_load(cx, rows, aggregations, n, &work->folds);
    MB_TRY(mb_step(cx, status, NULL));
    open_sorting(work, even);
    MB_TRY(mb_sort_survey(&work->sorting));
    MB_TRY(mb_step(cx, mb_sort_need(&work->sorting, 0), NULL));
    MB_TRY(mb_sort_cut(&work->sorting));
    const mb_share own = mb_share_of(&work->sorting, mb_rank(cx));
    mb_progress_spill_begin(cx, "grouping", rows->n_global,
                            mb_layout_rows(rows, mb_rank(cx)) + own.end - own.begin);
    MB_TRY(mb_move_rows(&work->move));
    MB_TRY(mb_step(cx, take_buckets(work), NULL));
    mb_gather_all(cx, &work->head, sizeof work->head, work->ends->data);
    select_split(work);
    MB_TRY(build_results(work, results));
done:
    mb_progress_spill_end(cx);
    mb_layout_release(even);
    close_aggregation(work);
    return status;
}
