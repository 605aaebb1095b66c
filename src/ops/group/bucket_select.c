#include "ops/group/bucket_select.h"

#include <math.h>
#include <string.h>

#include "comm/comm.h"
#include "ops/distribute/quantile.h"
#include "ops/group/select.h"
#include "order/order.h"

// --- Values of a bucket.

// Where the order keys of values go.
typedef struct gathering {
    const uint32_t *rows; // the group of each row; NULL: 0
    uint64_t *orders;     // of group after group
    int64_t *cursors;     // where each group's next one goes
} gathering;

// Takes n rows of a bucket from row `first` on. A missing value is overwritten by the next one.
static void gather(const gathering *to, const uint64_t *orders, const uint8_t *valid, int64_t first,
                   int64_t n)
{
    const uint32_t *rows = to->rows ? to->rows + first : NULL;
    for (int64_t i = 0; i < n; i++) {
        uint32_t group = rows ? rows[i] : 0;
        to->orders[to->cursors[group]] = orders[i];
        to->cursors[group] += valid ? valid[i] != 0 : true;
    }
}

// Takes the valid values of column i in a bucket.
static void gather_column(const mb_bucket_folds *folds, int i, const mb_bucket *bucket,
                          gathering to)
{
    const mb_column *column = folds->of[i].column;
    const int validity = folds->validity[i];
    uint64_t orders[MB_ORDER_ROWS];
    int64_t index = 0; // of a row, counted over all ranks
    for (int r = 0; r < mb_nranks(folds->cx); r++) {
        for (int64_t first = 0, n; first < bucket->rows[r]; first += n, index += n) {
            n = bucket->rows[r] - first < MB_ORDER_ROWS ? bucket->rows[r] - first : MB_ORDER_ROWS;
            const mb_block block = {.values = mb_bucket_payload(bucket, folds->values[i], r, first),
                                    .form = mb_form_of(column->type->kind, column->values.width),
                                    .base = column->values.base};
            mb_order_block(folds->cx->isa, column->type->kind, &block, n, orders);
            gather(&to, orders, validity < 0 ? NULL : mb_bucket_payload(bucket, validity, r, first),
                   index, n);
        }
    }
}

// --- Groups.

static mb_status make_room(mb_bucket_folds *folds, int64_t rows, int64_t groups)
{
    mb_context *cx = folds->cx;
    mb_status status = mb_buffer_scratch(cx, (size_t)rows * sizeof(uint64_t), &folds->gathered);
    if (status) return status;
    return mb_buffer_scratch(cx, (size_t)groups * 2 * sizeof(int64_t), &folds->cursors);
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

// Whether the values of the aggregation before are those of this one.
static bool same_values(const mb_bucket_folds *folds, int i)
{
    const mb_fold_column *of = &folds->of[i], *before = of - 1;
    return i > 0 && mb_fold_selects(before->fold.kind) && before->column == of->column;
}

// The quantile of n order keys of a kind, which it reorders: NaN of nothing, and where one is.
static double quantile(mb_kind kind, uint64_t *orders, int64_t n, double q)
{
    uint64_t ends[2], most = 0;
    if (n == 0) return (double)NAN;
    for (int64_t i = 0; mb_kind_has_nan(kind) && i < n; i++)
        most = orders[i] > most ? orders[i] : most;
    if (mb_kind_has_nan(kind) && most == MB_ORDER_NAN) return (double)NAN;
    double part = mb_select_ends(orders, n, q, ends);
    return mb_quantile_between(kind, ends[0], ends[1], part);
}

mb_status mb_bucket_select(mb_bucket_folds *folds, int i, const mb_bucket *bucket, int64_t groups,
                           const uint32_t *rows)
{
    const mb_fold *fold = &folds->of[i].fold;
    if (!same_values(folds, i)) {
        mb_status status = make_room(folds, bucket->n, groups);
        if (status) return status;
        int64_t *starts = folds->cursors->data, *cursors = starts + groups;
        find_starts(rows, bucket->n, groups, starts);
        memcpy(cursors, starts, (size_t)groups * sizeof *starts);
        gather_column(folds, i, bucket, (gathering){rows, folds->gathered->data, cursors});
    }
    const int64_t *starts = folds->cursors->data, *ends = starts + groups;
    uint64_t *orders = folds->gathered->data;
    double *results = folds->of[i].states->data;
    for (int64_t g = 0; g < groups; g++)
        results[g] = quantile(fold->type->kind, orders + starts[g], ends[g] - starts[g], fold->q);
    return MB_OK;
}

int64_t mb_bucket_orders(const mb_bucket_folds *folds, int i, const mb_bucket *bucket,
                         uint64_t *orders)
{
    int64_t n = 0;
    gather_column(folds, i, bucket, (gathering){NULL, orders, &n});
    return n;
}
