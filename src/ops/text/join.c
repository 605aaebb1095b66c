#include "ops/text/join.h"

#include <string.h>

#include "core/hash.h"
#include "ops/text/entries.h"
#include "ops/text/stream.h"
#include "text/encode.h"

enum { PAIR_BITS = 13 };

// Two strings that were put together for a row: the next row that has them takes the same.
typedef struct pair {
    mb_string strings[2];
    int64_t number; // of what they gave, from 1; 0: none
} pair;

typedef struct joining {
    int n;
    mb_string separator;
    mb_text_output scratch; // the string of a row
    mb_buffer *pairs;       // of two columns: 2^PAIR_BITS, each in its only slot; else NULL
    mb_text_encoder *encoder;
} joining;

static mb_status join_row(joining *to, mb_string *const *strings, int64_t row)
{
    mb_status status = MB_OK;
    to->scratch.length = 0;
    for (int c = 0; c < to->n && !status; c++) {
        if (!strings[c][row].bytes) return mb_text_encoder_append(to->encoder, (mb_string){0});
        if (c > 0) status = mb_text_append(&to->scratch, to->separator);
        if (!status) status = mb_text_append(&to->scratch, strings[c][row]);
    }
    mb_string made = {(const char *)to->scratch.bytes->data, (size_t)to->scratch.length};
    return status ? status : mb_text_encoder_append(to->encoder, made);
}

static bool is_same(mb_string a, mb_string b)
{
    return a.bytes == b.bytes && a.length == b.length;
}

// Strings are told by where they are: those of a dictionary are there once.
static mb_status join_pair(joining *to, mb_string *const *strings, int64_t row)
{
    mb_string a = strings[0][row], b = strings[1][row];
    uint64_t hash =
        (uint64_t)(uintptr_t)a.bytes * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)(uintptr_t)b.bytes;
    pair *slot = (pair *)to->pairs->data + (mb_mix(hash) >> (64 - PAIR_BITS));
    if (slot->number && is_same(slot->strings[0], a) && is_same(slot->strings[1], b)) {
        mb_text_encoder_again(to->encoder, slot->number - 1);
        return MB_OK;
    }
    mb_status status = join_row(to, strings, row);
    if (!status && a.bytes && b.bytes)
        *slot = (pair){{a, b}, mb_text_encoder_number(to->encoder) + 1};
    return status;
}

static mb_status join_rows(void *state, mb_string *const *strings, int64_t n)
{
    joining *to = state;
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++)
        status = to->pairs ? join_pair(to, strings, i) : join_row(to, strings, i);
    return status;
}

mb_status mb_text_join(mb_context *cx, mb_column *const *columns, int n, mb_string separator,
                       mb_column **result)
{
    joining to = {.n = n, .separator = separator, .scratch = {.cx = cx}};
    mb_status status =
        mb_text_encoder_open(cx, mb_column_rows(columns[0]), MB_TEXT_CHOOSE, &to.encoder);
    if (!status) status = mb_buffer_reserve(cx, &to.scratch.bytes, 0, 1, 1);
    if (!status && n == 2)
        status = mb_buffer_new_zeroed(cx, 1 << PAIR_BITS, sizeof(pair), &to.pairs);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_text_stream(cx, columns, n, join_rows, &to);
    status = mb_text_encoder_finish(cx, status, to.encoder, columns[0]->layout, 0, result);
done:
    mb_buffer_release(to.scratch.bytes);
    mb_buffer_release(to.pairs);
    mb_text_encoder_close(to.encoder);
    return status;
}

static mb_status surround(const void *argument, mb_string string, mb_text_output *output,
                          bool *valid)
{
    const mb_string *sides = argument;
    (void)valid;
    mb_status status = mb_text_append(output, sides[0]);
    if (!status) status = mb_text_append(output, string);
    return status ? status : mb_text_append(output, sides[1]);
}

mb_status mb_text_surround(mb_context *cx, mb_column *column, mb_string before, mb_string after,
                           mb_column **result)
{
    const mb_string sides[2] = {before, after};
    return mb_text_strings(cx, column, surround, sides, result);
}
