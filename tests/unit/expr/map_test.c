// Tables by code: stored in every width, also fused, also out of range, also of missing values.
#include <string.h>

#include "columns.h"
#include "expr/evaluate.h"
#include "expr/expression.h"
#include "types/type.h"

enum { ROWS = 3000, ENTRIES = 700 };

static mb_status materialise(mb_context *cx, void *argument)
{
    columns_call *call = argument;
    return mb_materialise(cx, call->in[1]);
}

static mb_buffer *buffer_of(mb_context *cx, const void *data, size_t size)
{
    mb_buffer *buffer = NULL;
    CHECK_OK(cx, mb_buffer_new(cx, size, &buffer));
    memcpy(buffer->data, data, size);
    return buffer;
}

// Codes 0 .. entries - 1 with a base, and every seventh row missing; values of 8 bytes, or fewer.
static void map_integers(mb_context *cx, int64_t entries, int width)
{
    static int64_t codes[ROWS], expected[ROWS];
    static uint8_t valid[ROWS], there[ROWS], entry_valid[ENTRIES], narrow[8 * ENTRIES];
    uint64_t state = 3;
    for (int64_t i = 0; i < entries; i++) {
        uint64_t value = (uint64_t)(i * 37 + 5) % (width == 1 ? 256 : 60000);
        memcpy(narrow + i * width, &value, (size_t)width); // little-endian
        entry_valid[i] = i % 5 != 0;
    }
    for (int64_t i = 0; i < ROWS; i++) {
        codes[i] = check_random(&state, entries);
        valid[i] = i % 7 != 0;
        there[i] = valid[i] && codes[i] % 5 != 0;
        expected[i] = (codes[i] * 37 + 5) % (width == 1 ? 256 : 60000);
    }
    mb_map map = {.n = entries, .width = width};
    map.values = buffer_of(cx, narrow, (size_t)(entries * width));
    map.valid = buffer_of(cx, entry_valid, (size_t)entries);
    columns_call call = {.in = {columns_int(cx, codes, valid, ROWS)}};
    CHECK_OK(cx, mb_expression_map(cx, call.in[0], &map, &mb_type_uint, &call.in[1]));
    mb_buffer_release(map.values);
    mb_buffer_release(map.valid);
    columns_run(cx, materialise, &call);
    columns_check_int(call.in[1], expected, there, ROWS);
    columns_close(&call);
}

static void integers(mb_context *cx)
{
    for (int width = 1; width <= 8; width *= 2) {
        map_integers(cx, 1, width);
        map_integers(cx, 200, width);
        map_integers(cx, ENTRIES, width);
    }
}

// Codes past the table take its last value; a bool result joins others in one program.
static void bools(mb_context *cx)
{
    int64_t codes[] = {0, 1, 2, 3, 100000, -1}, expected[] = {0, 1, 0, 0, 0, 0};
    uint8_t table[] = {0, 1, 0}, yes[] = {1, 1, 0, 1, 1, 1};
    mb_map map = {.n = 3, .width = 1, .values = buffer_of(cx, table, sizeof table)};
    mb_column *mapped = NULL;
    columns_call call = {.in = {columns_int(cx, codes, NULL, 6)}};
    mb_column *other = columns_bool(cx, yes, NULL, 6);
    CHECK_OK(cx, mb_expression_map(cx, call.in[0], &map, &mb_type_bool, &mapped));
    CHECK_OK(cx, mb_expression_apply(cx, MB_AND, (mb_column *const[]){mapped, other}, NULL,
                                     &call.in[1]));
    columns_run(cx, materialise, &call);
    columns_check_int(call.in[1], expected, NULL, 6);
    mb_buffer_release(map.values);
    mb_column_release(mapped);
    mb_column_release(other);
    columns_close(&call);
}

const check_test check_tests[] = {
    {"map: integers of every width, with missing codes and values", integers},
    {"map: bools, codes past the table", bools},
    {NULL, NULL},
};
