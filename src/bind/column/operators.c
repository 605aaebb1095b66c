// Operators and element-wise functions: what builds expressions, from columns and scalars.

#include <ctype.h>
#include <string.h>

#include "bind/bind.h"
#include "bind/column/box.h"
#include "bind/column/ip.h"
#include "bind/column/operand.h"
#include "bind/column/operation.h"
#include "expr/evaluate.h"
#include "expr/scalar.h"

// The column that scalars of a call take their type from, or NULL.
static const mb_column *leading_column(lua_State *L, mb_operator op, int n)
{
    for (int i = op == MB_WHERE ? 2 : 1; i <= n; i++)
        if (mb_bind_is_column(L, i)) return mb_bind_check_column(L, i);
    return NULL;
}

static void read_null(lua_State *L, mb_operator op, int index, const mb_column *like,
                      mb_operand *made)
{
    if (op != MB_WHERE && op != MB_IS_MISSING)
        luaL_argerror(L, index,
                      lua_pushfstring(L,
                                      "mb.null is no operand of %s; c:is_missing() tells which "
                                      "rows are missing, c:fill(v) gives them a value",
                                      mb_operator_name(op)));
    made->null = true;
    made->type = like ? like->type : &mb_type_int;
}

// Whether a boolean is rather a comparison by Lua's own operators than a scalar.
static bool wants_column(lua_State *L, mb_operator op, int index, const mb_column *like)
{
    bool logic = op >= MB_AND && op <= MB_NOT;
    bool calculates = (op >= MB_ADD && op <= MB_SIGN) || (op >= MB_SHL && op <= MB_ISFINITE);
    if (op == MB_WHERE && index == 1) return like != NULL;
    return lua_isboolean(L, index) && (calculates || (logic && like));
}

static mb_operand read_operand(lua_State *L, mb_operator op, int index, const mb_column *like)
{
    mb_operand made = {0};
    if (mb_bind_is_null(L, index)) {
        read_null(L, op, index, like, &made);
    } else if (mb_bind_is_column(L, index) || wants_column(L, op, index, like)) {
        made.column = mb_bind_check_column(L, index);
        mb_bind_keep_shallow(L, made.column, index);
    } else {
        made.type = mb_bind_check_scalar(L, index, like, &made.value);
        if (mb_operator_compares(op) && like && mb_ip_above(like->type, made.type, &made.value))
            made.type = like->type;
        mb_kind kind = made.type->kind;
        mb_context *cx = mb_bind_context(L);
        if (mb_scalar_beside(cx, op, like ? like->type->kind : kind, &kind, &made.value))
            luaL_argerror(L, index, cx->message);
        if (kind != made.type->kind) made.type = mb_type_of(kind);
    }
    return made;
}

static bool unites(const mb_operand *operand)
{
    const mb_type *type = operand->column ? operand->column->type : operand->type;
    return type && type->unites;
}

// Leaves on the stack what a comparison gives of a string, or an address, and a column whose
// dictionary is spread: its entries need no order for that. False for other operands.
static bool compare_string(lua_State *L, mb_operator op, const mb_operand *operands)
{
    for (int side = 0; side < 2 && mb_operator_compares(op); side++) {
        const mb_column *column = operands[side].column;
        const mb_operand *scalar = &operands[1 - side];
        if (!column || !mb_dictionary_spread(column->type)) continue;
        if (scalar->column || scalar->null || !mb_type_unites(column->type, scalar->type)) continue;
        mb_string entry = mb_dictionary_entry(mb_dictionary_of(scalar->type), scalar->value.i);
        mb_bind_push_comparison(L, side + 1, side ? mb_operator_mirrored(op) : op, entry);
        return true;
    }
    return false;
}

