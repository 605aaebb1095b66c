#include "ops/group/places.h"

#include "expr/evaluate.h"

enum {
    MOST_PLACES = 1 << 18, // their numbers stay in the second-level cache
    SPARSE = 4,            // places to a row, at most,
    SPARE = 1024,          // and some more
    AHEAD = 1024,          // bytes
    ROWS = 16,
};

bool mb_places_fit(const mb_column *column)
{
    mb_range range;
    bool bounded = mb_column_range(column, &range) && column->values.width < 8;
    uint64_t low = mb_order_bits(column->type->kind, range.minimum);
    uint64_t high = mb_order_bits(column->type->kind, range.maximum);
    uint64_t most = SPARSE * (uint64_t)mb_column_rows(column) + SPARE;
    return bounded && low <= high && high - low < (most < MOST_PLACES ? most : MOST_PLACES);
}

static bool is_missing(const mb_places *places, int64_t row)
{
    return !mb_column_valid(places->keys, row);
}

#define PLACES_OF_WIDTH(bits)                                                                      \
    static void mark_##bits(const mb_places *places, uint8_t *marks)                               \
    {                                                                                              \
        const uint##bits##_t *keys = places->keys->values.data;                                    \
        const int64_t n = mb_column_rows(places->keys);                                            \
        const uint32_t shift = places->shift;                                                      \
        int64_t i = 0;                                                                             \
        for (; i + ROWS <= n; i += ROWS) {                                                         \
            __builtin_prefetch((const char *)&keys[i] + AHEAD);                                    \
            for (int k = 0; k < ROWS; k++)                                                         \
                marks[keys[i + k] - shift] = 1;                                                    \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            marks[keys[i] - shift] = 1;                                                            \
    }                                                                                              \
    static void take_##bits(const mb_places *places, int64_t first, int64_t n, uint32_t *out)      \
    {                                                                                              \
        const uint##bits##_t *keys = (const uint##bits##_t *)places->keys->values.data + first;    \
        for (int64_t i = 0; i < n; i++)                                                            \
            out[i] = keys[i] - places->shift;                                                      \
    }

PLACES_OF_WIDTH(8)
PLACES_OF_WIDTH(16)
PLACES_OF_WIDTH(32)

void mb_places_take(const mb_places *places, int64_t first, int64_t n, uint32_t *out)
{
    switch (places->keys->values.width) {
    case 1: take_8(places, first, n, out); break;
    case 2: take_16(places, first, n, out); break;
    default: take_32(places, first, n, out);
    }
    for (int64_t i = 0; places->keys->validity.data && i < n; i++)
        if (is_missing(places, first + i)) out[i] = (uint32_t)(places->n - 1);
}

static void mark_sparse(const mb_places *places, uint8_t *marks)
{
    enum { PIECE = 2048 };
    uint32_t at[PIECE];
    const int64_t rows = mb_column_rows(places->keys);
    for (int64_t first = 0; first < rows; first += PIECE) {
        int64_t n = rows - first < PIECE ? rows - first : PIECE;
        mb_places_take(places, first, n, at);
        for (int64_t i = 0; i < n; i++)
            marks[at[i]] = 1;
    }
}

static void mark(const mb_places *places, uint8_t *marks)
{
    if (places->keys->validity.data) {
        mark_sparse(places, marks);
        return;
    }
    switch (places->keys->values.width) {
    case 1: mark_8(places, marks); break;
    case 2: mark_16(places, marks); break;
    default: mark_32(places, marks);
    }
}

// Numbers what is marked.
static mb_status number(mb_context *cx, const uint8_t *marks, mb_places *places, int64_t *noccupied)
{
    int64_t n = 0;
    mb_status status;
    for (int64_t k = 0; k < places->n; k++)
        n += marks[k];
    MB_TRY(mb_buffer_new_array(cx, places->n, sizeof(uint32_t), &places->numbers));
    MB_TRY(mb_buffer_new_array(cx, n, sizeof(uint32_t), &places->occupied));
    uint32_t *numbers = places->numbers->data, *occupied = places->occupied->data, next = 0;
    for (int64_t k = 0; k < places->n; k++) {
        if (!marks[k]) continue;
        numbers[k] = next;
        occupied[next++] = (uint32_t)k;
    }
    *noccupied = n;
done:
    return status;
}

mb_status mb_places_open(mb_column *column, mb_places *places, int64_t *noccupied)
{
    mb_buffer *marks = NULL;
    mb_status status;
    mb_range range;
    (void)mb_column_range(column, &range);
    mb_places made = {.keys = mb_column_retain(column)};
    made.shift = (uint32_t)(range.minimum - column->values.base);
    made.n = (int64_t)(range.maximum - range.minimum) + 1 + (column->facts.missing > 0);
    MB_TRY(mb_buffer_new_zeroed(column->cx, made.n, 1, &marks));
    mark(&made, marks->data);
    MB_TRY(number(column->cx, marks->data, &made, noccupied));
    *places = made;
    made = (mb_places){0};
done:
    mb_buffer_release(marks);
    mb_places_close(&made);
    return status;
}

void mb_places_close(mb_places *places)
{
    mb_column_release(places->keys);
    mb_buffer_release(places->numbers);
    mb_buffer_release(places->occupied);
    *places = (mb_places){0};
}
