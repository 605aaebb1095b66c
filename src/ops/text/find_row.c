#include "ops/text/find_row.h"

#include "ops/text/refuse.h"

mb_status mb_text_find_row(mb_context *cx, mb_column *column, mb_text_measure *test,
                           const void *argument, int64_t *row)
{
    mb_column *is = NULL;
    mb_status status = mb_text_values(cx, column, &mb_type_bool, test, argument, &is);
    if (!status) status = mb_first_true(cx, is, row);
    mb_column_release(is);
    return status;
}
