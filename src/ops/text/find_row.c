#include "ops/text/find_row.h"

#include "ops/reduce/reduce.h"

mb_status mb_text_find_row(mb_context *cx, mb_column *column, mb_text_measure *test,
                           const void *argument, int64_t *row)
{
    mb_scalar found[MB_STATISTICS];
    mb_column *is = NULL;
    const mb_reduce_options plain = {.ddof = 0};
    *row = 0;
    mb_status status = mb_text_values(cx, column, &mb_type_bool, test, argument, &is);
    if (!status) status = mb_reduce(cx, is, 1 << MB_ANY, plain, found);
    if (!status && found[MB_ANY].value.b) {
        status = mb_reduce(cx, is, 1 << MB_ARGMAX, plain, found);
        *row = status ? 0 : found[MB_ARGMAX].value.i;
    }
    mb_column_release(is);
    return status;
}
