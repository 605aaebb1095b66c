#include "ops/group/bucket_folds.h"

#include "comm/comm.h"
#include "ops/group/bucket_select.h"
#include "ops/group/numbering.h"

enum { PIECE = 2048 }; // rows that are folded at a time

typedef struct room {
    uint32_t zeros[PIECE];
    mb_fold_room fold;
} room;

// --- What moves.

static int add_payload(mb_bucket_folds *folds, const mb_column *column, bool validity)
{
    for (int c = 0; c < folds->npayload; c++)
        if (folds->payload[c].column == column && folds->payload[c].validity == validity) return c;
    int width = validity ? 1 : column ? column->values.width : (int)sizeof(uint32_t);
    folds->payload[folds->npayload] = (mb_payload_column){column, validity, width};
    return folds->npayload++;
}

static void choose_payload(mb_bucket_folds *folds, int i)
{
    const mb_column *column = folds->of[i].column;
    const mb_fold_kind kind = folds->of[i].fold.kind;
    folds->values[i] = folds->validity[i] = -1;
    if (column && kind != MB_FOLD_COUNT) folds->values[i] = add_payload(folds, column, false);
    if (column && column->facts.missing) folds->validity[i] = add_payload(folds, column, true);
    if (kind == MB_FOLD_ARGMIN || kind == MB_FOLD_ARGMAX)
        folds->row_payload = add_payload(folds, NULL, false);
}

mb_status mb_bucket_folds_load(mb_context *cx, mb_layout *rows, const mb_aggregation *aggregations,
                               int n, mb_bucket_folds *folds)
{
    folds->cx = cx;
    folds->n = n;
    folds->row_payload = -1;
    mb_status status = mb_fold_columns_open(cx, aggregations, n, rows, true, folds->of);
    for (int i = 0; i < n && !status; i++)
        choose_payload(folds, i);
    return status;
}

mb_status mb_bucket_folds_open(mb_bucket_folds *folds, int64_t groups)
{
    mb_status status = mb_buffer_new_zeroed(folds->cx, 1, sizeof(room), &folds->room);
    for (int i = 0; i < folds->n && !status; i++) {
        mb_fold_column *to = &folds->of[i];
        status = mb_buffer_new_array(folds->cx, groups, to->fold.width, &to->states);
    }
    return status;
}

void mb_bucket_folds_close(mb_bucket_folds *folds)
{
    mb_fold_columns_close(folds->of, folds->n);
    mb_buffer_release(folds->room);
    mb_buffer_release(folds->gathered);
    mb_buffer_release(folds->cursors);
}

// --- Folding.

// Folds n <= PIECE rows of a rank from row `first` on, into `groups`, or where it is NULL into one.
static void fold_rows(const mb_bucket_folds *folds, int i, const mb_bucket *bucket, int rank,
                      int64_t first, int64_t n, const uint32_t *groups)
{
    const mb_fold_column *to = &folds->of[i];
    const int values_payload = folds->values[i], validity = folds->validity[i];
    room *room = folds->room->data;
    mb_fold_rows rows = {.n = n, .offsets = room->zeros, .first = 1};
    rows.groups = groups ? groups : room->zeros;
    if (folds->row_payload >= 0) {
        rows.offsets = mb_bucket_payload(bucket, folds->row_payload, rank, first);
        rows.first = (uint64_t)bucket->move->sorting->from->start[rank] + 1;
    }
    mb_block values = {NULL};
    const uint8_t *valid = NULL;
    if (values_payload >= 0)
        values = (mb_block){.values = mb_bucket_payload(bucket, values_payload, rank, first),
                            .form = mb_form_of(to->column->type->kind, to->column->values.width),
                            .base = to->column->values.base};
    if (validity >= 0) valid = mb_bucket_payload(bucket, validity, rank, first);
    mb_fold_add(&to->fold, folds->cx->isa, rows, values.values ? &values : NULL, valid, &room->fold,
                to->states->data);
}

static void fold_bucket(const mb_bucket_folds *folds, int i, const mb_bucket *bucket,
                        int64_t ngroups, const uint32_t *groups)
{
    mb_fold_clear(&folds->of[i].fold, ngroups, folds->of[i].states->data);
    for (int r = 0; r < mb_nranks(folds->cx); r++) {
        int64_t rows = bucket->rows[r];
        for (int64_t first = 0; first < rows; first += PIECE) {
            int64_t n = rows - first < PIECE ? rows - first : PIECE;
            fold_rows(folds, i, bucket, r, first, n, groups ? groups + first : NULL);
        }
        if (groups) groups += rows;
    }
}

mb_status mb_bucket_folds_add(mb_bucket_folds *folds, const mb_bucket *bucket, int64_t groups,
                              const uint32_t *rows)
{
    mb_status status = MB_OK;
    for (int i = 0; i < folds->n && !status; i++)
        if (mb_fold_selects(folds->of[i].fold.kind))
            status = mb_bucket_select(folds, i, bucket, groups, rows);
        else
            fold_bucket(folds, i, bucket, groups, rows);
    return status;
}

void mb_bucket_folds_add_part(const mb_bucket_folds *folds, const mb_bucket *bucket)
{
    for (int i = 0; i < folds->n; i++)
        if (!mb_fold_selects(folds->of[i].fold.kind)) fold_bucket(folds, i, bucket, 1, NULL);
}
