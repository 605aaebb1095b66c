// Reading and checking the arguments of operations, as their rows say.

#include <string.h>

#include "bind/column/box.h"
#include "bind/column/operation.h"
#include "core/hash.h"

// The number of an argument as callers count: without the object of a method, options as one.
static int number_of(const mb_operation *operation, int argument)
{
    int number = operation->core ? 0 : -1;
    for (int i = 0; i <= argument; i++) {
        const mb_argument *row = &operation->arguments[i];
        number += row->kind != MB_FIXED_ARGUMENT && !row->option;
    }
    return number;
}

// What a value is, for a message.
static const char *show(lua_State *L, int index, bool column_expected)
{
    const mb_column *column = mb_bind_to_column(L, index);
    if (column)
        return lua_pushfstring(L, "%s %s column", mb_type_article(column->type),
                               column->type->name);
    if (mb_bind_is_column(L, index)) return "a closed column";
    if (mb_bind_is_null(L, index)) return "null";
    if (mb_bind_scan(L, index)) return mb_bind_scan(L, index);
    if (column_expected)
        return lua_isboolean(L, index) ? mb_bind_boolean_mend : luaL_typename(L, index);
    if (lua_type(L, index) == LUA_TSTRING && lua_rawlen(L, index) <= 40)
        return lua_pushfstring(L, "the string '%s'", lua_tostring(L, index));
    return lua_type(L, index) == LUA_TNUMBER ? luaL_tolstring(L, index, NULL)
                                             : luaL_typename(L, index);
}

// Raises for an argument; the reason is on top of the stack.
static void refuse(lua_State *L, const mb_call *call, int argument)
{
    const mb_argument *row = &call->operation->arguments[argument];
    const char *name = call->operation->name, *reason = lua_tostring(L, -1);
    int number = number_of(call->operation, argument);
    if (row->option)
        mb_bind_error(L, "bad option '%s' of '%s' (%s)", row->name, name, reason);
    else if (number == 0)
        mb_bind_error(L, "calling '%s' on bad self (%s)", name, reason);
    else
        mb_bind_error(L, "bad argument #%d to '%s' (%s)", number, name, reason);
}

void mb_bind_refuse(lua_State *L, const mb_call *call, int argument, const char *expected,
                    int index)
{
    const char *got = show(L, index, strstr(expected, "column") != NULL);
    lua_pushfstring(L, "%s expected, got %s", expected, got);
    refuse(L, call, argument);
}

mb_text_unread mb_bind_read_unread(lua_State *L, int index)
{
    const char *word = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    if (strcmp(word, "raise") == 0) return MB_UNREAD_FAILS;
    bool missing = mb_bind_is_null(L, index) || strcmp(word, "missing") == 0;
    return missing ? MB_UNREAD_MISSING : MB_UNREAD_VALUE;
}

void mb_bind_read_missing(lua_State *L, const mb_call *call, int argument, int index,
                          mb_given *given)
{
    mb_text_unread unread = mb_bind_read_unread(L, index);
    if (unread == MB_UNREAD_VALUE) mb_bind_refuse(L, call, argument, "'raise' or 'missing'", index);
    given->value.u = unread;
}

static mb_column *read_column(lua_State *L, const mb_call *call, int argument, int index)
{
    const mb_type *type = call->operation->arguments[argument].type;
    mb_column *column = mb_bind_to_column(L, index);
    if (!column) mb_bind_refuse(L, call, argument, "column", index);
    const mb_argument *row = &call->operation->arguments[argument];
    bool number = column && !column->type->nominal && (row->moments || !column->type->units);
    if (column && row->numbers && !number)
        mb_bind_raise(L, mb_type_refuse(mb_bind_context(L), call->operation->name, column->type));
    if (column && type && strcmp(column->type->name, type->name) != 0)
        mb_bind_refuse(L, call, argument, lua_pushfstring(L, "%s column", type->name), index);
    return column;
}

// The entries of the list at an index.
static int64_t read_length(lua_State *L, const mb_call *call, int argument, int index)
{
    const mb_argument *row = &call->operation->arguments[argument];
    const char *expected = row->single ? "column or list of columns" : "list of columns";
    if (row->kind == MB_TAKES_STRINGS) expected = "list of strings";
    const bool list = lua_istable(L, index) && !mb_bind_scan(L, index);
    const lua_Integer n = list ? luaL_len(L, index) : 0;
    if (n < 1) mb_bind_refuse(L, call, argument, expected, index);
    if (row->most && n > row->most)
        mb_bind_error(L, "%s takes 1 to %d %ss, not %I", call->operation->name, row->most,
                      row->item, n);
    return n;
}

