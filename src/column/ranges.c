#include "column/ranges.h"

#include "column/check.h"
#include "column/storage.h"
#include "comm/comm.h"
#include "comm/lockstep.h"

// Rows are taken in pieces that stay in the first-level cache.
enum { PIECE = 1024 };
_Static_assert(MB_STATISTICS_ROWS % PIECE == 0, "a piece is in one of the ranges");

// Bounds in mb_order_bits' order; of nothing: low above high.
typedef struct bounds {
    uint64_t low, high;
} bounds;

static const bounds no_bounds = {UINT64_MAX, 0};

static bounds join(bounds a, bounds b)
{
    return (bounds){b.low < a.low ? b.low : a.low, b.high > a.high ? b.high : a.high};
}

static mb_range range_of(mb_kind kind, bounds of)
{
    return (mb_range){mb_order_bits(kind, of.low), mb_order_bits(kind, of.high)};
}

// Gives missing rows a value that is there; false where there is none.
static bool fill(const mb_column *column, int64_t first, int64_t n, uint64_t *values)
{
    int64_t there = 0;
    if (!column->validity.data) return true;
    while (there < n && !mb_column_valid(column, first + there))
        there++;
    for (int64_t i = 0; i < n && there < n; i++)
        if (!mb_column_valid(column, first + i)) values[i] = values[there];
    return there < n;
}

static bounds of_piece(const mb_column *column, int64_t first, int64_t n)
{
    uint64_t scratch[PIECE];
    const mb_kind kind = column->type->kind;
    const mb_plane *plane = &column->values;
    const mb_storage_kernels *kernels = mb_storage_kernels_of(column->cx->isa);
    bounds found;
    kernels->convert[mb_width_index(plane->width)][3](
        (const char *)plane->data + first * plane->width, n, plane->base, scratch);
    if (!fill(column, first, n, scratch)) return no_bounds;
    kernels->bounds(scratch, n, mb_order_bits(kind, UINT64_C(1) << 63), &found.low, &found.high);
    return found;
}

// Rows first .. last - 1.
static bounds of_rows(const mb_column *column, int64_t first, int64_t last)
{
    bounds all = no_bounds;
    for (; first < last; first += PIECE)
        all = join(all, of_piece(column, first, last - first < PIECE ? last - first : PIECE));
    return all;
}

mb_status mb_column_find_ranges(mb_context *cx, mb_column *column)
{
    const mb_kind kind = column->type->kind;
    const int64_t rows = mb_column_rows(column);
    const int64_t n = (rows + MB_STATISTICS_ROWS - 1) / MB_STATISTICS_ROWS;
    bounds all = no_bounds;
    mb_buffer *ranges = NULL;
    if (column->facts.ranges) return MB_OK;
    mb_status status = mb_buffer_new_array(cx, n, sizeof(mb_range), &ranges);
    for (int64_t i = 0; i < n && !status; i++) {
        const int64_t first = i * MB_STATISTICS_ROWS, end = first + MB_STATISTICS_ROWS;
        const bounds of = of_rows(column, first, end < rows ? end : rows);
        ((mb_range *)ranges->data)[i] = range_of(kind, of);
        all = join(all, of);
    }
    mb_payload payload = {.max = {~all.low, all.high}};
    status = mb_step(cx, status, &payload);
    if (status) {
        mb_buffer_release(ranges);
        return status;
    }
    column->facts.bounded = true;
    column->facts.range = range_of(kind, (bounds){~payload.max[0], payload.max[1]});
    column->facts.ranges = ranges;
    mb_column_check_later(column);
    return MB_OK;
}
