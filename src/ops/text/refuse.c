#include "ops/text/refuse.h"

#include "ops/reduce/reduce.h"
#include "ops/text/fetch.h"

mb_status mb_refuse_at(mb_context *cx, mb_column *column, int64_t row, const char *what)
{
    char text[MB_TEXT_SIZE];
    mb_value value = {0};
    uint8_t valid = 0;
    mb_column *strings = NULL; // where these are spread over the ranks
    mb_status status = mb_text_fetch_rows(cx, column, row - 1, 1, &value, &valid, &strings);
    if (status) return status;
    const mb_type *type = strings ? strings->type : column->type;
    type->format(type, value, text, sizeof text);
    mb_column_release(strings);
    return mb_fail(cx, MB_EINVALID, "row %lld is %s, no %s", (long long)row, text, what);
}

mb_status mb_first_true(mb_context *cx, mb_column *mask, int64_t *row)
{
    const mb_reduce_options options = {.ddof = 0};
    mb_scalar found[MB_STATISTICS];
    *row = 0;
    mb_status status = mb_reduce(cx, mask, 1 << MB_ANY, options, found);
    if (status || !found[MB_ANY].value.b) return status;
    status = mb_reduce(cx, mask, 1 << MB_ARGMAX, options, found);
    if (!status) *row = found[MB_ARGMAX].value.i;
    return status;
}

mb_status mb_refuse_row(mb_context *cx, mb_column *bad, mb_column *column, const char *what)
{
    int64_t row;
    mb_status status = mb_first_true(cx, bad, &row);
    return status || !row ? status : mb_refuse_at(cx, column, row, what);
}
