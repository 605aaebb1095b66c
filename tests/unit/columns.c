#include "columns.h"

#include <math.h>
#include <string.h>

#include "column/builder.h"
#include "comm/lockstep.h"

typedef struct source {
    const mb_type *type;
    const void *values;
    const uint8_t *valid;
    int64_t n;
    mb_column *column;
} source;

static mb_status build(mb_context *cx, void *argument)
{
    source *from = argument;
    mb_layout *layout = NULL;
    mb_builder *builder = NULL;
    mb_status status = mb_layout_even(cx, from->n, &layout);
    if (!status) status = mb_builder_open(cx, from->type, from->n, NULL, 8, &builder);
    if (!status) status = mb_builder_append(builder, from->values, from->valid, from->n);
    status = mb_step(cx, status, NULL);
    if (!status) status = mb_builder_finish(cx, &builder, 1, &layout, 0, &from->column);
    mb_builder_close(builder);
    mb_layout_release(layout);
    return status;
}

static mb_status operate(mb_context *cx, mb_body body, void *argument)
{
    mb_signature signature;
    mb_signature_begin(&signature, "test", "");
    return mb_operate(cx, &signature, body, argument);
}

static mb_column *column_of(mb_context *cx, source from)
{
    CHECK_OK(cx, operate(cx, build, &from));
    return from.column;
}

mb_column *columns_bool(mb_context *cx, const uint8_t *values, const uint8_t *valid, int64_t n)
{
    return column_of(cx, (source){&mb_type_bool, values, valid, n, NULL});
}

mb_column *columns_int(mb_context *cx, const int64_t *values, const uint8_t *valid, int64_t n)
{
    return column_of(cx, (source){&mb_type_int, values, valid, n, NULL});
}

mb_column *columns_typed(mb_context *cx, const mb_type *type, const int64_t *values, int64_t n)
{
    return column_of(cx, (source){type, values, NULL, n, NULL});
}

mb_column *columns_float(mb_context *cx, const double *values, const uint8_t *valid, int64_t n)
{
    return column_of(cx, (source){&mb_type_float, values, valid, n, NULL});
}

void columns_run(mb_context *cx, mb_body body, columns_call *call)
{
    CHECK_OK(cx, operate(cx, body, call));
}

mb_status columns_try(mb_context *cx, mb_body body, columns_call *call)
{
    return operate(cx, body, call);
}

void columns_check_int(const mb_column *column, const int64_t *values, const uint8_t *valid,
                       int64_t n)
{
    if (!CHECK(column != NULL) || !CHECK_INT(mb_column_rows(column), n)) return;
    for (int64_t i = 0; i < n; i++) {
        mb_value value = {0};
        bool there = mb_column_get(column, i, &value);
        if (!CHECK_INT(there, !valid || valid[i])) return;
        if (there && !CHECK_INT(column->type->kind == MB_BOOL ? value.b : value.i, values[i]))
            return;
    }
}

void columns_check_float(const mb_column *column, const double *values, int64_t n)
{
    if (!CHECK(column != NULL) || !CHECK_INT(mb_column_rows(column), n)) return;
    for (int64_t i = 0; i < n; i++) {
        mb_value value = {0};
        bool same = mb_column_get(column, i, &value) &&
                    (value.f == values[i] || (isnan(value.f) && isnan(values[i])));
        if (!CHECK(same)) return;
    }
}

void columns_close(columns_call *call)
{
    for (int i = 0; i < COLUMNS_MOST; i++) {
        mb_column_release(call->in[i]);
        mb_column_release(call->out[i]);
    }
    memset(call, 0, sizeof *call);
}
