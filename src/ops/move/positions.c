#include "ops/move/positions.h"

#include "comm/comm.h"
#include "expr/evaluate.h"

// Reads `count` positions from local row `first` on.
static const int64_t *read_positions(const mb_column *column, int64_t first, int64_t count,
                                     int64_t *scratch)
{
    mb_block block = mb_block_of(column, first);
    return mb_block_widen(mb_kernels_of(column->cx->isa), &block, count, scratch);
}

static bool in_range(int64_t position, int64_t n)
{
    return position > 0 ? position <= n : position < 0 && position >= -n;
}

static mb_status check_each(mb_context *cx, const char *operation, const mb_column *column,
                            int64_t n)
{
    int64_t scratch[MB_POSITION_ROWS], rows = mb_column_rows(column);
    for (int64_t first = 0; first < rows; first += MB_POSITION_ROWS) {
        int64_t count = rows - first < MB_POSITION_ROWS ? rows - first : MB_POSITION_ROWS;
        const int64_t *at = read_positions(column, first, count, scratch);
        for (int64_t i = 0; i < count; i++) {
            if (in_range(at[i], n) || !mb_column_valid(column, first + i)) continue;
            long long row = column->layout->start[mb_rank(cx)] + first + i + 1;
            return mb_fail(cx, MB_EINVALID,
                           "%s: position %lld, at row %lld, of a column of %lld row%s (rows "
                           "count from 1, or from -1 at the end)",
                           operation, (long long)at[i], row, (long long)n, mb_plural(n));
        }
    }
    return MB_OK;
}

mb_status mb_positions_open(mb_context *cx, const char *operation, const mb_column *column,
                            int64_t n, mb_positions *positions)
{
    int64_t low = (int64_t)column->facts.range.minimum, high = (int64_t)column->facts.range.maximum;
    *positions = (mb_positions){.column = column, .n = n};
    positions->forward = column->facts.bounded && (low > high || (low >= 1 && high <= n));
    return positions->forward ? MB_OK : check_each(cx, operation, column, n);
}

void mb_positions_rows(const mb_positions *positions, int64_t first, int64_t count, int64_t missing,
                       int64_t *rows)
{
    const mb_column *column = positions->column;
    const int64_t *at = read_positions(column, first, count, rows);
    if (positions->forward)
        for (int64_t i = 0; i < count; i++)
            rows[i] = at[i] - 1;
    else
        for (int64_t i = 0; i < count; i++)
            rows[i] = at[i] > 0 ? at[i] - 1 : at[i] + positions->n;
    for (int64_t i = 0; column->validity.data && i < count; i++)
        if (!mb_column_valid(column, first + i)) rows[i] = missing;
}
