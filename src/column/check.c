#include "column/check.h"

#ifdef MB_CHECKED

#include "comm/comm.h"
#include "core/invariant.h"

static void check_layout(const mb_column *column)
{
    const mb_layout *layout = column->layout;
    MB_ASSERT(layout->references > 0);
    MB_ASSERT(layout->nranks == mb_nranks(column->cx));
    MB_ASSERT(layout->start[0] == 0);
    for (int r = 0; r < layout->nranks; r++)
        MB_ASSERT(layout->start[r] <= layout->start[r + 1]);
    MB_ASSERT(layout->start[layout->nranks] == layout->n_global);
}

static void check_pending(const mb_column *column)
{
    MB_ASSERT(column->expression && column->drop_expression);
    MB_ASSERT(!column->values.buffer && !column->values.data);
    MB_ASSERT(!column->validity.buffer && !column->validity.data);
    MB_ASSERT(!column->facts.missing && !column->facts.bounded && !column->facts.ascending);
    MB_ASSERT(!column->facts.ranges);
}

// The entries of a plane are in its buffer.
static void check_plane(const mb_plane *plane, int64_t bytes)
{
    const char *buffer = plane->buffer->data, *data = plane->data;
    MB_ASSERT(plane->buffer->references > 0);
    MB_ASSERT(data >= buffer && data + bytes <= buffer + plane->buffer->size);
}

static void check_width(const mb_column *column)
{
    int width = column->values.width;
    bool integers = mb_kind_is_integer(column->type->kind);
    if (column->type->kind == MB_BOOL)
        MB_ASSERT(width == 1);
    else
        MB_ASSERT(width == 4 || width == 8 || (integers && (width == 1 || width == 2)));
    MB_ASSERT(!column->values.base || (integers && width < 8));
    MB_ASSERT(!integers || column->facts.bounded); // what counts values relies on it
}

static void check_validity(const mb_column *column, int64_t rows)
{
    int64_t missing = column->facts.missing;
    MB_ASSERT(missing >= 0 && missing <= column->layout->n_global);
    MB_ASSERT((missing > 0) == (column->validity.buffer != NULL));
    if (!missing) return;
    check_plane(&column->validity, 8 * mb_validity_words(rows));
    int64_t here = mb_column_missing_here(column);
    MB_ASSERT(here <= missing && (here == missing || column->layout->nranks > 1));
    const uint64_t *words = column->validity.data;
    MB_ASSERT(rows % 64 == 0 || words[rows / 64] >> (rows % 64) == 0);
}

// What is known of one row, whose value comes in mb_order_bits' order after that of the row before.
static void check_row(const mb_column *column, int64_t row, uint64_t value, uint64_t before)
{
    mb_kind kind = column->type->kind;
    const mb_facts *facts = &column->facts;
    MB_ASSERT(kind != MB_BOOL || value <= 1);
    MB_ASSERT(!facts->bounded || (value >= mb_order_bits(kind, facts->range.minimum) &&
                                  value <= mb_order_bits(kind, facts->range.maximum)));
    MB_ASSERT(!facts->ascending || row == 0 || before <= value);
    if (!facts->ranges) return;
    const mb_range *range = (const mb_range *)facts->ranges->data + row / MB_STATISTICS_ROWS;
    MB_ASSERT(value >= mb_order_bits(kind, range->minimum) &&
              value <= mb_order_bits(kind, range->maximum));
}

static void check_values(const mb_column *column, int64_t rows)
{
    uint64_t before = 0;
    mb_value value;
    for (int64_t i = 0; i < rows; i++) {
        if (!mb_column_get(column, i, &value)) continue;
        uint64_t order = mb_order_bits(column->type->kind, value.bits);
        check_row(column, i, order, before);
        before = order;
    }
}

static void check_stored(const mb_column *column)
{
    int64_t rows = mb_column_rows(column);
    const mb_facts *facts = &column->facts;
    MB_ASSERT((!column->expression || column->live) && column->values.buffer);
    check_width(column);
    check_plane(&column->values, rows * column->values.width);
    check_validity(column, rows);
    MB_ASSERT(!facts->ascending || !facts->missing);
    if (column->type->kind == MB_FLOAT)
        MB_ASSERT(!facts->bounded && !facts->ascending && !facts->ranges);
    else
        check_values(column, rows);
}

void mb_column_check(const mb_column *column)
{
    MB_ASSERT(column->references > 0 && column->cx && column->type && column->identity);
    check_layout(column);
    if (mb_column_pending(column))
        check_pending(column);
    else
        check_stored(column);
}

static void settle(mb_tentative *change, bool failed)
{
    mb_column *column = (mb_column *)(void *)((char *)change - offsetof(mb_column, check));
    column->check.settle = NULL;
    if (!failed) mb_column_check(column);
}

void mb_column_check_later(mb_column *column)
{
    if (!mb_in_operation(column->cx) || column->check.settle) return;
    column->check.settle = settle;
    mb_tentative_add(column->cx, &column->check);
}

void mb_column_check_never(mb_column *column)
{
    if (column->check.settle) mb_tentative_remove(column->cx, &column->check);
}

#else

void mb_column_check(const mb_column *column)
{
    (void)column;
}

void mb_column_check_later(mb_column *column)
{
    (void)column;
}

void mb_column_check_never(mb_column *column)
{
    (void)column;
}

#endif
