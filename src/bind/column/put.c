// Moving and changing rows.

#include "ops/move/put.h"
#include "bind/bind.h"
#include "bind/column/box.h"
#include "expr/expression.h"
#include "ops/move/shift.h"

// Raises for values of a type that cannot stand in a column, and says what to cast.
static void check_type(lua_State *L, const char *name, const mb_column *column, mb_kind kind)
{
    bool rounds = column->type->kind == MB_FLOAT && mb_kind_is_integer(kind);
    if (kind == column->type->kind || rounds) return;
    bool column_gives_way = column->type->kind == MB_BOOL || kind == MB_FLOAT;
    char text[64];
    mb_column_describe(column, text, sizeof text);
    mb_bind_raise(
        L, mb_fail(mb_bind_context(L), MB_EINVALID,
                   "%s: a value of type %s does not go into %s %s; cast %s by :as(\"%s\")", name,
                   mb_kind_name(kind), mb_kind_is_integer(column->type->kind) ? "an" : "a", text,
                   column_gives_way ? "the column" : "the values",
                   mb_kind_name(column_gives_way ? kind : column->type->kind)));
}

static void sign_value(mb_signature *signature, const char *name, const mb_value *value)
{
    if (value)
        mb_signature_add(signature, value->bits, "%s: bits %llx", name,
                         (unsigned long long)value->bits);
    else
        mb_signature_add(signature, 1, "%s: missing", name);
}

typedef struct shifting {
    mb_column *column, **box;
    int64_t n;
    const mb_value *fill;
} shifting;

static mb_status shift_body(mb_context *cx, void *argument)
{
    shifting *call = argument;
    return mb_shift(cx, call->column, call->n, call->fill, call->box);
}

// c:shift(n [, fill]): row i is row i - n of c, n of any sign and size; rows without a source are
// `fill`, a scalar of the column's type, or missing. Raises for a fill of another type. Collective.
static int shift(lua_State *L)
{
    mb_signature signature;
    mb_value fill;
    shifting call = {.column = mb_bind_check_column(L, 1), .n = luaL_checkinteger(L, 2)};
    if (!lua_isnoneornil(L, 3) && mb_bind_check_value(L, 3, "shift", call.column, &fill))
        call.fill = &fill;
    call.box = mb_bind_new_column(L);
    mb_bind_signature(L, &signature, "shift");
    mb_bind_sign_column(&signature, "column", call.column);
    mb_signature_add(&signature, (uint64_t)call.n, "n: %lld", (long long)call.n);
    sign_value(&signature, "fill", call.fill);
    mb_bind_operate(L, &signature, shift_body, &call);
    mb_bind_account(L);
    return 1;
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

typedef struct putting {
    mb_column *column, *where, *values, **box;
    const mb_value *scalar;
} putting;

static mb_status put_body(mb_context *cx, void *argument)
{
    putting *call = argument;
    mb_column *values = NULL;
    mb_status status = MB_OK;
    if (call->values) {
        status = mb_expression_cast(cx, call->values, call->column->type, false, NULL, &values);
        MB_TRY(mb_step(cx, status, NULL));
    }
    if (call->where->type->kind == MB_BOOL)
        status = mb_put_mask(cx, call->column, call->where, values, call->box);
    else
        status = mb_put_rows(cx, call->column, call->where, values, call->scalar, call->box);
done:
    mb_column_release(values);
    return status;
}

static void check_lengths(lua_State *L, const putting *call)
{
    bool by_mask = call->where->type->kind == MB_BOOL;
    const mb_column *other = by_mask ? call->column : call->values;
    mb_context *cx = mb_bind_context(L);
    if (!by_mask && call->where->type->kind != MB_INT)
        mb_bind_raise(
            L, mb_fail(cx, MB_EINVALID,
                       "put: rows are chosen by a bool column or by an int column of positions, "
                       "not by one of type %s",
                       call->where->type->name));
    if (other && other->layout->n_global != call->where->layout->n_global)
        mb_bind_raise(L, mb_fail(cx, MB_EINVALID, "put: the lengths differ: %lld %s, and %lld %s",
                                 (long long)call->where->layout->n_global,
                                 by_mask ? "rows of the mask" : "positions",
                                 (long long)other->layout->n_global,
                                 by_mask ? "rows of the column" : "values"));
}

static int operate(lua_State *L, putting *call)
{
    mb_signature signature;
    mb_bind_signature(L, &signature, "put");
    mb_bind_sign_column(&signature, "column", call->column);
    mb_bind_sign_column(&signature, call->where->type->kind == MB_BOOL ? "mask" : "positions",
                        call->where);
    if (call->values)
        mb_bind_sign_column(&signature, "values", call->values);
    else
        sign_value(&signature, "value", call->scalar);
    mb_bind_operate(L, &signature, put_body, call);
    mb_bind_account(L);
    return 1;
}

// c:put(where, value): the column with other values in the rows where a bool column is true, or
// that an int column of positions says; `value` is a scalar, mb.null, or a column with a value for
// each of these rows. The last of several values for a row stays. Raises when a value does not fit
// the column's type, lengths do not go together, or a position is out of range. A mask with a
// scalar gives a pending column without communication; all else is collective.
static int put(lua_State *L)
{
    mb_value scalar;
    putting call = {.column = mb_bind_check_column(L, 1), .where = mb_bind_check_column(L, 2)};
    if (mb_bind_is_column(L, 3)) {
        call.values = mb_bind_check_column(L, 3);
        check_type(L, "put", call.column, call.values->type->kind);
    } else if (mb_bind_check_value(L, 3, "put", call.column, &scalar)) {
        call.scalar = &scalar;
    }
    check_lengths(L, &call);
    mb_bind_keep_shallow(L, call.column);
    mb_bind_keep_shallow(L, call.where);
    call.box = mb_bind_new_column(L);
    if (call.values || call.where->type->kind != MB_BOOL) return operate(L, &call);
    mb_status status =
        put_scalar(mb_bind_context(L), call.column, call.where, call.scalar, call.box);
    return status ? mb_bind_raise(L, status) : 1;
}

const mb_public mb_bind_put_methods[] = {{"shift", shift, 3}, {"put", put, 3}, {NULL, NULL, 0}};
