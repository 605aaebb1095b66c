#include "ops/move/widen.h"

#include <string.h>

#include "comm/comm.h"
#include "expr/evaluate.h"

// Bounds of integers in the order of mb_order_bits; empty when low > high.
typedef struct bounds {
    uint64_t low, high;
} bounds;

static bounds bounds_of(const mb_column *column)
{
    bounds found;
    if (column->facts.bounded) {
        found.low = mb_order_bits(column->type->kind, column->facts.range.minimum);
        found.high = mb_order_bits(column->type->kind, column->facts.range.maximum);
    } else {
        mb_storage storage = {column->values.width, column->values.base};
        mb_storage_window(column->type->kind, storage, &found.low, &found.high);
    }
    return found;
}

static bounds bounds_of_added(mb_kind kind, mb_new_values added)
{
    if (added.column) return bounds_of(added.column);
    if (!added.scalar) return (bounds){1, 0};
    uint64_t order = mb_order_bits(kind, added.scalar->u);
    return (bounds){order, order};
}

static bounds join(bounds a, bounds b)
{
    if (a.low > a.high) return b;
    if (b.low > b.high) return a;
    return (bounds){a.low < b.low ? a.low : b.low, a.high > b.high ? a.high : b.high};
}

// Whether 4 bytes hold the new values, whatever the payload of a NaN.
static bool fits_float(mb_new_values added)
{
    if (added.column) return added.column->values.width == 4;
    if (!added.scalar) return true;
    double value = added.scalar->f;
    return value != value || (double)(float)value == value;
}

mb_storage mb_widen_storage(const mb_column *column, mb_new_values added)
{
    mb_storage own = {column->values.width, column->values.base};
    if (column->type->kind == MB_BOOL) return own;
    if (column->type->kind == MB_FLOAT)
        return (mb_storage){fits_float(added) ? column->values.width : 8, 0};
    bounds window, more = bounds_of_added(column->type->kind, added);
    mb_storage_window(column->type->kind, own, &window.low, &window.high);
    if (more.low > more.high || (more.low >= window.low && more.high <= window.high)) return own;
    bounds all = join(bounds_of(column), more);
    return mb_storage_choose(column->type->kind, all.low, all.high);
}

void mb_widen_copy(const mb_column *column, mb_storage storage, void *out)
{
    int64_t rows = mb_column_rows(column);
    if (storage.width == column->values.width && storage.base == column->values.base)
        memcpy(out, column->values.data, (size_t)(rows * storage.width));
    else if (column->type->kind == MB_FLOAT)
        mb_kernels_of(column->cx->isa)->widen[MB_F32](column->values.data, rows, 0, out);
    else
        mb_storage_kernels_of(column->cx->isa)
            ->convert[mb_width_index(column->values.width)][mb_width_index(storage.width)](
                column->values.data, rows, column->values.base - storage.base, out);
}

mb_status mb_widen_new(mb_context *cx, const mb_column *column, mb_new_values added,
                       mb_storage storage, bool may_miss, mb_column **result)
{
    bounds all = join(bounds_of(column), bounds_of_added(column->type->kind, added));
    mb_column model = {.type = column->type,
                       .layout = column->layout,
                       .identity = mb_result_identity(cx, 0),
                       .values = {.width = storage.width, .base = storage.base},
                       .facts = {.missing = may_miss ? MB_UNCOUNTED : 0,
                                 .bounded = mb_kind_is_integer(column->type->kind),
                                 .range = {mb_order_bits(column->type->kind, all.low),
                                           mb_order_bits(column->type->kind, all.high)}}};
    return mb_column_new(cx, &model, result);
}

uint64_t mb_widen_word(mb_kind kind, mb_storage storage, mb_value value)
{
    uint64_t word = value.u - storage.base;
    if (kind == MB_FLOAT && storage.width == 4) {
        float narrow = (float)value.f;
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        word = bits;
    }
    return word;
}
