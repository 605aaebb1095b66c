#include "ops/group/bucket_select.h"

#include <math.h>
#include <string.h>

#include "comm/comm.h"
#include "core/kind.h"
#include "ops/group/select.h"

enum { PIECE = 1024 }; // rows that are taken at a time

// --- Values of a bucket.

typedef void take_values(void *state, const double *values, const uint8_t *valid, int64_t index,
                         int64_t n);

// Passes the values of column i in a bucket as doubles; `index` counts the rows of all ranks.
static void each_piece(const mb_bucket_folds *folds, int i, const mb_bucket *bucket,
                       take_values *take, void *state)
{
    const mb_column *column = folds->of[i].column;
    const int validity = folds->validity[i];
    double room[PIECE];
    int64_t index = 0;
    for (int r = 0; r < mb_nranks(folds->cx); r++) {
        for (int64_t first = 0, n; first < bucket->rows[r]; first += n, index += n) {
            n = bucket->rows[r] - first < PIECE ? bucket->rows[r] - first : PIECE;
            const mb_block block = {.values = mb_bucket_payload(bucket, folds->values[i], r, first),
                                    .form = mb_form_of(column->type->kind, column->values.width),
                                    .base = column->values.base};
            take(state, mb_block_doubles(folds->cx->isa, column->type->kind, &block, n, room),
                 validity < 0 ? NULL : mb_bucket_payload(bucket, validity, r, first), index, n);
        }
    }
}

// --- Groups.

typedef struct gathering {
    const uint32_t *rows; // the group of each row; NULL: 0
    double *values;       // of group after group
    int64_t *cursors;     // where each group's next value goes
    double *results;      // NaN for groups that have one
} gathering;

// A missing value or NaN is overwritten by the next one.
static void gather(void *state, const double *values, const uint8_t *valid, int64_t index,
                   int64_t n)
{
    const gathering *to = state;
    const uint32_t *rows = to->rows ? to->rows + index : NULL;
    for (int64_t i = 0; i < n; i++) {
        uint32_t group = rows ? rows[i] : 0;
        double value = values[i] + 0.0; // no -0.0
        bool is_valid = valid ? valid[i] != 0 : true;
        to->values[to->cursors[group]] = value;
        to->cursors[group] += (value == value) & is_valid;
        if (value != value && is_valid) to->results[group] = value;
    }
}

static mb_status make_room(mb_bucket_folds *folds, int64_t rows, int64_t groups)
{
    mb_status status = MB_OK;
    if (!folds->gathered || folds->gathered_rows < rows) {
        mb_buffer_release(folds->gathered);
        folds->gathered = NULL;
        folds->gathered_rows = rows;
        status = mb_buffer_new_array(folds->cx, rows, sizeof(double), &folds->gathered);
    }
    if (!status && (!folds->cursors || folds->cursor_groups < groups)) {
        mb_buffer_release(folds->cursors);
        folds->cursors = NULL;
        folds->cursor_groups = groups;
        status = mb_buffer_new_array(folds->cx, groups, 2 * sizeof(int64_t), &folds->cursors);
    }
    return status;
}

// Where the values of each group begin: as if all were valid.
static void find_starts(const uint32_t *rows, int64_t n, int64_t groups, int64_t *starts)
{
    memset(starts, 0, (size_t)groups * sizeof *starts);
    for (int64_t i = 0; rows && i < n; i++)
        starts[rows[i]]++;
    for (int64_t g = 0, start = 0; rows && g < groups; g++) {
        int64_t count = starts[g];
        starts[g] = start;
        start += count;
    }
}

static bool same_values(const mb_bucket_folds *folds, int i)
{
    return i > 0 && mb_fold_selects(folds->of[i - 1].fold.kind) &&
           folds->of[i - 1].column == folds->of[i].column;
}

mb_status mb_bucket_select(mb_bucket_folds *folds, int i, const mb_bucket *bucket, int64_t groups,
                           const uint32_t *rows)
{
    double *results = folds->of[i].states->data;
    if (same_values(folds, i)) { // whose results are NaN where these are
        memcpy(results, folds->of[i - 1].states->data, (size_t)groups * sizeof *results);
    } else {
        mb_status status = make_room(folds, bucket->n, groups);
        if (status) return status;
        int64_t *starts = folds->cursors->data, *cursors = starts + groups;
        find_starts(rows, bucket->n, groups, starts);
        memcpy(cursors, starts, (size_t)groups * sizeof *starts);
        memset(results, 0, (size_t)groups * sizeof *results);
        gathering to = {rows, folds->gathered->data, cursors, results};
        each_piece(folds, i, bucket, gather, &to);
    }
    const int64_t *starts = folds->cursors->data, *ends = starts + groups;
    double *values = folds->gathered->data;
    for (int64_t g = 0; g < groups; g++)
        if (!isnan(results[g]))
            results[g] =
                mb_select_quantile(values + starts[g], ends[g] - starts[g], folds->of[i].fold.q);
    return MB_OK;
}

// --- Order keys.

typedef struct ordering {
    uint64_t *orders;
    int64_t n;
} ordering;

static void take_orders(void *state, const double *values, const uint8_t *valid, int64_t index,
                        int64_t n)
{
    ordering *to = state;
    (void)index;
    for (int64_t i = 0; i < n; i++) {
        to->orders[to->n] = mb_order_float(values[i]);
        to->n += valid ? valid[i] != 0 : true;
    }
}

int64_t mb_bucket_orders(const mb_bucket_folds *folds, int i, const mb_bucket *bucket,
                         uint64_t *orders)
{
    ordering to = {orders, 0};
    each_piece(folds, i, bucket, take_orders, &to);
    return to.n;
}