// Gives texts, or addresses, among n operands one type: columns, and strings, of which those that
// no column has are held by constant columns on the stack. What is compared gets an order.
static void unite_operands(lua_State *L, mb_operator op, mb_operand *operands, int n)
{
    mb_column **columns[MB_MOST_OPERANDS];
    int64_t count = 0;
    bool orders = mb_operator_compares(op) || op == MB_MINIMUM || op == MB_MAXIMUM;
    for (int i = 0; i < n; i++)
        if (unites(&operands[i]) && operands[i].column) columns[count++] = &operands[i].column;
    if (!count) return;
    mb_bind_meet(L, columns, count, orders);
    for (int i = 0; i < n; i++) {
        if (!unites(&operands[i]) || operands[i].column) continue;
        bool known = operands[i].type == (*columns[0])->type; // its value is of the type
        if (!operands[i].null && !known)
            mb_bind_meet_string(L, i + 1, columns[0], orders, &operands[i].value);
        for (int64_t c = 1; c < count; c++)
            mb_bind_meet(L, (mb_column * *const[]){columns[0], columns[c]}, 2, orders);
    }
    for (int i = 0; i < n; i++)
        if (unites(&operands[i]) && !operands[i].column) operands[i].type = (*columns[0])->type;
    for (int i = 0; i < n && orders; i++)
        if (mb_bind_is_column(L, i + 1)) mb_bind_order(L, i + 1, &operands[i].column);
}

// Hashes are of strings and addresses, not of their codes.
static void hash_entries(lua_State *L, int index, mb_operand *made)
{
    const mb_type *type = made->column ? made->column->type : made->type;
    if (mb_type_counts(type) || type->units || made->null) return;
    if (!made->column) luaL_argerror(L, index, "column or number expected, got string");
    if (mb_type_is_ip(type))
        mb_bind_push_ip_words(L, index);
    else
        mb_bind_push_text_hash(L, index);
    made->column = mb_bind_to_column(L, -1);
}

// An operator or function, with what casts and rounding take besides.
typedef struct element_wise {
    mb_operator op;
    const mb_type *type;
    bool wrap;
    int64_t decimals;
} element_wise;

static mb_status build(mb_context *cx, const element_wise *of, mb_column *const *columns,
                       const char *site, mb_column **result)
{
    switch (of->op) {
    case MB_CAST: return mb_expression_cast(cx, *columns, of->type, of->wrap, site, result);
    case MB_ROUND: return mb_expression_round(cx, *columns, of->decimals, result);
    default: return mb_expression_apply(cx, of->op, columns, site, result);
    }
}

// Reads the operands from the stack's bottom, where other arguments may follow them.
static int apply(lua_State *L, const element_wise *of)
{
    char site[MB_WHERE_SIZE] = "";
    mb_context *cx = mb_bind_context(L);
    mb_operand operands[MB_MOST_OPERANDS];
    mb_column *columns[MB_MOST_OPERANDS] = {NULL};
    bool scalar = true, counts = false; // in units
    const mb_operation *step = mb_bind_ip_step(L, of->op);
    if (step) return mb_bind_run(L, step);
    int n = mb_operator_arity(of->op);
    const mb_column *like = leading_column(L, of->op, n);
    for (int i = 0; i < n; i++) {
        operands[i] = read_operand(L, of->op, i + 1, like);
        scalar = scalar && !operands[i].column;
        if (of->op == MB_HASH) hash_entries(L, i + 1, &operands[i]);
        counts =
            counts || (operands[i].column ? operands[i].column->type : operands[i].type)->units;
    }
    if (compare_string(L, of->op, operands)) return 1;
    unite_operands(L, of->op, operands, n);
    if (of->op == MB_FLOORDIV || of->op == MB_MOD || of->op == MB_CAST || counts)
        mb_bind_site(L, site, sizeof site);
    mb_column **box = mb_bind_new_column(L);
    mb_status status = mb_operand_columns(cx, operands, n, columns);
    if (!status) status = build(cx, of, columns, *site ? site : NULL, box);
    for (int i = 0; i < n; i++)
        mb_column_release(columns[i]);
    return mb_operand_give(L, box, status, scalar);
}

// An operator or function; its upvalue says which. Takes columns of one length and scalars, gives a
// pending column, or of scalars alone a value. Raises when types or lengths do not go together. Not
// collective, but for deep graphs, which are evaluated on the way.
static int apply_operator(lua_State *L)
{
    return apply(L, &(element_wise){.op = (mb_operator)lua_tointeger(L, lua_upvalueindex(1))});
}

static void read_nothing(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given)
{
    (void)L;
    (void)call;
    (void)argument;
    (void)index;
    (void)given;
}