static void read_columns(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given)
{
    const mb_argument *row = &call->operation->arguments[argument];
    const char *name = call->operation->name;
    given->single = row->single && mb_bind_is_column(L, index);
    given->n = given->single ? 1 : read_length(L, call, argument, index);
    given->columns = mb_bind_scratch(L, (size_t)given->n * sizeof(mb_column *));
    if (given->single) given->columns[0] = read_column(L, call, argument, index);
    for (int64_t i = 0; i < given->n && !given->single; i++) {
        lua_geti(L, index, i + 1);
        mb_column *column = given->columns[i] = mb_bind_to_column(L, -1);
        if (!column)
            mb_bind_error(L, "%s: %s %d must be a column, got %s", name, row->item, (int)i + 1,
                          show(L, -1, false));
        const mb_column *first = given->columns[0];
        if (column && row->like && strcmp(column->type->name, first->type->name) != 0)
            mb_bind_error(L, "%s: the types differ: %s, and %s in %s %d (cast by :as)", name,
                          first->type->name, column->type->name, row->item, (int)i + 1);
        if (column && row->as_long && column->layout->n_global != first->layout->n_global)
            mb_bind_error(L, "%s: the lengths differ: %s 1 has %I row%s and %s %d has %I", name,
                          row->item, (lua_Integer)first->layout->n_global,
                          mb_plural(first->layout->n_global), row->item, (int)i + 1,
                          (lua_Integer)column->layout->n_global);
        lua_pop(L, 1);
    }
    if (!row->like) return;
    mb_column ***places = mb_bind_scratch(L, (size_t)given->n * sizeof *places);
    for (int64_t i = 0; i < given->n; i++)
        places[i] = &given->columns[i];
    mb_bind_meet(L, (mb_column * *const *)places, given->n, !call->operation->moves);
}

// A boolean for each of the columns of another argument, or one for all.
static void read_flags(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    const mb_argument *row = &call->operation->arguments[argument];
    int64_t n = call->in[row->of - 1].n;
    bool list = lua_istable(L, index);
    if (list && luaL_len(L, index) != n)
        mb_bind_error(L, "%s: there are %I %ss and %I %ss", call->operation->name, (lua_Integer)n,
                      call->operation->arguments[row->of - 1].item, luaL_len(L, index), row->item);
    given->n = n;
    given->flags = mb_bind_scratch(L, (size_t)n * sizeof(bool));
    for (int64_t i = 0; i < n; i++) {
        if (list)
            lua_geti(L, index, i + 1);
        else
            lua_pushvalue(L, index);
        if (!lua_isboolean(L, -1) && !lua_isnil(L, -1))
            mb_bind_refuse(L, call, argument,
                           n > 1 ? "true or false, or a list of them" : "true or false", -1);
        given->flags[i] = lua_toboolean(L, -1);
        lua_pop(L, 1);
    }
}

static void read_integer(lua_State *L, const mb_call *call, int argument, int index,
                         mb_given *given)
{
    const mb_argument *row = &call->operation->arguments[argument];
    int whole;
    given->value.i = lua_tointegerx(L, index, &whole);
    if (!whole && !row->option && lua_isnumber(L, index)) {
        lua_pushliteral(L, "number has no integer representation");
        refuse(L, call, argument);
    }
    if (!whole) mb_bind_refuse(L, call, argument, row->option ? "an integer" : "number", index);
    if (given->value.i >= row->least) return;
    lua_pushfstring(L, "%s is below %I", row->name, (lua_Integer)row->least);
    refuse(L, call, argument);
}

static const char *read_text(lua_State *L, const mb_call *call, int argument, int index)
{
    if (lua_type(L, index) != LUA_TSTRING) mb_bind_refuse(L, call, argument, "string", index);
    const char *text = lua_tostring(L, index);
    if (strlen(text) != lua_rawlen(L, index)) {
        lua_pushliteral(L, "a name with a zero byte");
        refuse(L, call, argument);
    }
    return text;
}

// Strings of a list; they stay the table's.
static void read_texts(lua_State *L, const mb_call *call, int argument, int index, mb_given *given)
{
    given->n = read_length(L, call, argument, index);
    given->texts = mb_bind_scratch(L, (size_t)given->n * sizeof(char *));
    for (int64_t i = 0; i < given->n; i++) {
        lua_geti(L, index, i + 1);
        given->texts[i] = read_text(L, call, argument, -1);
        lua_pop(L, 1);
    }
}

