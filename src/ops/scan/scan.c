// Scans whose order does not matter: each rank combines its rows, all tell each other what they
// found, and each scans its rows from what the ranks before it have.

#include "ops/scan/scan.h"

#include <math.h>
#include <string.h>

#include "column/builder.h"
#include "comm/collectives.h"
#include "comm/comm.h"
#include "comm/lockstep.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "ops/reduce/reduce.h"
#include "ops/scan/scan_float.h"
#include "types/time.h"

MB_ISA_CHOICE(mb_scan_kernels, mb_scan_kernels, mb_scan_kernels_of);

// Rows up to some point, combined.
typedef struct sofar {
    mb_value value;
    int64_t rows; // that are there
} sofar;

typedef struct scan_pass {
    const mb_kernels *kernels;
    mb_value (*run)(const mb_value *values, int64_t n, mb_value carry, mb_value *out);
    const mb_type *type; // of the result
    mb_value identity;
    bool exclusive, extremes;
    sofar sofar;
    mb_builder *builder; // of the result; NULL while rows are only combined
    mb_value values[MB_BLOCK_ROWS], scanned[MB_BLOCK_ROWS + 1];
    uint8_t there[MB_BLOCK_ROWS];
} scan_pass;

static mb_value identity_of(mb_scan_kind kind, mb_kind type)
{
    bool is_min = kind == MB_CUMMIN;
    if (kind == MB_CUMSUM) return (mb_value){.u = 0};
    if (kind == MB_CUMPROD) return (mb_value){.u = 1};
    if (type == MB_FLOAT) return (mb_value){.f = is_min ? (double)INFINITY : -(double)INFINITY};
    return (mb_value){.u = mb_order_bits(type, is_min ? UINT64_MAX : 0)};
}

// The rows of a block as 64-bit values, the identity where one is missing; `there` says which are,
// when the block has any that is not.
static const mb_value *wide_rows(scan_pass *pass, const mb_block *block, int64_t n)
{
    const mb_value *values = mb_block_widen(pass->kernels, block, n, pass->values);
    if (!block->validity) {
        pass->sofar.rows += n;
        return values;
    }
    mb_validity_bytes(block->validity, n, pass->there);
    for (int64_t i = 0; i < n; i++) {
        pass->values[i] = pass->there[i] ? values[i] : pass->identity;
        pass->sofar.rows += pass->there[i];
    }
    return pass->values;
}

// There is no smallest value before the first one.
static void drop_first(scan_pass *pass, int64_t n)
{
    uint8_t *first = memchr(pass->there, 1, (size_t)n);
    if (first) *first = 0;
}

// Appends the scan of a block, of which all rows are there or those that `there` says.
static mb_status append(scan_pass *pass, bool all_there, int64_t n)
{
    const uint8_t *there = all_there ? NULL : pass->there;
    mb_value *scanned = pass->scanned + (pass->exclusive ? 0 : 1);
    return mb_builder_append_words(pass->builder, &scanned->bits, there, n);
}

static mb_status take_block(void *state, const mb_block *block, int64_t first, int64_t n)
{
    scan_pass *pass = state;
    bool begins = pass->sofar.rows == 0 && pass->exclusive && pass->extremes;
    bool all_there = !block->validity && !begins;
    const mb_value *values = wide_rows(pass, block, n);
    (void)first;
    pass->scanned[0] = pass->sofar.value;
    pass->sofar.value = pass->run(values, n, pass->sofar.value, pass->scanned + 1);
    if (!pass->builder) return MB_OK;
    if (begins && !block->validity) memset(pass->there, 1, (size_t)n);
    if (begins) drop_first(pass, n);
    return append(pass, all_there, n);
}

static sofar join(const scan_pass *pass, sofar before, sofar after)
{
    mb_value scanned;
    before.value = pass->run(&after.value, 1, before.value, &scanned);
    before.rows += after.rows;
    return before;
}

// Bounds of the result, where they are known before it is: a sum that only grows ends with `total`.
static bool known_range(const mb_column *column, mb_scan_kind kind, mb_value total, mb_range *range)
{
    const mb_kind type = column->type->kind;
    mb_range rows;
    if (!mb_column_range(column, &rows)) return false;
    *range = rows;
    if (kind != MB_CUMSUM) return kind != MB_CUMPROD;
    *range = (mb_range){0, total.u};
    return mb_integer(type, rows.minimum) >= 0 &&
           mb_integer_fits(type, mb_integer(type, rows.maximum) * column->layout->n_global);
}

