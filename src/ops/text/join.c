#include "ops/text/join.h"

#include <string.h>

#include "ops/text/entries.h"
#include "ops/text/stream.h"
#include "text/encode.h"

typedef struct joining {
    int n;
    mb_string separator;
    mb_text_output scratch; // the string of a row
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

static mb_status join_rows(void *state, mb_string *const *strings, int64_t n)
{
    mb_status status = MB_OK;
    for (int64_t i = 0; i < n && !status; i++)
        status = join_row(state, strings, i);
    return status;
}

mb_status mb_text_join(mb_context *cx, mb_column *const *columns, int n, mb_string separator,
                       mb_column **result)
{
    joining to = {.n = n, .separator = separator, .scratch = {.cx = cx}};
    mb_status status =
        mb_text_encoder_open(cx, mb_column_rows(columns[0]), MB_TEXT_CHOOSE, &to.encoder);
    if (!status) status = mb_buffer_reserve(cx, &to.scratch.bytes, 0, 1, 1);
    MB_TRY(mb_step(cx, status, NULL));
    status = mb_text_stream(cx, columns, n, join_rows, &to);
    status = mb_text_encoder_finish(cx, status, to.encoder, columns[0]->layout, 0, result);
done:
    mb_buffer_release(to.scratch.bytes);
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