// Whether an operation compares the values of columns by their order.
static bool compares(const mb_call *call)
{
    return !call->operation->moves && !call->operation->among;
}

// A scalar that goes into a column; false for mb.null.
static bool read_value(lua_State *L, mb_call *call, int argument, int index, mb_given *given)
{
    const mb_argument *row = &call->operation->arguments[argument];
    const char *name = call->operation->name;
    if (row->option) name = lua_pushfstring(L, "%s: %s", name, row->name);
    mb_column *column = call->in[row->of - 1].column;
    const mb_type *type = mb_bind_read_value(L, index, column->type, &given->value);
    if (type && type->units) mb_bind_meet_unit(L, &call->in[row->of - 1].column, type);
    column = call->in[row->of - 1].column;
    if (type && type != column->type && mb_type_unites(type, column->type)) {
        mb_bind_meet_string(L, index, &call->in[row->of - 1].column, compares(call), &given->value);
        given->kind = column->type->kind;
        return true;
    }
    bool stray = type == &mb_type_bool && column->type->script != MB_SCRIPT_BOOLEAN;
    if (!mb_bind_is_null(L, index) && (!type || stray))
        mb_bind_refuse(L, call, argument, "column or number", index);
    given->kind = column->type->kind;
    return mb_bind_check_value(L, index, name, column, &given->value);
}

// A scalar of a type of its own; a string stays on the stack, as a column.
static const mb_type *read_scalar(lua_State *L, int index, mb_value *value)
{
    if (lua_type(L, index) != LUA_TSTRING) return mb_bind_check_scalar(L, index, NULL, value);
    return mb_bind_read_value(L, index, &mb_type_text, value);
}

// Reads what is at an index, which is not nil.
static void read_argument(lua_State *L, mb_call *call, int argument, int index)
{
    const mb_argument *row = &call->operation->arguments[argument];
    mb_given *given = &call->in[argument];
    given->given = true;
    given->at = index;
    switch (row->kind) {
    case MB_TAKES_COLUMN: given->column = read_column(L, call, argument, index); break;
    case MB_TAKES_COLUMNS: read_columns(L, call, argument, index, given); break;
    case MB_TAKES_POSITIONS:
        if (lua_istable(L, index))
            row->read(L, call, argument, index, given);
        else
            given->column = read_column(L, call, argument, index);
        break;
    case MB_TAKES_VALUE: given->given = read_value(L, call, argument, index, given); break;
    case MB_TAKES_SCALAR: given->type = read_scalar(L, index, &given->value); break;
    case MB_TAKES_TYPE:
        given->type = mb_bind_check_type(L, index);
        given->text = given->type->name;
        given->value.u = mb_type_hash(given->type);
        break;
    case MB_TAKES_INTEGER: read_integer(L, call, argument, index, given); break;
    case MB_TAKES_NUMBER:
        if (lua_type(L, index) != LUA_TNUMBER)
            mb_bind_refuse(L, call, argument, row->option ? "a number" : "number", index);
        given->value.f = lua_tonumber(L, index);
        break;
    case MB_TAKES_FLAG:
        if (!lua_isboolean(L, index)) mb_bind_refuse(L, call, argument, "true or false", index);
        given->value.b = lua_toboolean(L, index);
        break;
    case MB_TAKES_FLAGS: read_flags(L, call, argument, index, given); break;
    case MB_TAKES_STRING: given->text = read_text(L, call, argument, index); break;
    case MB_TAKES_BYTES:
        if (lua_type(L, index) != LUA_TSTRING) mb_bind_refuse(L, call, argument, "string", index);
        given->text = lua_tostring(L, index);
        given->n = (int64_t)lua_rawlen(L, index);
        given->value.u = mb_hash_bytes(0, given->text, (size_t)given->n);
        break;
    case MB_TAKES_STRINGS: read_texts(L, call, argument, index, given); break;
    default: row->read(L, call, argument, index, given);
    }
}

// Pushes a number of things of a plural name, as "1 key" or "2 keys".
static const char *push_counted(lua_State *L, int64_t n, const char *name)
{
    const size_t length = strlen(name);
    const bool singular = n == 1 && length > 0 && name[length - 1] == 's';
    lua_pushlstring(L, name, length - singular);
    return lua_pushfstring(L, "%I %s", (lua_Integer)n, lua_tostring(L, -1));
}