static mb_status set_up(scan_pass *pass, mb_context *cx, const mb_column *column, mb_scan_kind kind,
                        bool exclusive)
{
    pass->kernels = mb_kernels_of(cx->isa);
    pass->run = mb_scan_kernels_of(cx->isa)->run[kind][column->type->kind];
    pass->extremes = kind == MB_CUMMIN || kind == MB_CUMMAX;
    pass->type = column->type;
    pass->identity = identity_of(kind, column->type->kind);
    pass->exclusive = exclusive;
    pass->sofar = (sofar){.value = pass->identity};
    pass->builder = NULL;
    if (pass->extremes) return MB_OK;
    bool sums = kind == MB_CUMSUM;
    return mb_operator_folded(cx, sums ? MB_ADD : MB_MUL, sums ? "cumsum" : "cumprod", column->type,
                              &pass->type);
}

// The pass begins with what the ranks before this one have; `all` is what every rank has.
static sofar begin_after_others(mb_context *cx, scan_pass *pass, const sofar *all)
{
    sofar whole = {.value = pass->identity};
    for (int r = 0; r < mb_nranks(cx); r++) {
        if (r == mb_rank(cx)) pass->sofar = whole;
        whole = join(pass, whole, all[r]);
    }
    return whole;
}

static mb_status scan_values(mb_context *cx, mb_column *column, mb_scan_kind kind, bool exclusive,
                             mb_column **result)
{
    mb_buffer *memory = NULL, *parts = NULL;
    mb_range range;
    scan_pass *pass = NULL;
    mb_status status = mb_buffer_new(cx, sizeof(scan_pass), &memory);
    if (!status) status = mb_buffer_new_array(cx, mb_nranks(cx), sizeof(sofar), &parts);
    MB_TRY(mb_step(cx, status, NULL));
    pass = memory->data;
    MB_TRY(set_up(pass, cx, column, kind, exclusive));
    MB_TRY(mb_step(cx, mb_evaluate(cx, &column, 1, take_block, pass), NULL));
    mb_gather_all(cx, &pass->sofar, sizeof(sofar), parts->data);
    mb_value total = begin_after_others(cx, pass, parts->data).value;
    bool known = known_range(column, kind, total, &range);
    status = mb_builder_open(cx, pass->type, mb_column_rows(column), known ? &range : NULL, 8,
                             &pass->builder);
    MB_TRY(mb_step(cx, status, NULL));
    MB_TRY(mb_step(cx, mb_evaluate(cx, &column, 1, take_block, pass), NULL));
    status = mb_builder_finish(cx, &pass->builder, 1, &column->layout, 0, result);
done:
    if (pass) mb_builder_close(pass->builder);
    mb_buffer_release(memory);
    mb_buffer_release(parts);
    return status;
}

// Durations are exact: their magnitudes must have a sum, then all that precede a row have one.
static mb_status check_durations(mb_context *cx, mb_column *column)
{
    mb_scalar sums[MB_STATISTICS];
    mb_column *magnitudes = NULL;
    mb_status status = mb_expression_apply(cx, MB_ABS, &column, NULL, &magnitudes);
    if (!status)
        status = mb_reduce(cx, magnitudes, 1u << MB_SUM, (mb_reduce_options){.ddof = 0}, sums);
    mb_column_release(magnitudes);
    return status ? mb_fail_within(cx, status, "cumsum") : MB_OK;
}

mb_status mb_scan(mb_context *cx, mb_column *column, mb_scan_kind kind, bool exclusive,
                  mb_column **result)
{
    mb_status status = mb_materialise(cx, column);
    if (status) return status;
    if (column->type->kind == MB_FLOAT && (kind == MB_CUMSUM || kind == MB_CUMPROD))
        return mb_scan_float(cx, column, kind, exclusive, result);
    const bool checks = column->type->units == &mb_durations && kind == MB_CUMSUM;
    if (checks) status = check_durations(cx, column);
    if (!status) status = scan_values(cx, column, kind, exclusive, result);
    return checks ? mb_step(cx, status, NULL) : status; // the check has concluded the operation
}
