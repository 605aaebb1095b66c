// Registered kernels as scripts call them.

#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/operand.h"
#include "bind/kernels.h"
#include "core/hash.h"
#include "expr/evaluate.h"
#include "expr/scalar.h"
#include "ops/reduce/registered.h"

// Brings a scalar to the type of an input; false where that has no such value.
static bool convert(mb_kind to, const mb_type *type, mb_value *value)
{
    if (!mb_type_is_plain(type)) return false;
    if (type->kind == to) return true;
    if (mb_scalar_convert(to, type->kind, value)) return true;
    if (to != MB_FLOAT || !mb_kind_is_integer(type->kind)) return false;
    const mb_int128 integer = mb_integer(type->kind, value->bits);
    value->f = (double)integer;
    return true;
}

static void read_scalar(lua_State *L, const mb_registered *kernel, int i, mb_operand *made)
{
    const mb_kind to = kernel->inputs[i].kind;
    const mb_type *given = mb_bind_check_scalar(L, i + 1, NULL, &made->value);
    if (!convert(to, given, &made->value))
        luaL_argerror(L, i + 1,
                      lua_pushfstring(L, "a column or a value of %s expected, got %s",
                                      mb_registered_type(to), luaL_tolstring(L, i + 1, NULL)));
    made->type = mb_type_of(to);
}

static mb_operand read_operand(lua_State *L, const mb_registered *kernel, int i)
{
    mb_operand made = {0};
    if (mb_bind_is_column(L, i + 1)) {
        made.column = mb_bind_check_column(L, i + 1);
        mb_bind_keep_shallow(L, made.column, i + 1);
    } else if (mb_bind_is_null(L, i + 1)) {
        made.null = true;
        made.type = mb_type_of(kernel->inputs[i].kind);
    } else {
        read_scalar(L, kernel, i, &made);
    }
    return made;
}

// The kernel that the running function is of; raises when its runtime has been closed.
static const mb_registered *called(lua_State *L)
{
    (void)mb_bind_context(L);
    return *(const mb_registered **)lua_touserdata(L, lua_upvalueindex(1));
}

// Takes columns of one length and scalars, gives a pending column, or of scalars alone a value. Not
// collective, but for deep graphs, which are evaluated on the way.
static int apply(lua_State *L)
{
    char site[MB_WHERE_SIZE];
    mb_context *cx = mb_bind_context(L);
    const mb_registered *kernel = called(L);
    const int n = kernel->ninputs;
    mb_operand operands[MB_KERNEL_INPUTS];
    mb_column *columns[MB_KERNEL_INPUTS] = {NULL};
    bool scalar = true;
    for (int i = 0; i < n; i++) {
        operands[i] = read_operand(L, kernel, i);
        scalar = scalar && !operands[i].column;
    }
    mb_bind_site(L, site, sizeof site);
    mb_column **box = mb_bind_new_column(L);
    mb_status status = mb_operand_columns(cx, operands, n, columns);
    if (!status)
        status = mb_expression_call(cx, kernel, columns, *site && !scalar ? site : NULL, box);
    for (int i = 0; i < n; i++)
        mb_column_release(columns[i]);
    return mb_operand_give(L, box, status, scalar);
}

typedef struct reduction {
    const mb_registered *kernel;
    mb_column *columns[MB_KERNEL_INPUTS];
    mb_scalar result;
    bool there;
} reduction;

static mb_status run_reduction(mb_context *cx, void *argument)
{
    reduction *of = argument;
    return mb_registered_reduce(cx, of->kernel, of->columns, &of->result, &of->there);
}

// Gives the columns of operands owners on the stack.
static void own_columns(lua_State *L, const mb_operand *operands, reduction *of)
{
    mb_column **boxes[MB_KERNEL_INPUTS];
    const int n = of->kernel->ninputs;
    for (int i = 0; i < n; i++)
        boxes[i] = mb_bind_new_column(L);
    mb_status status = mb_operand_columns(mb_bind_context(L), operands, n, of->columns);
    for (int i = 0; i < n; i++)
        *boxes[i] = of->columns[i];
    if (status) mb_bind_raise(L, status);
}

// Takes columns of one length and scalars, of which the first is a column; gives a value, nil where
// the kernel has none. Collective.
static int reduce(lua_State *L)
{
    mb_signature signature;
    mb_operand operands[MB_KERNEL_INPUTS];
    reduction of = {.kernel = called(L)};
    luaL_checkstack(L, 4 * MB_KERNEL_INPUTS, of.kernel->is.name);
    for (int i = 0; i < of.kernel->ninputs; i++)
        operands[i] = read_operand(L, of.kernel, i);
    (void)mb_bind_check_column(L, 1);
    own_columns(L, operands, &of);
    mb_bind_signature(L, &signature, of.kernel->is.name);
    mb_signature_add(&signature, of.kernel->hash, "%s", of.kernel->is.signature);
    for (int i = 0; i < of.kernel->ninputs; i++)
        mb_bind_sign_column(&signature, "column", of.columns[i]);
    mb_bind_operate(L, &signature, run_reduction, &of);
    mb_bind_push_value(L, of.result.type, of.there ? &of.result.value : NULL);
    return 1;
}

void mb_bind_push_kernel(lua_State *L, const mb_registered *kernel, const char *self)
{
    const mb_registered **box = lua_newuserdatauv(L, sizeof *box, 1);
    *box = kernel;
    // The function may outlive the runtime, and the kernel with its name.
    const char *name = lua_pushstring(L, kernel->is.name);
    lua_setiuservalue(L, -2, 1);
    const mb_public entry = {name, kernel->is.apply ? apply : reduce, kernel->ninputs};
    mb_bind_push_public(L, &entry, self);
}