// Raises unless the columns of two arguments go together.
static void check_together(lua_State *L, mb_call *call, int argument)
{
    const mb_operation *operation = call->operation;
    const mb_argument *rows = operation->arguments, *row = &rows[argument];
    const char *name = operation->name;
    mb_column *column = call->in[argument].column;
    if (!column) return;
    if (row->like) {
        mb_column **first = &call->in[row->like - 1].column, **second = &call->in[argument].column;
        const bool swap = operation->among == row->like;
        bool matched = operation->among && mb_bind_match(L, swap ? second : first,
                                                         swap ? first : second, operation->every);
        if (!matched) mb_bind_meet_two(L, name, first, second, !operation->moves);
    }
    if (!row->as_long) return;
    int64_t rows_of = call->in[row->as_long - 1].column->layout->n_global;
    if (rows_of != column->layout->n_global)
        mb_bind_error(L, "%s: the lengths differ: %s and %s", name,
                      push_counted(L, rows_of, rows[row->as_long - 1].name),
                      push_counted(L, column->layout->n_global, row->name));
}

// Lua's order of keys differs between ranks, so that of several wrong names the least is told.
static const char *wrong_option(lua_State *L, const mb_operation *operation, int table)
{
    const char *wrong = NULL;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        bool known = lua_type(L, -2) != LUA_TSTRING;
        const char *name = known ? NULL : lua_tostring(L, -2);
        for (const mb_argument *row = operation->arguments; row->kind && !known; row++)
            known = row->option && strcmp(row->name, name) == 0;
        if (!known && (!wrong || strcmp(name, wrong) < 0)) wrong = name;
        lua_pop(L, 1);
    }
    if (!wrong && !operation->options_within && lua_rawlen(L, table) > 0) wrong = "1";
    return wrong;
}

// Raises unless there is a table of options, and nothing else in it; false when there is none.
static bool check_options(lua_State *L, const mb_operation *operation, int first, int table)
{
    const char *known[MB_MOST_ARGUMENTS + 1] = {NULL};
    int n = 0;
    if (lua_isnoneornil(L, table)) return false;
    for (const mb_argument *row = operation->arguments; row->kind; row++)
        if (row->option) known[n++] = row->name;
    if (!lua_istable(L, table))
        mb_bind_error(L, "bad options to '%s' (a table expected, as {%s = ...}, got %s)",
                      operation->name, operation->arguments[first].name, luaL_typename(L, table));
    const char *wrong = wrong_option(L, operation, table);
    if (wrong)
        mb_bind_error(L, "'%s' has no option '%s'%s", operation->name, wrong,
                      mb_bind_push_mend(L, "option", wrong, known));
    return true;
}

// Columns whose values are compared, but for those of entries of dictionaries that functions look
// at: what has no order gets one, and keeps it in its box.
static void order_columns(lua_State *L, mb_call *call)
{
    const mb_argument *rows = call->operation->arguments;
    for (int i = 0; rows[i].kind && compares(call); i++) {
        mb_given *given = &call->in[i];
        if (rows[i].type && rows[i].type->unites) continue;
        bool list = rows[i].kind == MB_TAKES_COLUMNS && !given->single;
        if (rows[i].kind == MB_TAKES_COLUMN && given->column)
            mb_bind_order(L, given->at, &given->column);
        if (rows[i].kind == MB_TAKES_COLUMNS && given->single)
            mb_bind_order(L, given->at, &given->columns[0]);
        if (list) mb_bind_order_list(L, given->at, given->columns, given->n);
    }
}

void mb_bind_read_arguments(lua_State *L, mb_call *call)
{
    const mb_operation *operation = call->operation;
    int index = 0, options = 0; // the table's index, -1 for none
    for (int i = 0; operation->arguments[i].kind; i++) {
        const mb_argument *row = &operation->arguments[i];
        call->in[i].value = row->unless_given;
        if (row->kind == MB_FIXED_ARGUMENT) continue;
        if (row->option && !options) {
            options = index + !operation->options_within;
            if (!check_options(L, operation, i, options)) options = -1;
        }
        if (row->option && options > 0)
            lua_getfield(L, options, row->name);
        else if (row->option)
            lua_pushnil(L);
        int at = row->option ? lua_gettop(L) : ++index;
        bool flags = row->kind == MB_TAKES_FLAGS; // false unless given
        if (flags || !row->optional || !lua_isnoneornil(L, at)) read_argument(L, call, i, at);
        check_together(L, call, i);
    }
    order_columns(L, call);
}