// The method `as`.
static int as(lua_State *L)
{
    static const mb_operation takes = MB_OPERATION(
        "as", NULL, NULL,
        MB_TAKES(MB_OTHER("x", read_nothing), MB_ARGUMENT(TYPE, "type"), MB_OPTION(FLAG, "wrap")),
        .local = true);
    mb_call call = {.operation = &takes};
    const mb_operation *other = mb_bind_text_cast(L);
    if (!other) other = mb_bind_time_cast(L);
    if (other) return mb_bind_run(L, other);
    lua_settop(L, 3);
    mb_bind_read_arguments(L, &call);
    return apply(
        L, &(element_wise){.op = MB_CAST, .type = call.in[1].type, .wrap = call.in[2].value.b});
}

// core.round(x, decimals): a number or numbers rounded to so many decimals, half to even. Not
// collective.
static int round_decimals(lua_State *L)
{
    enum { MOST = 400 }; // beyond the digits of any float
    lua_Integer decimals = luaL_checkinteger(L, 2);
    if (decimals > MOST) decimals = MOST;
    if (decimals < -MOST) decimals = -MOST;
    return apply(L, &(element_wise){.op = MB_ROUND, .decimals = decimals});
}

MB_BODY(run_eval, mb_materialise(cx, in[0].column))

const mb_operation mb_operator_operations[] = {
    MB_OPERATION("eval", NULL, run_eval, MB_TAKES(MB_COLUMN("column")), .moves = true,
                 .push = mb_bind_push_top),
    {0}};

static void add_line(void *state, const char *line)
{
    luaL_Buffer *text = state;
    luaL_addstring(text, line);
    luaL_addchar(text, '\n');
}

// core.explain(c): the steps by which a column gets its values, a line each. Not collective.
static int explain(lua_State *L)
{
    luaL_Buffer text;
    mb_column *column = mb_bind_check_column(L, 1);
    luaL_buffinit(L, &text);
    mb_expression_explain(column, add_line, &text);
    luaL_pushresult(&text);
    return 1;
}

static int no_comparison(lua_State *L)
{
    return luaL_error(L,
                      "==, ~=, <, <=, > and >= give one boolean in Lua and cannot compare columns "
                      "element by element; use a:eq(b), :ne, :lt, :le, :gt, :ge");
}

const luaL_Reg mb_bind_operator_functions[] = {
    {"explain", explain}, {"round", round_decimals}, {NULL, NULL}};

// To the table on top: each operator that has a name for a method, and `^` as pow.
void mb_bind_set_functions(lua_State *L, const char *self)
{
    mb_public function = {.call = apply_operator};
    for (int op = MB_EQ; op <= MB_IS_MISSING; op++) {
        function.name = op == MB_POW ? "pow" : mb_operator_name((mb_operator)op);
        if (!isalpha((unsigned char)*function.name)) continue;
        function.most = mb_operator_arity((mb_operator)op);
        lua_pushinteger(L, op);
        mb_bind_push_public(L, &function, self);
        lua_setfield(L, -2, function.name);
    }
    lua_pushnil(L);
    mb_bind_push_public(L, &(mb_public){"as", as, 3}, self);
    lua_setfield(L, -2, "as");
}

// To the metatable on top: Lua's operators.
void mb_bind_set_metamethods(lua_State *L)
{
    static const struct {
        const char *name;
        mb_operator op;
    } operators[] = {{"__add", MB_ADD}, {"__sub", MB_SUB},       {"__mul", MB_MUL},
                     {"__div", MB_DIV}, {"__idiv", MB_FLOORDIV}, {"__mod", MB_MOD},
                     {"__pow", MB_POW}, {"__unm", MB_NEG},       {"__band", MB_AND},
                     {"__bor", MB_OR},  {"__bxor", MB_XOR},      {"__bnot", MB_NOT},
                     {"__shl", MB_SHL}, {"__shr", MB_SHR}};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        lua_pushinteger(L, (lua_Integer)operators[i].op);
        lua_pushcclosure(L, apply_operator, 1);
        lua_setfield(L, -2, operators[i].name);
    }
    static const char *const comparisons[] = {"__eq", "__lt", "__le"};
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++) {
        lua_pushcfunction(L, no_comparison);
        lua_setfield(L, -2, comparisons[i]);
    }
}
