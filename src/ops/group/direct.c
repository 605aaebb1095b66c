#include "ops/group/direct.h"

#include "expr/evaluate.h"

enum {
    MOST_ENTRIES = 1 << 18, // their numbers stay in the second-level cache
    SPARSE = 4,             // entries a row, at most,
    SPARE = 1024,           // and some more
    AHEAD = 1024,           // bytes
    ROWS = 16,
};

bool mb_direct_fits(const mb_column *column)
{
    mb_range range;
    bool bounded = mb_column_range(column, &range) && column->values.width < 8;
    uint64_t low = mb_order_bits(column->type->kind, range.minimum);
    uint64_t high = mb_order_bits(column->type->kind, range.maximum);
    uint64_t most = SPARSE * (uint64_t)mb_column_rows(column) + SPARE;
    return bounded && low <= high && high - low < (most < MOST_ENTRIES ? most : MOST_ENTRIES);
}

static bool is_missing(const mb_direct *direct, int64_t row)
{
    return !mb_column_valid(direct->keys, row);
}

#define DIRECT_OF_WIDTH(bits)                                                                      \
    static void mark_##bits(const mb_direct *direct, uint8_t *marks)                               \
    {                                                                                              \
        const uint##bits##_t *keys = direct->keys->values.data;                                    \
        const int64_t n = mb_column_rows(direct->keys);                                            \
        const uint32_t shift = direct->shift;                                                      \
        int64_t i = 0;                                                                             \
        for (; i + ROWS <= n; i += ROWS) {                                                         \
            __builtin_prefetch((const char *)&keys[i] + AHEAD);                                    \
            for (int k = 0; k < ROWS; k++)                                                         \
                marks[keys[i + k] - shift] = 1;                                                    \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            marks[keys[i] - shift] = 1;                                                            \
    }                                                                                              \
    static void take_##bits(const mb_direct *direct, int64_t first, int64_t n, uint32_t *out)      \
    {                                                                                              \
        const uint##bits##_t *keys = (const uint##bits##_t *)direct->keys->values.data + first;    \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = keys[i] - direct->shift;                                                      \
    }

DIRECT_OF_WIDTH(8)
DIRECT_OF_WIDTH(16)
DIRECT_OF_WIDTH(32)

void mb_direct_take(const mb_direct *direct, int64_t first, int64_t n, uint32_t *out)
{
    switch (direct->keys->values.width) {
    case 1: take_8(direct, first, n, out); break;
    case 2: take_16(direct, first, n, out); break;
    default: take_32(direct, first, n, out);
    }
    for (int64_t i = 0; direct->keys->validity.data && i < n; i++)
        if (is_missing(direct, first + i)) out[i] = (uint32_t)(direct->n - 1);
}

static void mark_sparse(const mb_direct *direct, uint8_t *marks)
{
    enum { PIECE = 2048 };
    uint32_t at[PIECE];
    const int64_t rows = mb_column_rows(direct->keys);
    for (int64_t first = 0; first < rows; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        mb_direct_take(direct, first, n, at);
        for (int64_t i = 0; i < n; i++)
            marks[at[i]] = 1;
    }
}

static void mark(const mb_direct *direct, uint8_t *marks)
{
    if (direct->keys->validity.data) {
        mark_sparse(direct, marks);
        return;
    }
    switch (direct->keys->values.width) {
    case 1: mark_8(direct, marks); break;
    case 2: mark_16(direct, marks); break;
    default: mark_32(direct, marks);
    }
}

// Numbers the marked entries.
static mb_status number(mb_context *cx, const uint8_t *marks, mb_direct *direct, int64_t *nused)
{
    int64_t n = 0;
    mb_status status;
    for (int64_t k = 0; k < direct->n; k++)
        n += marks[k];
    MB_TRY(mb_buffer_new_array(cx, direct->n, sizeof(uint32_t), &direct->numbers));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(uint32_t), &direct->used));
    uint32_t *numbers = direct->numbers->data, *used = direct->used->data, next = 0;
    for (int64_t k = 0; k < direct->n; k++) {
        if (!marks[k]) continue;
        numbers[k] = next;
        used[next++] = (uint32_t)k;
    }
    *nused = n;
done:
    return status;
}

mb_status mb_direct_open(mb_column *column, mb_direct *direct, int64_t *nused)
{
    mb_buffer *marks = NULL;
    mb_status status;
    mb_range range;
    (void)mb_column_range(column, &range);
    mb_direct made = {.keys = mb_column_retain(column)};
    made.shift = (uint32_t)(range.minimum - column->values.base);
    made.n = (int64_t)(range.maximum - range.minimum) + 1 + (column->facts.missing > 0);
    MB_TRY(mb_buffer_new_zeroed(column->cx, made.n, 1, &marks));
    mark(&made, marks->data);
    MB_TRY(number(column->cx, marks->data, &made, nused));
    *direct = made;
    made = (mb_direct){0};
done:
    mb_buffer_release(marks);
    mb_direct_close(&made);
    return status;
}

void mb_direct_close(mb_direct *direct)
{
    mb_column_release(direct->keys);
    mb_buffer_release(direct->numbers);
    mb_buffer_release(direct->used);
    *direct = (mb_direct){0};
}
