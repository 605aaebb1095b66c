#include "ops/group/group_scan.h"

#include <math.h>
#include <string.h>

#include "column/builder.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "ops/group/fold.h"

enum { PIECE = MB_BLOCK_ROWS };

// Combines rows with the states of their groups, in turn; `out` gets each state after its row.
typedef void combining(const mb_value *values, const uint8_t *there, const uint32_t *groups,
                       int64_t n, mb_value *states, mb_value *out);

typedef struct group_scan {
    mb_context *cx;
    const mb_numbering *numbering;
    const mb_kernels *kernels;
    mb_group_scan_kind kind;
    combining *combine;
    mb_value none;             // what a group of no rows has
    mb_fold fold;              // of sums of floats, in the place of these two
    size_t width;              // of a state: that of a value, or of the fold
    mb_buffer *states, *known; // of the local groups; whether there is one
    mb_buffer *received, *received_known;
    mb_buffer *own, *own_known; // of the groups that this rank owns
    mb_builder *builder;        // NULL while rows are only combined
    mb_value values[PIECE], out[PIECE];
    uint32_t groups[PIECE];
    uint8_t there[PIECE];
} group_scan;

// --- Ways to combine. A row that is not there leaves the state as it is.

#define COMBINING(name, expression)                                                                \
    static void name(const mb_value *values, const uint8_t *there, const uint32_t *groups,         \
                     int64_t n, mb_value *states, mb_value *out)                                   \
    {                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            mb_value a = states[groups[i]];                                                        \
            const mb_value b = values[i];                                                          \
            if (!there || there[i]) a = (expression);                                              \
            states[groups[i]] = out[i] = a;                                                        \
        }                                                                                          \
    }

COMBINING(add, ((mb_value){.u = a.u + b.u}))
COMBINING(multiply, ((mb_value){.u = a.u * b.u}))
COMBINING(replace, b)
COMBINING(least_int, a.i <= b.i ? a : b)
COMBINING(most_int, a.i >= b.i ? a : b)
COMBINING(least_uint, a.u <= b.u ? a : b)
COMBINING(most_uint, a.u >= b.u ? a : b)
COMBINING(least_float, a.f != a.f || a.f <= b.f ? a : b)
COMBINING(most_float, a.f != a.f || a.f >= b.f ? a : b)

static combining *combining_of(mb_group_scan_kind kind, mb_kind of)
{
    static combining *const extremes[2][MB_KINDS] = {
        {least_uint, least_int, least_uint, least_float},
        {most_uint, most_int, most_uint, most_float}};
    switch (kind) {
    case MB_GROUP_CUMMIN: return extremes[0][of];
    case MB_GROUP_CUMMAX: return extremes[1][of];
    case MB_GROUP_CUMPROD: return multiply;
    case MB_GROUP_FFILL: return replace;
    default: return add;
    }
}

static mb_value none_of(mb_group_scan_kind kind, mb_kind of)
{
    const bool least = kind == MB_GROUP_CUMMIN;
    if (kind == MB_GROUP_CUMPROD) return (mb_value){.u = 1};
    if (!least && kind != MB_GROUP_CUMMAX) return (mb_value){.u = 0};
    if (of == MB_FLOAT) return (mb_value){.f = least ? (double)INFINITY : -(double)INFINITY};
    return (mb_value){.u = mb_order_bits(of, least ? UINT64_MAX : 0)};
}

// --- A pass over the rows.

// Whether rows have values that were there before them though their own are missing.
static bool fills(const group_scan *scan)
{
    return scan->kind == MB_GROUP_FFILL;
}

static bool adds_floats(const group_scan *scan)
{
    return scan->fold.scan != NULL;
}

// Notes which groups have values, and which rows then have.
static void note_known(group_scan *scan, const uint32_t *groups, int64_t n)
{
    uint8_t *known = scan->known->data;
    for (int64_t i = 0; i < n; i++)
        scan->there[i] = known[groups[i]] |= scan->there[i];
}

// Scans rows of floats.
static mb_status fold_block(group_scan *scan, const mb_value *values, const uint8_t *there,
                            const uint32_t *groups, int64_t n)
{
    const mb_fold_rows rows = {.n = n, .groups = groups, .values = &values->bits};
    int64_t over = scan->fold.scan(&rows, there, scan->states->data, &scan->out->bits);
    if (over < 0) return MB_OK;
    const uint64_t *numbers = scan->numbering->numbers->data;
    return mb_fold_refuse(scan->cx, &scan->fold, (int64_t)numbers[groups[over]]);
}

