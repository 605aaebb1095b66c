#include "bind/column/operand.h"

#include "bind/column/box.h"
#include "expr/evaluate.h"

mb_status mb_operand_columns(mb_context *cx, const mb_operand *operands, int n, mb_column **columns)
{
    mb_status status = MB_OK;
    const mb_value none[2] = {{0}, {0}};
    mb_column *like = NULL;
    for (int i = 0; i < n && !like; i++)
        like = operands[i].column;
    if (like)
        mb_column_retain(like);
    else
        status = mb_expression_leaf(cx, MB_NULL, &mb_type_int, 1, none, 0, &like);
    for (int i = 0; i < n && !status; i++) {
        const mb_operand *given = &operands[i];
        if (given->column)
            columns[i] = mb_column_retain(given->column);
        else
            status = mb_expression_scalar(cx, like, given->type, given->null ? NULL : &given->value,
                                          &columns[i]);
    }
    mb_column_release(like);
    return status;
}

static void push_scalar(lua_State *L, const mb_type *type, const mb_value *value, bool there)
{
    if (there)
        mb_bind_push_value(L, type, value);
    else
        mb_bind_push_null(L);
}

int mb_operand_give(lua_State *L, mb_column **box, mb_status status, bool scalar)
{
    mb_value value;
    bool there = true;
    if (!status && scalar) status = mb_evaluate_scalar(*box, &value, &there);
    if (status) return mb_bind_raise(L, status);
    if (scalar) push_scalar(L, (*box)->type, &value, there);
    return 1;
}
