// Changing rows.

#include "ops/move/put.h"
#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "expr/expression.h"
#include "types/time.h"

// Raises for values of a type that cannot stand in a column, and says what to cast.
static void check_type(lua_State *L, const char *name, const mb_column *column, const mb_type *type)
{
    bool plain = mb_type_is_plain(type);
    if (mb_type_unites(type, column->type) || mb_units_shared(type, column->type) ||
        (plain && mb_type_counts(column->type) && mb_kind_takes(column->type->kind, type->kind)))
        return;
    bool column_gives_way = plain && (column->type == &mb_type_bool || type == &mb_type_float);
    char text[64];
    mb_column_describe(column, text, sizeof text);
    mb_bind_raise(L,
                  mb_fail(mb_bind_context(L), MB_EINVALID,
                          "%s: a value of type %s does not go into %s %s; cast %s by :as(\"%s\")",
                          name, type->name, mb_type_article(column->type), text,
                          column_gives_way ? "the column" : "the values",
                          (column_gives_way ? type : column->type)->name));
}

// The column with a scalar, or NULL for a missing one, where the mask is true: pending.
static mb_status put_scalar(mb_context *cx, mb_column *column, mb_column *mask,
                            const mb_value *scalar, mb_column **result)
{
    const mb_value no = {.b = false};
    mb_column *value = NULL, *missing = NULL, *never = NULL, *chosen = NULL;
    mb_status status;
    MB_TRY(mb_expression_scalar(cx, column, column->type, scalar, &value));
    MB_TRY(mb_expression_scalar(cx, mask, &mb_type_bool, &no, &never));
    MB_TRY(mb_expression_apply(cx, MB_IS_MISSING, &mask, NULL, &missing));
    MB_TRY(mb_expression_apply(cx, MB_WHERE, (mb_column *[]){missing, never, mask}, NULL, &chosen));
    status =
        mb_expression_apply(cx, MB_WHERE, (mb_column *[]){chosen, value, column}, NULL, result);
done:
    mb_column_release(value);
    mb_column_release(missing);
    mb_column_release(never);
    mb_column_release(chosen);
    return status;
}

static mb_status put_values(mb_context *cx, const mb_given *in, mb_column **result)
{
    mb_column *column = in[0].column, *where = in[1].column, *values = NULL;
    mb_status status = MB_OK;
    if (in[2].column) {
        status = mb_expression_cast(cx, in[2].column, column->type, false, NULL, &values);
        MB_TRY(mb_step(cx, status, NULL));
    }
    if (where->type == &mb_type_bool)
        status = mb_put_mask(cx, column, where, values, result);
    else
        status = mb_put_rows(cx, column, where, values, in[2].given ? &in[2].value : NULL, result);
done:
    mb_column_release(values);
    return status;
}

static mb_status run_put(mb_context *cx, const mb_given *in, mb_made *out)
{
    if (in[2].column || in[1].column->type != &mb_type_bool)
        return put_values(cx, in, &out->column);
    const mb_value *scalar = in[2].given ? &in[2].value : NULL;
    return put_scalar(cx, in[0].column, in[1].column, scalar, &out->column);
}

// A scalar, a column of values, or mb.null: not given.
static void read_values(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const mb_column *column = call->in[argument - 2].column;
    given->column = mb_bind_to_column(L, index);
    if (given->column)
        check_type(L, "put", column, given->column->type);
    else
        given->given = mb_bind_check_value(L, index, "put", column, &given->value);
}

// Values that the column's type may not have.
static void meet_values(lua_State *L, mb_call *call)
{
    mb_given *values = &call->in[2];
    if (values->column)
        mb_bind_meet(L, (mb_column * *const[]){&call->in[0].column, &values->column}, 2, false);
    else if (values->given)
        mb_bind_meet_string(L, 3, &call->in[0].column, false, &values->value);
}

// Times or durations of a finer unit than the column's.
static void meet_units(lua_State *L, mb_call *call)
{
    mb_given *values = &call->in[2];
    if (values->column) {
        mb_bind_meet(L, (mb_column * *const[]){&call->in[0].column, &values->column}, 2, false);
    } else if (values->given) {
        const mb_units *units = call->in[0].column->type->units;
        mb_bind_meet_unit(L, &call->in[0].column, mb_bind_read_moment(L, 3, units, &values->value));
        mb_bind_check_value(L, 3, "put", call->in[0].column, &values->value);
    }
}

static void prepare_put(lua_State *L, mb_call *call)
{
    if (call->in[0].column->type->unites) meet_values(L, call);
    if (call->in[0].column->type->units) meet_units(L, call);
    const mb_column *column = call->in[0].column, *where = call->in[1].column;
    bool by_mask = where->type == &mb_type_bool;
    const mb_column *values = call->in[2].column, *other = by_mask ? column : values;
    if (!by_mask && where->type != &mb_type_int)
        mb_bind_error(L,
                      "put: rows are chosen by a bool column or by an int column of positions, "
                      "not by one of type %s",
                      where->type->name);
    if (other && other->layout->n_global != where->layout->n_global)
        mb_bind_error(
            L, "put: the lengths differ: %I %s, and %I %s", (lua_Integer)where->layout->n_global,
            by_mask ? "rows of the mask" : "positions", (lua_Integer)other->layout->n_global,
            by_mask ? "rows of the column" : "values");
    mb_bind_keep_shallow(L, column, 1);
    mb_bind_keep_shallow(L, where, 2);
    call->local = by_mask && !values;
}

// A mask with a scalar gives a pending column without communication.
const mb_operation mb_put_operations[] = {
    MB_OPERATION("put", NULL, run_put,
                 MB_TAKES(MB_COLUMN("column"), MB_COLUMN("where"), MB_OTHER("value", read_values)),
                 .moves = true, MB_GIVES(MB_A_COLUMN), .prepare = prepare_put),
    {0}};