static mb_status take_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    group_scan *scan = state;
    const mb_value *values = mb_block_widen(scan->kernels, block, n, scan->values);
    const uint32_t *groups = mb_factors_take(&scan->numbering->local, first, n, scan->groups);
    const bool gaps = block->validity != NULL;
    if (gaps) mb_validity_bytes(block->validity, n, scan->there);
    if (!gaps && fills(scan)) memset(scan->there, 1, (size_t)n);
    const uint8_t *there = gaps ? scan->there : NULL;
    if (adds_floats(scan)) {
        mb_status status = fold_block(scan, values, there, groups, n);
        if (status) return status;
    } else {
        scan->combine(values, there, groups, n, scan->states->data, scan->out);
    }
    if (fills(scan)) note_known(scan, groups, n);
    if (!scan->builder) return MB_OK;
    return mb_builder_append_words(scan->builder, &scan->out->bits,
                                   gaps || fills(scan) ? scan->there : NULL, n);
}

// The same where rows are counted.
static mb_status count_rows(group_scan *scan)
{
    const mb_numbering *numbering = scan->numbering;
    const int64_t rows = mb_layout_rows(numbering->rows, mb_rank(scan->cx));
    int64_t *counts = scan->states->data;
    mb_status status = MB_OK;
    for (int64_t first = 0; first < rows && !status; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        const uint32_t *groups = mb_factors_take(&numbering->local, first, n, scan->groups);
        for (int64_t i = 0; i < n; i++)
            scan->out[i].i = counts[groups[i]]++;
        status = mb_builder_append_words(scan->builder, &scan->out->bits, NULL, n);
    }
    return status;
}

static mb_status pass(group_scan *scan, mb_column *column)
{
    const mb_numbering *numbering = scan->numbering;
    if (scan->kind != MB_GROUP_CUMCOUNT) return mb_evaluate(scan->cx, &column, 1, take_block, scan);
    if (scan->builder) return count_rows(scan);
    mb_factors_count(&numbering->local, mb_layout_rows(numbering->rows, mb_rank(scan->cx)),
                     scan->states->data);
    return MB_OK;
}

// --- What is before the rows of each rank.

static void clear(group_scan *scan, mb_buffer *states, mb_buffer *known, int64_t n)
{
    if (adds_floats(scan)) mb_fold_clear(&scan->fold, n, states->data);
    for (int64_t i = 0; i < n && !adds_floats(scan); i++)
        ((mb_value *)states->data)[i] = scan->none;
    if (known) memset(known->data, 0, (size_t)n);
}

// States that were received, in turn, become what was before them.
static void merge_sums(group_scan *scan, const uint32_t *group_ids, int64_t n)
{
    const size_t width = scan->width;
    uint64_t here[MB_FOLD_WORDS];
    for (int64_t i = 0; i < n; i++) {
        char *received = (char *)scan->received->data + (size_t)i * width;
        memcpy(here, received, width);
        memcpy(received, (const char *)scan->own->data + group_ids[i] * width, width);
        mb_fold_merge(&scan->fold, here, 1, &group_ids[i], scan->own->data);
    }
}

static void merge_values(group_scan *scan, const uint32_t *group_ids, int64_t n)
{
    mb_value *received = scan->received->data, *own = scan->own->data, state;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t group = group_ids[i];
        const mb_value here = received[i];
        uint8_t is_there = 1;
        received[i] = own[group];
        if (fills(scan)) {
            uint8_t *known = (uint8_t *)scan->own_known->data + group;
            uint8_t *told = (uint8_t *)scan->received_known->data + i;
            is_there = *told;
            *told = *known;
            *known |= is_there;
        }
        scan->combine(&here, &is_there, &group, 1, own, &state);
    }
}

// Owners take the states of all ranks in turn, and reply to each what those before it have.
static void combine_ranks(group_scan *scan)
{
    const mb_numbering *numbering = scan->numbering;
    const uint32_t *group_ids = numbering->group_ids->data;
    const int64_t n = numbering->shuffle.n_received;
    mb_buffer *received = scan->received;
    mb_shuffle_send(&numbering->shuffle, scan->states->data, scan->width, received->data);
    if (fills(scan))
        mb_shuffle_send(&numbering->shuffle, scan->known->data, 1, scan->received_known->data);
    clear(scan, scan->own, scan->own_known, mb_numbering_share(numbering));
    if (adds_floats(scan))
        merge_sums(scan, group_ids, n);
    else
        merge_values(scan, group_ids, n);
    mb_shuffle_reply(&numbering->shuffle, received->data, scan->width, scan->states->data);
    if (fills(scan))
        mb_shuffle_reply(&numbering->shuffle, scan->received_known->data, 1, scan->known->data);
}

// --- The operation.

static mb_status result_type(group_scan *scan, const mb_column *column, const mb_type **type)
{
    const bool sums = scan->kind == MB_GROUP_CUMSUM, folds = sums || scan->kind == MB_GROUP_CUMPROD;
    *type = &mb_type_int;
    if (scan->kind == MB_GROUP_CUMCOUNT) return MB_OK;
    *type = column->type;
    if (!folds) return MB_OK;
    if (!sums && column->type->kind == MB_FLOAT)
        return mb_fail(scan->cx, MB_EINVALID, "scans of groups multiply integers only");
    return mb_operator_folded(scan->cx, sums ? MB_ADD : MB_MUL, sums ? "cumsum" : "cumprod",
                              column->type, type);
}

static mb_status set_up(group_scan *scan, const mb_column *column)
{
    const mb_numbering *numbering = scan->numbering;
    const mb_kind kind = column ? column->type->kind : MB_INT;
    const int64_t local = numbering->local.n, received = numbering->shuffle.n_received;
    const int64_t own = mb_numbering_share(numbering);
    mb_context *cx = scan->cx;
    mb_status status;
    scan->kernels = mb_kernels_of(cx->isa);
    scan->width = sizeof(mb_value);
    if (scan->kind == MB_GROUP_CUMSUM && kind == MB_FLOAT) {
        MB_TRY(mb_fold_of(cx, MB_FOLD_SUM, column, &scan->fold));
        scan->width = scan->fold.width;
    }
    const size_t width = scan->width;
    scan->combine = combining_of(scan->kind, kind);
    scan->none = none_of(scan->kind, kind);
    MB_TRY(mb_memory_need(cx, (1 + (int64_t)width) * (local + received + own)));
    MB_TRY(mb_buffer_new_array(cx, local, width, &scan->states));
    MB_TRY(mb_buffer_new_array(cx, received, width, &scan->received));
    MB_TRY(mb_buffer_new_array(cx, own, width, &scan->own));
    if (fills(scan)) {
        MB_TRY(mb_buffer_new_array(cx, local, 1, &scan->known));
        MB_TRY(mb_buffer_new_array(cx, received, 1, &scan->received_known));
        MB_TRY(mb_buffer_new_array(cx, own, 1, &scan->own_known));
    }
    clear(scan, scan->states, scan->known, local);
done:
    return status;
}

static mb_status open_result(group_scan *scan, const mb_column *column)
{
    const mb_layout *rows = scan->numbering->rows;
    const mb_type *type;
    mb_range range = {0, rows->n_global > 0 ? (uint64_t)rows->n_global - 1 : 0};
    bool known = scan->kind == MB_GROUP_CUMCOUNT;
    if (scan->kind >= MB_GROUP_CUMMIN) known = mb_column_range(column, &range);
    mb_status status = result_type(scan, column, &type);
    if (status) return status;
    return mb_builder_open(
        scan->cx, type, mb_layout_rows(rows, mb_rank(scan->cx)), known ? &range : NULL,
        column && type == column->type ? column->values.width : 8, &scan->builder);
}

static void close_scan(group_scan *scan)
{
    mb_buffer_release(scan->states);
    mb_buffer_release(scan->known);
    mb_buffer_release(scan->received);
    mb_buffer_release(scan->received_known);
    mb_buffer_release(scan->own);
    mb_buffer_release(scan->own_known);
    mb_builder_close(scan->builder);
}

mb_status mb_group_scan(mb_numbering *numbering, mb_column *column, mb_group_scan_kind kind,
                        mb_column **result)
{
    mb_context *cx = numbering->cx;
    mb_layout *rows = numbering->rows;
    mb_buffer *memory = NULL;
    mb_column *values = NULL;
    group_scan *scan = NULL;
    mb_status status;
    if (column) MB_TRY(mb_settle(cx, column, rows, &values));
    MB_TRY(mb_step(cx, mb_buffer_new(cx, sizeof *scan, &memory), NULL));
    scan = memory->data;
    memset(scan, 0, sizeof *scan);
    scan->cx = cx;
    scan->numbering = numbering;
    scan->kind = kind;
    MB_TRY(mb_step(cx, set_up(scan, values), NULL));
    if (mb_nranks(cx) > 1) {
        MB_TRY(mb_step(cx, pass(scan, values), NULL));
        combine_ranks(scan);
    }
    MB_TRY(mb_step(cx, open_result(scan, values), NULL));
    MB_TRY(mb_step(cx, pass(scan, values), NULL));
    MB_TRY(mb_builder_finish(cx, &scan->builder, 1, &rows, MB_GROUP_RESULTS, result));
done:
    if (scan) close_scan(scan);
    mb_column_release(values);
    mb_buffer_release(memory);
    return status;
}
